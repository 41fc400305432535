import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type {
  Licence,
  LicenceAssign,
  LicenceGrant,
  LicenceReassign,
  LicenceRenew,
  LicenceUpdate,
} from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export type LicenceFilter = {
  under?: string | undefined;
  filter?: string | undefined;
};

export async function listLicences(
  filter: LicenceFilter,
  sort: string,
  range: { offset: number; limit: number },
  signal?: AbortSignal,
) {
  const query = { ...filter, sort, ...range };
  const page: Page<Licence> = await take(api.GET('/api/v1/licences', { params: { query }, signal }));
  return page;
}

/** The licences of one end customer, each with what its sites have. */
export function licencesQuery(customer: string) {
  return queryOptions({
    queryKey: ['licences', customer],
    queryFn: async ({ signal }): Promise<Licence[]> => {
      const { items } = await listLicences({ under: customer }, '-created_at', { offset: 0, limit: 200 }, signal);
      return Promise.all(
        items.map(({ id }) => take(api.GET('/api/v1/licences/{id}', { params: { path: { id } }, signal }))),
      );
    },
  });
}

/** The most that was held of each product, month by month. */
export function monthsQuery(customer: string) {
  return queryOptions({
    queryKey: ['licences', 'months', customer],
    queryFn: async ({ signal }) => {
      const params = { path: { id: customer }, query: {} };
      return (await take(api.GET('/api/v1/customers/{id}/licence_months', { params, signal }))).items;
    },
  });
}

/** What was held at the end of a day. */
export function licencesThenQuery(customer: string, as_of: string) {
  return queryOptions({
    queryKey: ['licences', 'then', customer, as_of],
    queryFn: async ({ signal }) => {
      const params = { path: { id: customer }, query: { as_of, limit: 500 } };
      return (await take(api.GET('/api/v1/customers/{id}/licences', { params, signal }))).items;
    },
    retry: false,
  });
}

export function grantLicence(customer: string, body: LicenceGrant, key: string): Promise<Licence> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/customers/{id}/licences', { params: { path: { id: customer } }, headers, body }));
}

export function updateLicence({ id, version }: Pick<Licence, 'id' | 'version'>, body: LicenceUpdate): Promise<Licence> {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/licences/{id}', { params, headers: ifMatch(version), body }));
}

export function cancelLicence(id: string): Promise<void> {
  return gone(done(api.DELETE('/api/v1/licences/{id}', { params: { path: { id } } })));
}

export function assignLicence(id: string, body: LicenceAssign, version?: number): Promise<Licence> {
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/licences/{id}/assign', { params: { path: { id } }, headers, body }));
}

export function revokeLicence(id: string, body: LicenceAssign, version?: number): Promise<Licence> {
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/licences/{id}/revoke', { params: { path: { id } }, headers, body }));
}

export function reassignLicence(id: string, body: LicenceReassign, version?: number): Promise<Licence> {
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/licences/{id}/reassign', { params: { path: { id } }, headers, body }));
}

export function renewLicence(id: string, body: LicenceRenew): Promise<Licence> {
  return take(api.POST('/api/v1/licences/{id}/renew', { params: { path: { id } }, body }));
}
