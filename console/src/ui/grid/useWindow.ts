import { useQueries, type QueryKey } from '@tanstack/react-query';
import { useCallback, useState } from 'react';

/** Rows asked for at once. */
const PAGE = 100;
/** So many rows beyond those in view are here before somebody scrolls to them. */
const AHEAD = 60;

export type Page<T> = { items: T[]; total: number; total_is_exact: boolean };

export type RowWindow<T> = {
  total: number;
  /** There are more than `total`, which are no longer counted. */
  beyond: boolean;
  rowAt: (index: number) => T | undefined;
  /** Says which rows are in view, so that they are fetched. */
  onView: (first: number, last: number) => void;
  /** Nothing has arrived yet. */
  loading: boolean;
  /** What is shown belongs to the former filter or order. */
  stale: boolean;
  error: Error | null;
  retry: () => void;
};

type Source<T> = {
  key: QueryKey;
  fetch: (range: { offset: number; limit: number }, signal: AbortSignal) => Promise<Page<T>>;
};

/** What arrived last. */
type Kept<T> = { key: string; pages: (Page<T> | undefined)[]; total: number; beyond: boolean; rows: Map<number, T[]> };

/** Fetches only the pages in view; until those of a new filter arrive, the former rows stay. */
export function useWindow<T>({ key, fetch }: Source<T>): RowWindow<T> {
  const [view, setView] = useState<[number, number]>([0, 0]);
  const [kept, setKept] = useState<Kept<T>>();
  const pages: number[] = [];
  const end = kept ? Math.max(view[0], Math.ceil(kept.total / PAGE) - 1) : view[0];
  for (let page = view[0]; page <= Math.min(view[1], end); page += 1) pages.push(page);
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: [...key, page],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetch({ offset: page * PAGE, limit: PAGE }, signal),
    })),
  });

  const arrived = results.find((result) => result.data)?.data;
  const now = { key: JSON.stringify([key, view]), pages: results.map((result) => result.data) };
  const shown =
    arrived && !isSame(kept, now)
      ? { ...now, total: arrived.total, beyond: !arrived.total_is_exact, rows: rowsOf(pages, results) }
      : kept;
  if (shown !== kept) setKept(shown);

  const onView = useCallback((first: number, last: number) => {
    const wanted: [number, number] = [Math.floor(Math.max(0, first - AHEAD) / PAGE), Math.floor((last + AHEAD) / PAGE)];
    setView((old) => (old[0] === wanted[0] && old[1] === wanted[1] ? old : wanted));
  }, []);

  return {
    total: shown?.total ?? 0,
    beyond: shown?.beyond ?? false,
    rowAt: (index) => shown?.rows.get(Math.floor(index / PAGE))?.[index % PAGE],
    onView,
    loading: !shown,
    stale: !arrived && shown !== undefined,
    // What is shown already stays when only its renewal failed.
    error: arrived ? null : (results.find((result) => result.error)?.error ?? null),
    retry: () => {
      for (const result of results) void result.refetch();
    },
  };
}

function isSame<T>(kept: Kept<T> | undefined, now: Pick<Kept<T>, 'key' | 'pages'>): boolean {
  return kept?.key === now.key && kept.pages.every((page, at) => page === now.pages[at]);
}

function rowsOf<T>(pages: number[], results: { data?: Page<T> | undefined }[]): Map<number, T[]> {
  const rows = new Map<number, T[]>();
  for (const [at, page] of pages.entries()) {
    const items = results[at]?.data?.items;
    if (items) rows.set(page, items);
  }
  return rows;
}
