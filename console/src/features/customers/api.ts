import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type {
  Customer,
  CustomerCreate,
  CustomerUpdate,
  Level,
  SiteCreate,
  StorageLocation,
  SuspendRequest,
} from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

/** What narrows a list, as it stands in the URL of the page and in that of the API. */
export type CustomerFilter = {
  under?: string | undefined;
  q?: string | undefined;
  level?: Level | undefined;
  filter?: string | undefined;
};

/**
 * All but sites, which are many and belong to their customers. Of the customer to which the list is narrowed they are
 * what stands below it.
 */
export function withoutSites(under: string | undefined): string {
  return under ? `level != site or parent_id == ${under} or id == ${under}` : 'level != site';
}

type Range = { offset: number; limit: number };

/** As many as the API gives at once. */
const MOST = 500;

export async function listCustomers(filter: CustomerFilter, sort: string, range: Range, signal?: AbortSignal) {
  const query = { ...filter, sort, ...range };
  const page: Page<Customer> = await take(api.GET('/api/v1/customers', { params: { query }, signal }));
  return page;
}

/** Every customer that matches, page by page by cursor. */
export async function allCustomers(
  filter: CustomerFilter & { parent_id?: string },
  signal?: AbortSignal,
): Promise<Customer[]> {
  const found: Customer[] = [];
  let after: string | undefined;
  do {
    const query = { ...filter, limit: MOST, after };
    const page = await take(api.GET('/api/v1/customers', { params: { query }, signal }));
    found.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return found;
}

export function showCustomer(id: string, signal?: AbortSignal): Promise<Customer> {
  return take(api.GET('/api/v1/customers/{id}', { params: { path: { id } }, signal }));
}

export function customerQuery(id: string) {
  return queryOptions({
    queryKey: ['customers', 'one', id],
    queryFn: ({ signal }) => showCustomer(id, signal),
  });
}

/** What a form begins with: nothing is fetched into it behind one's back. */
export function customerFormQuery(id: string) {
  return queryOptions({
    queryKey: ['customers', 'form', id],
    queryFn: ({ signal }) => showCustomer(id, signal),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

/** Customers found by a text: enough that the best are among them. */
export function findQuery(q: string, level?: Level) {
  return queryOptions({
    queryKey: ['customers', 'find', q, level ?? ''],
    queryFn: async ({ signal }) =>
      (await listCustomers({ q: q || undefined, level }, 'company_name', { offset: 0, limit: 50 }, signal)).items,
    staleTime: 10_000,
  });
}

/** Levels that may stand directly under each other, from the top down. The server enforces them. */
export const LEVELS_BELOW: Record<Level, Level[]> = {
  provider: ['distributor', 'sub_distributor', 'reseller'],
  distributor: ['sub_distributor', 'reseller'],
  sub_distributor: ['reseller'],
  reseller: ['end_customer'],
  end_customer: ['site'],
  site: [],
};

/** What stands directly under a customer, partners of the higher levels first. */
export function childrenQuery(parent: Pick<Customer, 'id' | 'level'>) {
  return queryOptions({
    queryKey: ['customers', 'children', parent.id],
    queryFn: async ({ signal }) => {
      const order = LEVELS_BELOW[parent.level];
      const found = await allCustomers({ parent_id: parent.id }, signal);
      return found.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
    },
  });
}

export function storageLocationsQuery() {
  return queryOptions({
    queryKey: ['storage_locations'],
    queryFn: async ({ signal }): Promise<StorageLocation[]> =>
      (await take(api.GET('/api/v1/storage_locations', { signal }))).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function createCustomer(body: CustomerCreate, key: string) {
  return take(api.POST('/api/v1/customers', { body, headers: { 'Idempotency-Key': key } }));
}

export function updateCustomer(customer: Customer, body: CustomerUpdate): Promise<Customer> {
  const params = { path: { id: customer.id }, header: ifMatch(customer.version) };
  return take(api.PATCH('/api/v1/customers/{id}', { params, headers: ifMatch(customer.version), body }));
}

export function createSite(id: string, body: SiteCreate, key: string): Promise<Customer> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/customers/{id}/sites', { params: { path: { id } }, headers, body }));
}

type Switching = {
  dry_run?: boolean;
  /** Only if nobody has changed it since this version. */
  version?: number;
};

export function suspendCustomer(id: string, body: SuspendRequest, { dry_run = false, version }: Switching = {}) {
  const params = { path: { id }, query: { dry_run } };
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/customers/{id}/suspend', { params, headers, body }));
}

export function activateCustomer(id: string, { dry_run = false, version }: Switching = {}) {
  const params = { path: { id }, query: { dry_run } };
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/customers/{id}/activate', { params, headers }));
}

export function previewDeletion(id: string) {
  return take(api.DELETE('/api/v1/customers/{id}', { params: { path: { id }, query: { dry_run: true } } }));
}

export function deleteCustomer(id: string) {
  return gone(done(api.DELETE('/api/v1/customers/{id}', { params: { path: { id } } })));
}

export function setCustomerPassword(id: string, password: string) {
  const params = { path: { id } };
  return take(api.POST('/api/v1/customers/{id}/password', { params, body: { password } }));
}
