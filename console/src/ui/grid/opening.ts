/** Enter in the search of a list opens the first row that it finds, as soon as that is there. */

import { useEffect, useSyncExternalStore } from 'react';
import type { RowWindow } from './useWindow';

let wanted = false;
const listeners = new Set<() => void>();

export function openFirst(on: boolean): void {
  if (wanted === on) return;
  wanted = on;
  for (const listener of listeners) listener();
}

function follow(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Opens it where it was wanted: not one of the rows that were there before. */
export function useOpening<T>(rows: RowWindow<T>, onOpen: (row: T) => void): void {
  const opens = useSyncExternalStore(follow, () => wanted);
  const first = rows.rowAt(0);
  const settled = !rows.loading && !rows.stale;
  useEffect(() => {
    if (!opens || !settled) return;
    openFirst(false);
    if (first) onOpen(first);
  });
}
