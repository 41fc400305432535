import { useEffect, useState, useSyncExternalStore } from 'react';
import { isBoolean, useStored } from '../../lib/useStored';
import { afterRestoring } from '../../ui/focus';
import { isBusy, singleKeys } from '../../ui/singleKeys';

export type FilterPaneState = {
  open: boolean;
  /** On a narrow screen it lies over the list. */
  sheet: boolean;
  /** Somebody has opened it, so that the focus goes there; it was not open from the beginning. */
  opened: boolean;
  /** Takes the button, which gets the focus back. */
  attach: (button: HTMLButtonElement | null) => void;
  toggle: () => void;
  close: () => void;
};

/** Whether the pane is open: remembered, except where it covers the list. `f` opens and closes it, Escape closes it. */
export function useFilterPane(): FilterPaneState {
  const [beside, setBeside] = useStored('filter', false, isBoolean);
  const [over, setOver] = useState(false);
  const [opened, setOpened] = useState(false);
  const [button, attach] = useState<HTMLButtonElement | null>(null);
  const sheet = useNarrow();
  const open = sheet ? over : beside;
  const set = (next: boolean) => {
    setOpened(next);
    (sheet ? setOver : setBeside)(next);
    // A sheet gives the focus back to what had it when it came; the button is where the pane is found again.
    if (!next) afterRestoring(() => button?.focus());
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const isWanted = event.key === 'f' && singleKeys() && !isBusy(event.target);
      const isLeft = event.key === 'Escape' && open && isInPane(event.target);
      if (!isWanted && !isLeft) return;
      event.preventDefault();
      set(!open);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  return { open, sheet, opened, attach, toggle: () => set(!open), close: () => set(false) };
}

function isInPane(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('.filter-pane') !== null;
}

const NARROW = '(max-width: 43.75rem)';

function useNarrow(): boolean {
  return useSyncExternalStore(
    (onChange) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', onChange);
      return () => query.removeEventListener('change', onChange);
    },
    () => matchMedia(NARROW).matches,
  );
}
