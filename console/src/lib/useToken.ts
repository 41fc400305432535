import { useSyncExternalStore } from 'react';

/**
 * The token of a link, from its fragment, which browsers never send to a server. A link that is pasted into a tab where
 * this page is open already changes nothing but the fragment: nothing is loaded, and the token follows nevertheless.
 */
export function useToken(): string {
  return useSyncExternalStore(onFragment, tokenOf);
}

function onFragment(tell: () => void): () => void {
  addEventListener('hashchange', tell);
  return () => removeEventListener('hashchange', tell);
}

function tokenOf(): string {
  return new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
}
