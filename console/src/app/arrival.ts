/** After each navigation the focus stands where work begins: screen readers and keyboards go on from there. */

import type { AnyRouter, ParsedLocation } from '@tanstack/react-router';
import { focusOn, isLost, startOf } from '../ui/focus';

/** How long a page may take to fill until nobody waits for its better place. */
const PATIENCE = 5000;
/** Where one walks from page to page, or where something else is in front: the focus stays. */
const KEEPS = '.tree, [role="dialog"], [role="alertdialog"]';

/** By entry of the browser's history: the link by which its page was left. Going back leads to it again. */
const departures = new Map<string, string>();
const LIMIT = 50;

export function followNavigation(router: AnyRouter): void {
  let former: Element | null = null;
  let stop: (() => void) | undefined;
  // The router's own `fromLocation` lags behind whoever presses on before a page has settled.
  let here: ParsedLocation | undefined;
  router.subscribe('onBeforeNavigate', ({ toLocation }) => {
    stop?.();
    former = document.activeElement;
    if (here && here.pathname !== toLocation.pathname) depart(here, former);
    here = toLocation;
  });
  router.subscribe('onResolved', ({ fromLocation, toLocation, pathChanged }) => {
    stop?.();
    // Opened directly, a page leaves the focus where the browser puts it, but for forms and lists, where everybody begins.
    if (!fromLocation) stop = arrive(document.activeElement, undefined, true);
    else if (pathChanged) stop = arrive(former, departures.get(entryOf(toLocation)));
  });
}

function depart(from: ParsedLocation, active: Element | null): void {
  const link = active?.closest('main a[href]')?.getAttribute('href');
  const entry = entryOf(from);
  departures.delete(entry);
  if (link) departures.set(entry, link);
  const oldest = departures.keys().next().value;
  if (departures.size > LIMIT && oldest !== undefined) departures.delete(oldest);
}

/**
 * `former` had the focus before; `left`: the link by which this page was left the last time. `work`: only where work begins
 * takes it, no heading.
 */
function arrive(former: Element | null, left: string | undefined, work = false): () => void {
  const ended = new AbortController();
  let ours: Element | null = former;
  const place = () => {
    const page = document.querySelector('main');
    const active = document.activeElement;
    if (!page || ended.signal.aborted) return;
    // Somebody else has placed it: the page itself, or the person.
    if (active?.closest(KEEPS) || (active !== ours && !isLost())) return ended.abort();
    const link = left ? [...page.querySelectorAll('a')].find((each) => each.getAttribute('href') === left) : undefined;
    const start = link ? { element: link, settled: true } : startOf(page);
    if (work && !start?.settled) return;
    const target = start?.element ?? page;
    if (target !== document.activeElement) focusOn(target);
    ours = document.activeElement;
    if (start?.settled && (!left || link)) ended.abort();
  };
  const observer = new MutationObserver(place);
  ended.signal.addEventListener('abort', () => observer.disconnect());
  for (const event of ['keydown', 'pointerdown']) {
    addEventListener(event, () => ended.abort(), { capture: true, signal: ended.signal });
  }
  const timer = setTimeout(() => ended.abort(), PATIENCE);
  ended.signal.addEventListener('abort', () => clearTimeout(timer));
  place();
  if (!ended.signal.aborted) observer.observe(document.body, { childList: true, subtree: true });
  return () => ended.abort();
}

// The router's own name for it.
function entryOf(location: ParsedLocation): string {
  // oxlint-disable-next-line no-underscore-dangle
  return location.state.__TSR_key ?? location.href;
}
