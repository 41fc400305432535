import { queryOptions } from '@tanstack/react-query';
import { api, gone, done, take } from '../../api/client';
import type { ArchiveFormat, Vault, VaultEntry, VaultFoundList, VaultSnapshotList } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

/** Something in a folder, and in which. */
export type Thing = { folder: string; entry: VaultEntry };

/** Nothing of it changes by itself, and each question keeps it open for longer: it is asked when somebody looks. */
const WHEN_LOOKED_AT = { staleTime: Infinity, refetchOnWindowFocus: false, refetchOnReconnect: false, retry: false };

export function openVault(device: string, password: string): Promise<Vault> {
  return take(api.POST('/api/v1/devices/{id}/vault', { params: { path: { id: device } }, body: { password } }));
}

export function forgetVault(vault: string): Promise<void> {
  return gone(done(api.DELETE('/api/v1/vaults/{vault}', { params: { path: { vault } } })));
}

export function snapshotsQuery(vault: string) {
  return queryOptions({
    queryKey: ['vaults', vault, 'snapshots'],
    queryFn: ({ signal }): Promise<VaultSnapshotList> =>
      take(api.GET('/api/v1/vaults/{vault}/snapshots', { params: { path: { vault } }, signal })),
    ...WHEN_LOOKED_AT,
  });
}

/** A part of a folder. */
export async function listEntries(
  vault: string,
  snapshot: string,
  query: { path: string; sort: string; offset: number; limit: number },
  signal: AbortSignal,
): Promise<Page<Thing>> {
  const params = { path: { vault, snapshot }, query };
  const page = await take(api.GET('/api/v1/vaults/{vault}/snapshots/{snapshot}/entries', { params, signal }));
  const items = page.items.map((entry) => ({ folder: page.path, entry }));
  return { items, total: page.total, total_is_exact: true };
}

export function searchQuery(vault: string, snapshot: string, q: string) {
  return queryOptions({
    queryKey: ['vaults', vault, 'search', snapshot, q],
    queryFn: ({ signal }): Promise<VaultFoundList> =>
      take(
        api.GET('/api/v1/vaults/{vault}/snapshots/{snapshot}/search', {
          params: { path: { vault, snapshot }, query: { q } },
          signal,
        }),
      ),
    ...WHEN_LOOKED_AT,
  });
}

/** A path below a folder. */
export function pathOf({ folder, entry }: Thing): string {
  return `${folder === '/' || folder.endsWith('/') ? folder : `${folder}/`}${entry.name}`;
}

/** Where a browser gets a file. */
export function fileAddress(vault: string, snapshot: string, path: string): string {
  return `/api/v1/vaults/${vault}/snapshots/${snapshot}/file?${new URLSearchParams({ path })}`;
}

/** Where it gets several things as one. */
export function archiveAddress(vault: string, snapshot: string, paths: string[], format: ArchiveFormat): string {
  const query = new URLSearchParams([...paths.map((path) => ['path', path]), ['format', format]]);
  return `/api/v1/vaults/${vault}/snapshots/${snapshot}/archive?${query}`;
}

/** Lets the browser download from an address, if it gives anything; else says with which status it doesn't. */
export async function begin(address: string): Promise<number> {
  const { status, ok } = await fetch(address, { method: 'HEAD' }).catch(() => ({ status: 0, ok: false }));
  if (!ok) return status;
  const link = document.createElement('a');
  link.href = address;
  link.download = '';
  link.click();
  return status;
}
