/** Tasks that were begun in this tab and of which no dialog tells the end any more. */

import { useSyncExternalStore } from 'react';

let followed: readonly string[] = [];
const listeners = new Set<() => void>();

export function follow(id: string): void {
  set([...followed.filter((other) => other !== id), id]);
}

export function unfollow(id: string): void {
  set(followed.filter((other) => other !== id));
}

export function useFollowed(): readonly string[] {
  return useSyncExternalStore(subscribe, () => followed);
}

function set(next: readonly string[]): void {
  followed = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
