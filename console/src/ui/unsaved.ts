/** Whether something is being typed that would be lost, or is shown that is shown once; and what a lost session means then. */

import { useEffect, useSyncExternalStore } from 'react';

let held = 0;

/** While `when`, the page must not be taken away. */
export function useUnsaved(when: boolean): void {
  useEffect(() => {
    if (!when) return undefined;
    held += 1;
    return () => void (held -= 1);
  }, [when]);
}

export function isUnsaved(): boolean {
  return held > 0;
}

let asked = false;
const listeners = new Set<() => void>();

/** The session has ended while something is unsaved: to be signed in again over the page, or it is over. */
export function askToSignIn(on: boolean): void {
  if (asked === on) return;
  asked = on;
  for (const listener of listeners) listener();
}

export function useAskedToSignIn(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );
}
