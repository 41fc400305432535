let pressed = false;
addEventListener('pointerdown', () => (pressed = true), { capture: true });
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => (pressed = false), { capture: true });

/**
 * Does something at once, or while a pointer is down only after the press it belongs to. A field that is left by
 * pressing a button may change the page: the button would be moved away from under the pointer, and the press lost.
 */
export function whenReleased(act: () => void): void {
  if (!pressed) return act();
  const ended = new AbortController();
  const release = () => {
    ended.abort();
    setTimeout(act);
  };
  for (const end of ['pointerup', 'pointercancel']) {
    addEventListener(end, release, { capture: true, signal: ended.signal });
  }
}
