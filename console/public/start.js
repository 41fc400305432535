// What must not wait for the console itself. A file of its own: inline scripts are refused.

// Applied before the first paint, so that a chosen theme never flashes.
try {
  const chosen = localStorage.getItem('tenantry.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the system's theme holds.
}

// A script that does not arrive is told at once; without this file the page tells it after a while by itself.
addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLScriptElement) document.documentElement.dataset.unloaded = '';
  },
  { capture: true },
);

// Loading again while the server is away would end in the browser's own error page.
addEventListener('click', async (event) => {
  if (!(event.target instanceof Element) || !event.target.closest('.unloaded a')) return;
  event.preventDefault();
  try {
    await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
    location.reload();
  } catch {
    document.documentElement.dataset.unloaded = 'away';
  }
});
