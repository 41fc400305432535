import { useEffect } from 'react';

/** What the browser's tab says: the page, then the program. */
export function useTitle(page: string | undefined): void {
  useEffect(() => {
    document.title = page ? `${page} · Tenantry` : 'Tenantry';
  }, [page]);
}
