// Applied before the first paint, so that a chosen theme never flashes. A file of its own: inline scripts are refused.
try {
  const chosen = localStorage.getItem('tenantry.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the system's theme holds.
}
