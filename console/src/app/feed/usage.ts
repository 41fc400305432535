/** Used bytes and last backups: numbers in rows that are shown already. Pure but for asking the server. */

import { api, take } from '../../api/client';
import type { Customer, Device } from '../../api/schema';
import { idsOf, rowsOf, type Cached } from './touches';

/** As many as the API takes at once. */
const MOST = 500;

export type Noun = 'customers' | 'devices';
/** By id, what is written over a row. */
type Numbers = ReadonlyMap<string, object>;

/** The noun whose rows a query holds, if these have such numbers. */
export function nounOf([noun, kind]: readonly unknown[]): Noun | undefined {
  if (noun === 'customers' && (kind === 'one' || kind === 'list' || kind === 'children')) return noun;
  if (noun === 'devices' && (kind === 'one' || kind === 'list' || kind === 'largest' || kind === 'lacking'))
    return noun;
  return undefined;
}

/** The rows that may have other numbers: `paths` lead to where something was used. */
export function rowsUsed(
  paths: readonly string[],
  { queryKey, data }: Cached,
): { noun: Noun; ids: string[] } | undefined {
  const noun = nounOf(queryKey);
  if (!noun) return undefined;
  const above = noun === 'customers' ? new Set(paths.flatMap(idsOf)) : new Set<string>();
  const rows = rowsOf<Customer | Device>(data) ?? [];
  const ids = rows
    .filter((row) => above.has(row.id) || paths.some((path) => row.path.startsWith(path)))
    .map((row) => row.id);
  return ids.length > 0 ? { noun, ids } : undefined;
}

/** Whether it tells of days and refusals, which are told with the numbers; `paths` as above, nothing: anywhere. */
export function isHistory([noun, , path]: readonly unknown[], paths?: readonly string[]): boolean {
  return noun === 'history' && (!paths || paths.some((used) => String(path).startsWith(used)));
}

/** Whether another order, or other rows, may follow from other numbers. */
export function goesByUsage([noun, kind, of, sort]: readonly unknown[]): boolean {
  if (noun === 'devices' && (kind === 'largest' || kind === 'lacking')) return true;
  if (kind !== 'list') return false;
  const filter = typeof of === 'object' && of !== null && 'filter' in of ? of.filter : undefined;
  return [filter, sort].some((text) => /used_bytes|last_backup_at|last_refused_at|without_backup/u.test(String(text)));
}

/** The numbers of these rows now, and nothing else of them. */
export async function numbersOf(noun: Noun, wanted: ReadonlySet<string>): Promise<Numbers> {
  const ids = [...wanted];
  const found = new Map<string, object>();
  for (let at = 0; at < ids.length; at += MOST) {
    const some = ids.slice(at, at + MOST);
    const query = { ids: some.join(','), limit: some.length, fields: FIELDS[noun] };
    const page =
      noun === 'customers'
        ? await take(api.GET('/api/v1/customers', { params: { query } }))
        : await take(api.GET('/api/v1/devices', { params: { query } }));
    for (const row of page.items) found.set(row.id, row);
  }
  return found;
}

const FIELDS: Record<Noun, string> = {
  customers: 'totals,last_backup_at,last_refused_at',
  devices: 'used_bytes,last_backup_at,last_refused_at,first_contact_at',
};

/** The same answer with these numbers in its rows. */
export function withNumbers(data: unknown, numbers: Numbers): unknown {
  const renew = (row: { id: string }) => {
    const now = numbers.get(row.id);
    return now ? { ...row, ...now } : row;
  };
  if (Array.isArray(data)) return data.map(renew);
  if (typeof data !== 'object' || data === null) return data;
  if ('items' in data) return { ...data, items: (data.items as { id: string }[]).map(renew) };
  return renew(data as { id: string });
}
