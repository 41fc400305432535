import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { BulkPreview, BulkRequest, Outcome, Task, TaskResult } from '../../api/schema';

type Range = { limit: number; after?: string | undefined };

export type ResultPage = { items: TaskResult[]; next?: string | null; total: number };

/** As many as are worth a look: what is older is in the activity. */
const RECENT = 20;
/** The end of what others have begun is told to them alone. */
const LOOK_AGAIN = 15_000;

/** What runs, and what has finished lately. */
export function recentTasksQuery() {
  return queryOptions({
    queryKey: ['tasks', 'list'],
    queryFn: async ({ signal }): Promise<Task[]> =>
      (await take(api.GET('/api/v1/tasks', { params: { query: { limit: RECENT } }, signal }))).items,
    refetchInterval: ({ state }) => (state.data?.some((task) => !isOver(task)) ? LOOK_AGAIN : false),
  });
}

export function taskQuery(id: string) {
  return queryOptions({
    queryKey: ['tasks', 'one', id],
    queryFn: ({ signal }): Promise<Task> => take(api.GET('/api/v1/tasks/{id}', { params: { path: { id } }, signal })),
  });
}

export async function listResults(
  id: string,
  outcome: Outcome | undefined,
  range: Range,
  signal?: AbortSignal,
): Promise<ResultPage> {
  const params = { path: { id }, query: { ...range, outcome } };
  return take(api.GET('/api/v1/tasks/{id}/results', { params, signal }));
}

/** What would become of a selection; nothing is done. */
export async function previewBulk(request: BulkRequest, signal?: AbortSignal): Promise<BulkPreview> {
  const answer = await take(api.POST('/api/v1/bulk', { body: { ...request, dry_run: true }, signal }));
  return answer as BulkPreview;
}

/** Begins a task and says which. */
export async function runBulk(request: BulkRequest, key: string): Promise<string> {
  const answer = await take(api.POST('/api/v1/bulk', { body: request, headers: { 'Idempotency-Key': key } }));
  if (!('task_id' in answer)) throw new Error('A task was to begin, and a preview came.');
  return answer.task_id;
}

export function stopTask(id: string): Promise<Task> {
  return take(api.POST('/api/v1/tasks/{id}/stop', { params: { path: { id } } }));
}

export function retryTask(id: string): Promise<Task> {
  return take(api.POST('/api/v1/tasks/{id}/retry', { params: { path: { id } } }));
}

/** Answers with the task that takes it back. */
export function undoTask(id: string, key: string): Promise<Task> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/tasks/{id}/undo', { params: { path: { id } }, headers }));
}

export function isOver(task: Pick<Task, 'state'>): boolean {
  return task.state !== 'queued' && task.state !== 'running';
}

/** What only whoever began the task is told, as a table that no spreadsheet runs. */
export function fetchAnswers(id: string): Promise<Blob> {
  return take(api.GET('/api/v1/tasks/{id}/answers', { params: { path: { id } }, parseAs: 'blob' }));
}
