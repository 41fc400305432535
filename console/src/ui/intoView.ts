/** For the current one of a row of tabs that is wider than the screen. */
export function intoView(tab: HTMLElement | null): void {
  if (tab?.ariaCurrent) tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}
