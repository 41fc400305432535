/** What became of a task and of each of its subjects, in words. Pure. */

import type { BulkPreview, Outcome, OutcomeCounts as Counts, Task, TaskResult } from '../../api/schema';
import { count, counted } from '../../lib/format';

/** In the order in which they are told: what was done first, what wants another look after it. */
const TOLD: readonly (keyof Counts & Outcome)[] = ['done', 'unchanged', 'refused', 'failed', 'skipped'];

export const OUTCOME: Record<Outcome, string> = {
  pending: 'Waits',
  done: 'Done',
  unchanged: 'Unchanged',
  refused: 'Refused',
  failed: 'Failed',
  skipped: 'Left out',
};

/** Outcomes that somebody may want to look at, with how many came to each. */
export function outcomesOf(counts: Counts): { outcome: Outcome; n: number }[] {
  return TOLD.map((outcome) => ({ outcome, n: counts[outcome] })).filter(({ n }) => n > 0);
}

/** `2 done, 1 refused`. */
export function countsText(counts: Counts): string {
  const parts = outcomesOf(counts).map(({ outcome, n }) => `${count(n)} ${SHORT[outcome]}`);
  return parts.length > 0 ? parts.join(', ') : 'nothing done';
}

const SHORT: Record<Outcome, string> = {
  pending: 'waiting',
  done: 'done',
  unchanged: 'unchanged',
  refused: 'refused',
  failed: 'failed',
  skipped: 'left out',
};

/** Where a task is, in a few words. */
export function stateText({ state, progress, counts, detail }: Task): string {
  switch (state) {
    case 'queued':
      return 'Waits for its turn';
    case 'running':
      return `${count(progress.done)} of ${count(progress.total)}`;
    case 'done':
      return sentence(countsText(counts));
    case 'stopped':
      return `Stopped: ${countsText(counts)}`;
    case 'failed':
      return detail ?? `It could not go on: ${countsText(counts)}`;
  }
}

/** Whether something of it did not go as it was meant to. */
export function hasTrouble({ state, counts }: Pick<Task, 'state' | 'counts'>): boolean {
  return state === 'failed' || counts.refused + counts.failed > 0;
}

/** What a short message says at the end. */
export function endText(task: Task): string {
  return `${task.title}: ${stateText(task).replace(/^./u, (letter) => letter.toLowerCase())}`;
}

/** Why it came to this; what went well needs no reason. */
export function resultText({ outcome, detail }: Pick<TaskResult, 'outcome' | 'detail'>): string {
  return detail ?? OUTCOME[outcome];
}

/** Those who are left out, by reason, the most frequent first. */
export function reasonsOf({ refused }: Pick<BulkPreview, 'refused'>): { detail: string; n: number }[] {
  return refused.map(({ detail, count: n }) => ({ detail, n })).toSorted((a, b) => b.n - a.n);
}

/** `3 customers`, for each noun of the API. */
export function countedNoun(noun: string, n: number): string {
  if (noun === 'users') return counted(n, 'person', 'people');
  const words: Record<string, string> = { devices: 'device', licences: 'licence', events: 'event' };
  return counted(n, words[noun] ?? 'customer');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
