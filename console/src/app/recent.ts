/** The customers that an account was at last, in this browser; forgotten when it signs out. */

const MOST = 8;

const nameOf = (account: string) => `tenantry.recent.${account}`;

/** Their ids, the latest first. */
export function recent(account: string): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(nameOf(account)) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string').slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function remember(account: string, id: string): void {
  const ids = [id, ...recent(account).filter((other) => other !== id)].slice(0, MOST);
  try {
    localStorage.setItem(nameOf(account), JSON.stringify(ids));
  } catch {
    // Storage is switched off: there are no recent ones.
  }
}

export function forget(account: string): void {
  try {
    localStorage.removeItem(nameOf(account));
  } catch {
    // Then nothing was remembered.
  }
}
