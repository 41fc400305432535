import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, ifMatch, take } from '../../api/client';
import type { Customer, Device, SpaceSet, SpaceState } from '../../api/schema';

/** What can hold space. */
export type Holder = { noun: 'customers'; row: Customer } | { noun: 'devices'; row: Device };

function usedBy(holder: Holder): number {
  return holder.noun === 'customers' ? holder.row.totals.used_bytes : holder.row.used_bytes;
}

/** A holder's space. Used bytes in rows are live, so others there ask for it again. */
export function spaceQuery(holder: Holder) {
  const params = { path: { id: holder.row.id } };
  return queryOptions({
    queryKey: ['space', holder.noun, holder.row.id, usedBy(holder)],
    queryFn: ({ signal }): Promise<SpaceState> =>
      holder.noun === 'customers'
        ? take(api.GET('/api/v1/customers/{id}/space', { params, signal }))
        : take(api.GET('/api/v1/devices/{id}/space', { params, signal })),
    placeholderData: keepPreviousData,
  });
}

export function setSpace(holder: Holder, version: number, body: SpaceSet): Promise<SpaceState> {
  const params = { path: { id: holder.row.id }, header: ifMatch(version) };
  const headers = ifMatch(version);
  return holder.noun === 'customers'
    ? take(api.PUT('/api/v1/customers/{id}/space', { params, headers, body }))
    : take(api.PUT('/api/v1/devices/{id}/space', { params, headers, body }));
}

/** As many as one page shows; the list has the others. */
export const SHOWN = 100;

/** Customers directly below one, those that use most first. */
export function customersBelowQuery(id: string) {
  const query = { parent_id: id, sort: '-used_bytes', limit: SHOWN };
  return queryOptions({
    queryKey: ['customers', 'list', { under: id }, '-used_bytes', 'space'],
    queryFn: ({ signal }) => take(api.GET('/api/v1/customers', { params: { query }, signal })),
  });
}

/** The same of devices. */
export function devicesBelowQuery(id: string) {
  const query = { parent_id: id, sort: '-used_bytes', limit: SHOWN };
  return queryOptions({
    queryKey: ['devices', 'list', { under: id }, '-used_bytes', 'space'],
    queryFn: ({ signal }) => take(api.GET('/api/v1/devices', { params: { query }, signal })),
  });
}
