import { useRouterState } from '@tanstack/react-router';
import { useLayoutEffect, useRef } from 'react';
import { NOTHING, type Selection } from './selection';

/** What a list looked like when it was left; `used`: one of its rows had the focus. */
export type ListMemory = { offset: number; active: number; selection: Selection; used: boolean };

const FRESH: ListMemory = { offset: 0, active: 0, selection: NOTHING, used: false };
const LIMIT = 50;
const memories = new Map<string, ListMemory>();

/** One memory for each entry of the browser's history: going back finds the list as it was. */
export function useListMemory(): { recall: () => ListMemory; remember: (memory: ListMemory) => void } {
  // The router's own name for it.
  // oxlint-disable-next-line no-underscore-dangle
  const entry = useRouterState({ select: (state) => state.location.state.__TSR_key ?? state.location.href });
  const settled = useRouterState({ select: (state) => state.status === 'idle' });
  // On the way to another page the list still stands there: what it looks like then belongs to the entry that it leaves.
  const own = useRef(entry);
  useLayoutEffect(() => {
    if (settled) own.current = entry;
  }, [entry, settled]);
  return {
    recall: () => memories.get(entry) ?? FRESH,
    remember: (memory) => {
      memories.delete(own.current);
      memories.set(own.current, memory);
      const oldest = memories.keys().next().value;
      if (memories.size > LIMIT && oldest !== undefined) memories.delete(oldest);
    },
  };
}
