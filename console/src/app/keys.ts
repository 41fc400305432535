/** The keys that work anywhere in the console. */

import { useEffect, useRef, useState } from 'react';
import { isBusy, singleKeys } from '../ui/singleKeys';

/** Whoever presses Ctrl K types on at once: keeps what is typed until the field that opens has the focus and takes it. */
export function useEarlyKeys(onEscape: () => void) {
  const typed = useRef<string>(undefined);
  const [early] = useState(() => ({
    begin: () => void (typed.current ??= ''),
    take: () => {
      const text = typed.current ?? '';
      typed.current = undefined;
      return text;
    },
  }));
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (typed.current === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      // Nothing else may act on it: the page below has keys of its own.
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key.length === 1) typed.current += event.key;
      else if (event.key === 'Backspace') typed.current = typed.current.slice(0, -1);
      else if (event.key === 'Escape') {
        typed.current = undefined;
        onEscape();
      }
    };
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [onEscape]);
  return early;
}

type Shortcuts = { palette: () => void; switcher: (() => void) | undefined; keys: () => void };

/**
 * Ctrl K anywhere, and outside of fields `c` for another customer, `/` for the search of the list, `a` for what can be done
 * with the selected rows, `?` for all of them.
 */
export function useShortcuts({ palette, switcher, keys }: Shortcuts): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        palette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys() || isBusy(event.target)) return;
      const run = { c: switcher, '?': keys, '/': searchList(), a: actOnSelection() }[event.key];
      if (!run) return;
      event.preventDefault();
      event.stopPropagation();
      run();
    };
    // While it is on its way down: some widgets keep what they were sent.
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [palette, switcher, keys]);
}

function actOnSelection(): (() => void) | undefined {
  const first = document.querySelector<HTMLElement>('[data-selection-actions] button');
  return first ? () => first.focus() : undefined;
}

function searchList(): (() => void) | undefined {
  const search = document.querySelector<HTMLInputElement>('[data-list-search]');
  if (!search) return undefined;
  return () => {
    uncover(search.closest<HTMLElement>('[data-covered]'));
    search.focus();
    search.select();
  };
}

/** Shows a bar whose place another has taken for as long as the focus is within it. */
function uncover(bar: HTMLElement | null): void {
  if (!bar) return;
  bar.dataset['uncovered'] = '';
  const onLeave = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget instanceof Node && bar.contains(relatedTarget)) return;
    bar.removeEventListener('focusout', onLeave);
    delete bar.dataset['uncovered'];
  };
  bar.addEventListener('focusout', onLeave);
}
