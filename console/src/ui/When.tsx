import { useSyncExternalStore } from 'react';
import { ago, exact } from '../lib/format';

const TICK = 30_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

/** The present, to half a minute: all relative times on the page move on together. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** A relative time, the exact one on hover. */
export function When({ at, never = 'None yet' }: { at: string | null | undefined; never?: string }) {
  const present = useNow();
  if (!at) return <span className="quiet">{never}</span>;
  return (
    <time dateTime={at} title={exact(at)}>
      {ago(at, present)}
    </time>
  );
}
