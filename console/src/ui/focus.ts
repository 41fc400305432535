/** Where the focus belongs when what had it is gone. */

/** Where work begins on the page: `settled` is false while something better may still arrive. */
export type Start = { element: HTMLElement; settled: boolean };

const FIELD = 'input:not([type="hidden"]), select, textarea';
/** The row of a list that is in the tab order. */
const ROW = '.list-page .grid [data-index][tabindex="0"]';

/**
 * The first field of a form that still wants something, or its first; the row of a list; else the heading. A finger is
 * spared the field: its keyboard would cover half of the page.
 */
export function startOf(page: HTMLElement): Start | undefined {
  const fields = [...page.querySelectorAll<HTMLInputElement>(`form :is(${FIELD})`)].filter(isUsable);
  if (fields.length > 0 && !matchMedia('(pointer: coarse)').matches) {
    const open = fields.find((field) => field.ariaRequired === 'true' && field.value === '');
    return { element: open ?? fields[0]!, settled: true };
  }
  const row = page.querySelector<HTMLElement>(ROW);
  if (row) return { element: row, settled: true };
  const heading = page.querySelector<HTMLElement>('h1, h2');
  return heading ? { element: heading, settled: false } : undefined;
}

/** Gives something the focus that need not be in the tab order. */
export function focusOn(element: HTMLElement): void {
  if (element.tabIndex < 0 && !element.hasAttribute('tabindex')) element.tabIndex = -1;
  element.focus({ preventScroll: !element.matches(FIELD) });
}

/** Whether nothing has the focus. */
export function isLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

/** How long what has the focus again may still be replaced by what was done meanwhile. */
const SETTLING = 5000;

/**
 * For whatever is about to vanish: if nobody takes the focus over, it goes to where work begins. So it does if the button
 * that gets it back vanishes too, since what it was for is done.
 */
export function keepFocus(): void {
  afterRestoring(() => {
    begin();
    const ended = new AbortController();
    const observer = new MutationObserver(() => {
      if (!isLost()) return;
      begin();
      ended.abort();
    });
    ended.signal.addEventListener('abort', () => observer.disconnect());
    for (const event of ['keydown', 'pointerdown']) {
      addEventListener(event, () => ended.abort(), { capture: true, signal: ended.signal });
    }
    setTimeout(() => ended.abort(), SETTLING);
    observer.observe(document.body, { childList: true, subtree: true });
  });
}

/** Whoever gives the focus back by rule does so in the next frame; what comes after has the last word. */
export function afterRestoring(act: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(act)));
}

function begin(): void {
  const page = document.querySelector('main');
  if (!page || !isLost()) return;
  focusOn(startOf(page)?.element ?? page);
}

function isUsable(field: HTMLInputElement): boolean {
  return !field.disabled && !field.readOnly && field.checkVisibility();
}
