/** What jobs are called, and what they moved. Pure. */

import type { Job } from '../../api/schema';
import { bytes, counted } from '../../lib/format';

const KIND: Record<Job['kind'], string> = { backup: 'Backup', restore: 'Restore', delete: 'Deletion' };

export function kindText({ kind }: Pick<Job, 'kind'>): string {
  return KIND[kind];
}

/** `4 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes < 60) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60];
  return left ? `${hours} h ${left} min` : `${hours} h`;
}

/** What it moved, in the direction that it is about. */
export function movedText(job: Pick<Job, 'kind' | 'received_bytes' | 'sent_bytes' | 'removed_files'>): string {
  switch (job.kind) {
    case 'restore':
      return `${bytes(job.sent_bytes)} read`;
    case 'delete':
      return `${counted(job.removed_files, 'file')} removed`;
    default:
      return `${bytes(job.received_bytes)} stored`;
  }
}

/** Of each device the newest job, if it did not end well or goes on: what is worth a word beside its last backup. */
export function unusual(jobs: readonly Job[]): ReadonlyMap<string, Job> {
  const newest = new Map<string, Job>();
  for (const job of jobs) {
    const known = newest.get(job.device_id);
    if (!known || job.started_at > known.started_at) newest.set(job.device_id, job);
  }
  return new Map([...newest].filter(([, job]) => job.outcome !== 'completed'));
}

const OUTCOME: Record<NonNullable<Job['outcome']>, string> = {
  completed: 'Completed',
  refused: 'Refused',
  unfinished: 'Not finished',
};

export function outcomeText({ outcome }: Pick<Job, 'outcome'>): string {
  return outcome ? OUTCOME[outcome] : 'Running';
}
