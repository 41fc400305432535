import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, take } from '../../api/client';
import type { PassKey, PassKeyCreate, PassKeyCreated } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export function passKeysQuery(customer: string) {
  return queryOptions({
    queryKey: ['pass_keys', customer],
    queryFn: async ({ signal }): Promise<PassKey[]> => {
      const params = { path: { id: customer }, query: { limit: 500 } };
      return (await take(api.GET('/api/v1/customers/{id}/pass_keys', { params, signal }))).items;
    },
  });
}

export type PassKeyFilter = {
  under?: string | undefined;
  q?: string | undefined;
  filter?: string | undefined;
};

/** The keys of everybody below a customer. */
export async function listPassKeys(
  filter: PassKeyFilter,
  sort: string,
  range: { offset: number; limit: number },
  signal?: AbortSignal,
) {
  const query = { ...filter, sort, ...range };
  const page: Page<PassKey> = await take(api.GET('/api/v1/pass_keys', { params: { query }, signal }));
  return page;
}

export function createPassKey(customer: string, body: PassKeyCreate, key: string): Promise<PassKeyCreated> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/customers/{id}/pass_keys', { params: { path: { id: customer } }, headers, body }));
}

export function rotatePassKey(id: string, key: string): Promise<PassKeyCreated> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/pass_keys/{id}/rotate', { params: { path: { id } }, headers }));
}

export function revokePassKey(id: string) {
  return gone(done(api.DELETE('/api/v1/pass_keys/{id}', { params: { path: { id } } })));
}
