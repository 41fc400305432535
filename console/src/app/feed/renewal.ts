/** Marks in the query cache what may be another, and fetches what of it is shown. What is hidden waits until it is shown. */

import type { Query, QueryClient } from '@tanstack/react-query';
import type { Task } from '../../api/schema';
import { idsOf, isRenewable, isTouched, rowsOf, type Happened } from './touches';
import { goesByUsage, isHistory, nounOf, numbersOf, rowsUsed, withNumbers, type Noun } from './usage';

export function isShown(): boolean {
  return document.visibilityState === 'visible';
}

/** What these changes touch. */
export async function renewTouched(client: QueryClient, changes: readonly Happened[]): Promise<void> {
  if (changes.length === 0) return;
  const pathOf = pathsIn(client);
  await renew(client, (query) => changes.some((change) => isTouched(change, cachedOf(query), pathOf)));
}

/** Nobody can tell what has happened: whatever is shown is fetched anew. */
export function renewAll(client: QueryClient): Promise<void> {
  return renew(client, ({ queryKey }) => isRenewable(queryKey));
}

/** Everything with numbers of use: they may be others anywhere. */
export function renewNumbers(client: QueryClient): Promise<void> {
  return renew(
    client,
    ({ queryKey }) => nounOf(queryKey) !== undefined || queryKey[0] === 'overview' || isHistory(queryKey),
  );
}

/**
 * Other numbers below these paths: they are written into the rows that are shown. No row moves by it; the order is right
 * again when the list is asked for the next time.
 */
export async function renewUsed(client: QueryClient, paths: readonly string[]): Promise<void> {
  const used = client
    .getQueryCache()
    .getAll()
    .flatMap((query) => {
      const found = rowsUsed(paths, cachedOf(query));
      return found ? [{ query, ...found }] : [];
    });
  const shown = used.filter(({ query }) => isShown() && query.isActive() && isPatchable(query));
  const others = new Set(used.filter((one) => !shown.includes(one)).map(({ query }) => query));
  const above = new Set(paths.flatMap(idsOf));
  await Promise.all([
    renew(client, ({ queryKey: [noun, , id] }) => noun === 'overview' && above.has(String(id))),
    renew(client, (query) => others.has(query) || isHistory(query.queryKey, paths)),
    ...(['customers', 'devices'] as const).map((noun) =>
      writeNumbers(
        client,
        noun,
        shown.filter((one) => one.noun === noun),
      ),
    ),
  ]);
}

/** How far a task is, as the feed tells it. */
export type Moved = Pick<Task, 'id' | 'state' | 'progress'>;

/** Writes into what is shown how far a task is. When it ends, its counts and results are asked for. */
export async function renewTask(client: QueryClient, moved: Moved): Promise<void> {
  const tasks = client.getQueryCache().findAll({ queryKey: ['tasks'] });
  const showing = tasks.filter((query) => rowsOf<Task>(query.state.data)?.some(({ id }) => id === moved.id));
  const isOver = moved.state !== 'queued' && moved.state !== 'running';
  if (isOver || showing.length === 0) return renew(client, ({ queryKey }) => queryKey[0] === 'tasks');
  for (const query of showing) query.setState({ data: withNumbers(query.state.data, new Map([[moved.id, moved]])) });
}

async function writeNumbers(client: QueryClient, noun: Noun, used: { query: Query; ids: string[] }[]): Promise<void> {
  if (used.length === 0) return;
  const numbers = await numbersOf(noun, new Set(used.flatMap(({ ids }) => ids))).catch(() => undefined);
  for (const { query } of used) {
    if (!numbers || query.state.fetchStatus !== 'idle') {
      void renew(client, (each) => each === query);
      continue;
    }
    query.setState({ data: withNumbers(query.state.data, numbers) });
    if (goesByUsage(query.queryKey)) query.invalidate();
  }
}

/**
 * The first few of many are soon fetched, and may be others; of one alone more follows from its numbers than they say.
 * What is being fetched would write over it.
 */
function isPatchable({ queryKey, state }: Query): boolean {
  return (queryKey[1] === 'list' || queryKey[1] === 'children') && state.fetchStatus === 'idle';
}

async function renew(client: QueryClient, predicate: (query: Query) => boolean): Promise<void> {
  const touched = client.getQueryCache().findAll({ predicate });
  const running = touched.filter((query) => query.state.fetchStatus === 'fetching');
  const resting = new Set(touched.filter((query) => !running.includes(query)));
  await Promise.all([
    client.invalidateQueries({
      predicate: (query) => resting.has(query),
      refetchType: isShown() ? 'active' : 'none',
    }),
    ...running.map((query) => afterwards(client, query)),
  ]);
}

const awaited = new WeakSet<Query>();

/** What is being fetched may have been read before the change. It is not begun anew, or it might never end. */
async function afterwards(client: QueryClient, query: Query): Promise<void> {
  if (awaited.has(query)) return;
  awaited.add(query);
  try {
    await query.promise;
  } catch {
    // Whatever became of it, it was an old answer.
  }
  awaited.delete(query);
  await renew(client, (each) => each === query);
}

function cachedOf(query: Query) {
  return { queryKey: query.queryKey, data: query.state.data };
}

/** Where the customers of the cache stand. */
function pathsIn(client: QueryClient): (customer: string) => string | undefined {
  let paths: Map<string, string> | undefined;
  return (id) => {
    paths ??= new Map(
      client
        .getQueryCache()
        .findAll({ queryKey: ['customers'] })
        .flatMap((query) => rowsOf<{ id: string; path?: string }>(query.state.data) ?? [])
        .flatMap((row) => (row.path ? [[row.id, row.path] as const] : [])),
    );
    return paths.get(id);
  };
}
