import { queryOptions } from '@tanstack/react-query';
import { api, ifMatch, take } from '../../api/client';
import type {
  AccountDetails,
  Customer,
  CustomerCreate,
  CustomerMove,
  CustomerUpdate,
  Level,
  SiteCreate,
  StorageLocation,
  StorageMigration,
  SuspendRequest,
  WebAccessSet,
} from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

/** What narrows a list, as it stands in the URL of the page and in that of the API. */
export type CustomerFilter = {
  under?: string | undefined;
  q?: string | undefined;
  level?: Level | undefined;
  filter?: string | undefined;
  /** A row for each site. */
  rows?: 'site' | undefined;
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
  const query = { ...filter, sort: sort || undefined, ...range };
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

/** What a customer was at the end of a day. */
export function customerThenQuery(id: string, as_of: string) {
  return queryOptions({
    queryKey: ['customers', 'then', id, as_of],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { as_of } };
      return (await take(api.GET('/api/v1/customers/{id}', { params, signal }))).then ?? null;
    },
    retry: false,
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

/** So many are looked at: enough that the best are among them. */
const FOUND = 50;

/** Customers found by a text, those whose name begins with it first. */
export async function findCustomers(q: string, signal?: AbortSignal): Promise<Customer[]> {
  return (await listCustomers({ q }, '', { offset: 0, limit: FOUND }, signal)).items;
}

export function findQuery(q: string) {
  return queryOptions({
    queryKey: ['customers', 'find', q],
    queryFn: ({ signal }) => findCustomers(q, signal),
    staleTime: 10_000,
  });
}

/** The same for a tree, with what stands above those that were found, up to `root`. */
export function findInTreeQuery(q: string, root: string) {
  return queryOptions({
    queryKey: ['customers', 'tree', q],
    queryFn: async ({ signal }) => {
      const found = await findCustomers(q, signal);
      const known = new Set(found.map(({ id }) => id));
      const missing = new Set(found.flatMap((customer) => above(customer, root)).filter((id) => !known.has(id)));
      return { found, above: missing.size > 0 ? await customersOf([...missing], signal) : [] };
    },
    staleTime: 10_000,
  });
}

/** What stands above a customer, from the outside in; nothing above `root`. */
export function above({ path }: Pick<Customer, 'path'>, root: string): string[] {
  const ids = path.split('/').filter(Boolean).slice(0, -1);
  return ids.slice(Math.max(0, ids.indexOf(root)));
}

/** Those of these that are there and may be seen, in no order. */
export async function customersOf(ids: string[], signal?: AbortSignal): Promise<Customer[]> {
  const some = ids.slice(0, MOST);
  const query = { ids: some.join(','), limit: MOST };
  return (await take(api.GET('/api/v1/customers', { params: { query }, signal }))).items;
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

export function migrateStorage(id: string, body: StorageMigration, version?: number) {
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/customers/{id}/storage_location', { params: { path: { id } }, headers, body }));
}

export function moveCustomer(id: string, body: CustomerMove, { dry_run = false, version }: Switching = {}) {
  const params = { path: { id }, query: { dry_run } };
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/customers/{id}/move', { params, headers, body }));
}

export function previewDeletion(id: string) {
  return take(api.DELETE('/api/v1/customers/{id}', { params: { path: { id }, query: { dry_run: true } } }));
}

export function deleteCustomer(id: string, remove_products: boolean) {
  return take(api.DELETE('/api/v1/customers/{id}', { params: { path: { id }, query: { remove_products } } }));
}

export function restoreCustomer(
  id: string,
  { version, without_taken_usernames }: { version?: number; without_taken_usernames?: boolean } = {},
) {
  const headers = version === undefined ? {} : ifMatch(version);
  const params = { path: { id }, query: { without_taken_usernames } };
  return take(api.POST('/api/v1/customers/{id}/restore', { params, headers }));
}

export function endTrial(id: string) {
  return take(api.POST('/api/v1/customers/{id}/end_trial', { params: { path: { id } } }));
}

export function setWebAccess(id: string, body: WebAccessSet, version?: number): Promise<Customer> {
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.PUT('/api/v1/customers/{id}/web_access', { params: { path: { id } }, headers, body }));
}

export function setCustomerPassword(id: string, password: string) {
  const params = { path: { id } };
  return take(api.POST('/api/v1/customers/{id}/password', { params, body: { password } }));
}

/** What a customer has to know to begin, as it would be sent now. */
export function accountDetailsQuery(id: string) {
  return queryOptions({
    queryKey: ['preview', 'account_details', id],
    queryFn: ({ signal }): Promise<AccountDetails> =>
      take(api.GET('/api/v1/customers/{id}/account_details', { params: { path: { id } }, signal })),
    gcTime: 0,
  });
}

export function sendAccountDetails(id: string, key: string): Promise<AccountDetails> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/customers/{id}/account_details/send', { params: { path: { id } }, headers }));
}
