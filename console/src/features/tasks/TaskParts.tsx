import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Check, Copy, Download } from 'lucide-react';
import { useState } from 'react';
import { idempotencyKey } from '../../api/client';
import type { Outcome, Task, TaskResult } from '../../api/schema';
import { download } from '../../lib/download';
import { count } from '../../lib/format';
import { problemText, refusalOf } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toasts';
import { useCopy } from '../../ui/useCopy';
import { fetchAnswers, isOver, listResults, retryTask, stopTask, taskQuery, undoTask } from './api';
import { begun } from './Followed';
import { OUTCOME, outcomesOf, resultText } from './words';

/** Rows asked for at once. */
const PAGE = 100;

/** How far a task is. */
export function TaskProgress({ task }: { task: Task }) {
  const { done, total } = task.progress;
  return (
    <progress
      className="progress"
      max={Math.max(total, 1)}
      value={done}
      aria-label={`Progress of: ${task.title}`}
      aria-valuetext={`${count(done)} of ${count(total)}`}
    />
  );
}

/** What became of each, by what it came to. */
export function TaskResults({ task }: { task: Task }) {
  const found = outcomesOf(task.counts);
  const [chosen, setChosen] = useState<Outcome>();
  const outcome = found.some((one) => one.outcome === chosen) ? chosen : undefined;
  const results = useInfiniteQuery({
    queryKey: ['tasks', 'results', task.id, outcome ?? ''],
    queryFn: ({ pageParam, signal }) => listResults(task.id, outcome, { limit: PAGE, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const rows = results.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      {found.length > 1 && (
        <div className="chips" role="group" aria-label="Show">
          <Chip on={!outcome} name={`All ${count(task.progress.total)}`} onPress={() => setChosen(undefined)} />
          {found.map((one) => (
            <Chip
              key={one.outcome}
              on={outcome === one.outcome}
              name={`${OUTCOME[one.outcome]} ${count(one.n)}`}
              onPress={() => setChosen(one.outcome)}
            />
          ))}
        </div>
      )}
      {results.isPending && <Skeletons lines={3} />}
      {results.error && <Failed what="The results" error={results.error} onRetry={() => void results.refetch()} />}
      {rows.length > 0 && (
        // It scrolls, so it takes the focus: else the keyboard could not reach its end.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <ul className="results" aria-label="Result for each" tabIndex={0} aria-busy={results.isPlaceholderData}>
          {rows.map((row) => (
            <li key={row.subject_id}>
              <span>{row.subject_name ?? <span className="quiet">No longer there</span>}</span>
              <span
                className={row.outcome === 'refused' || row.outcome === 'failed' ? undefined : 'quiet'}
                data-tone={row.outcome === 'failed' ? 'danger' : undefined}
              >
                {row.answer === undefined ? resultText(row) : <Answer row={row} />}
              </span>
            </li>
          ))}
        </ul>
      )}
      {rows.some(({ answer }) => answer !== undefined) && <AllAnswers task={task} />}
      {results.hasNextPage && (
        <Button kind="link" isPending={results.isFetchingNextPage} onPress={() => void results.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

/** What only whoever began the task is told: a link, to be handed on. */
function Answer({ row }: { row: TaskResult }) {
  const { copied, copy } = useCopy(row.answer ?? '');
  return (
    <>
      <Button
        size="s"
        aria-label={`${copied ? 'Copied' : 'Copy link'}: ${row.subject_name ?? row.subject_id}`}
        onPress={copy}
      >
        {copied ? <Check className="icon-s" aria-hidden /> : <Copy className="icon-s" aria-hidden />}
        {copied ? 'Copied' : 'Copy link'}
      </Button>
      {copied === false && <code className="answer">{row.answer}</code>}
    </>
  );
}

/** All of them at once, as a table that spreadsheets and mail mergers read. */
function AllAnswers({ task }: { task: Task }) {
  const [busy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    try {
      download('password-links.csv', await fetchAnswers(task.id));
    } catch (error) {
      toast(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="answers">
      <Button isPending={busy} onPress={() => void take()}>
        <Download className="icon-s" aria-hidden />
        Save all links
      </Button>
      <p className="hint">You alone see them here, until a day after the task’s end.</p>
    </div>
  );
}

function Chip({ on, name, onPress }: { on: boolean; name: string; onPress: () => void }) {
  return (
    <button type="button" className="chip" aria-pressed={on} onClick={onPress}>
      {name}
    </button>
  );
}

type TaskActionsProps = {
  task: Task;
  size?: 's';
  /** The task that goes on, or the one that takes it back. */
  onBegun?: (task: Task) => void;
};

/** What may be done with a task; what makes no sense now is not shown. */
export function TaskActions({ task, size, onBegun }: TaskActionsProps) {
  const client = useQueryClient();
  const [busy, setBusy] = useState<string>();
  const [undoKey] = useState(idempotencyKey);
  const act = async (name: string, send: () => Promise<Task>) => {
    setBusy(name);
    try {
      const now = await send();
      client.setQueryData(taskQuery(now.id).queryKey, now);
      if (onBegun) onBegun(now);
      else if (isOver(now)) void client.invalidateQueries({ queryKey: ['tasks'] });
      else begun(client, now);
    } catch (error) {
      toast(problemText(error));
    } finally {
      setBusy(undefined);
    }
  };
  const button = (name: string, label: string, send: () => Promise<Task>) =>
    !refusalOf(task, name) && (
      <Button {...(size && { size })} isPending={busy === name} onPress={() => void act(name, send)}>
        {label}
      </Button>
    );
  return (
    <>
      {button('stop', 'Stop', () => stopTask(task.id))}
      {button('retry', 'Try again', () => retryTask(task.id))}
      {button('undo', 'Undo', () => undoTask(task.id, undoKey))}
    </>
  );
}
