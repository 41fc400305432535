/** Single keys that do something wherever one stands. They can be switched off: speech input types letters (WCAG 2.1.4). */

import { useSyncExternalStore } from 'react';

const NAME = 'tenantry.single_keys';
const listeners = new Set<() => void>();
let known = read();

function read(): boolean {
  try {
    return localStorage.getItem(NAME) !== 'false';
  } catch {
    return true;
  }
}

/** Whether they are on. */
export function singleKeys(): boolean {
  return known;
}

export function setSingleKeys(on: boolean): void {
  known = on;
  try {
    localStorage.setItem(NAME, String(on));
  } catch {
    // Storage is switched off: it holds until the page is left.
  }
  for (const listener of listeners) listener();
}

export function useSingleKeys(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, singleKeys);
}

/** Somebody types, or is in something that lies over the page. */
export function isBusy(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest(
      'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable], [role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]',
    ) !== null
  );
}
