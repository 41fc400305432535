import { useQueryClient } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { problemText } from '../lib/words';
import { toast, Toasts } from '../ui/Toasts';
import { FeedBar } from './feed/FeedBar';
import { follow, unfollow } from './feed/feed';
import { Navigation } from './Navigation';
import { TopBar } from './TopBar';

const loadPalette = () => import('./Palette');
type PaletteView = Awaited<ReturnType<typeof loadPalette>>['Palette'];

/** The frame around every page: top bar, navigation with the customer tree, and the page itself. */
export function Shell() {
  const [palette, setPalette] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const closeDrawer = useCallback(() => setDrawer(false), []);
  // Kept here rather than suspended on: what suspends is held back for a while even where it has been fetched.
  const [Palette, setView] = useState<PaletteView>();
  const closePalette = useCallback(() => setPalette(false), []);
  const early = useEarlyKeys(closePalette);
  const openPalette = useCallback(() => {
    if (palette) return;
    early.begin();
    setPalette(true);
    loadPalette().then(
      (loaded) => setView(() => loaded.Palette),
      (error: unknown) => {
        early.take();
        setPalette(false);
        toast(problemText(error));
      },
    );
  }, [palette, early]);
  useShortcuts(openPalette);
  useFollowing();

  // Fetched once the page has what it needs, so that the field mostly is there at once.
  useEffect(() => {
    const timer = setTimeout(() => {
      loadPalette().then(
        (loaded) => setView(() => loaded.Palette),
        () => undefined,
      );
    }, 1500);
    return () => clearTimeout(timer);
  }, []);

  return (
    <div className="frame" data-drawer={drawer || undefined}>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <TopBar drawer={drawer} onDrawer={setDrawer} onPalette={openPalette} />
      <Navigation open={drawer} onClose={closeDrawer} />
      <main id="main" tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <FeedBar />
      {palette && Palette && <Palette takeEarly={early.take} onClose={closePalette} />}
      <Toasts />
    </div>
  );
}

/** The route has begun it already; whoever signs out ends it. */
function useFollowing(): void {
  const client = useQueryClient();
  useEffect(() => {
    follow(client);
    return unfollow;
  }, [client]);
}

/** Whoever presses Ctrl K types on at once: keeps what is typed until the command field has the focus and takes it. */
function useEarlyKeys(onEscape: () => void) {
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

/** Ctrl K anywhere, and `/` outside of fields for the search of the list. */
function useShortcuts(openPalette: () => void): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.key !== '/' || isTyping(event.target)) return;
      const search = document.querySelector<HTMLInputElement>('[data-list-search]');
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    };
    // While it is on its way down: some widgets keep what they were sent.
    addEventListener('keydown', onKey, { capture: true });
    return () => removeEventListener('keydown', onKey, { capture: true });
  }, [openPalette]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]') !== null
  );
}
