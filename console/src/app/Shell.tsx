import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { Toasts } from '../ui/Toasts';
import { Navigation } from './Navigation';
import { TopBar } from './TopBar';

const loadPalette = () => import('./Palette');
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }));

/** The frame around every page: top bar, navigation with the customer tree, and the page itself. */
export function Shell() {
  const [palette, setPalette] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const closeDrawer = useCallback(() => setDrawer(false), []);
  useShortcuts(useCallback(() => setPalette(true), []));

  // Whoever presses Ctrl K types on at once; the field must be there by then.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), 1500);
    return () => clearTimeout(timer);
  }, []);

  return (
    <div className="frame" data-drawer={drawer || undefined}>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <TopBar drawer={drawer} onDrawer={setDrawer} onPalette={() => setPalette(true)} />
      <Navigation open={drawer} onClose={closeDrawer} />
      <main id="main" tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      {palette && (
        <Suspense>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      )}
      <Toasts />
    </div>
  );
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
