import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { RemovedCustomer } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export type RemovedFilter = {
  under?: string | undefined;
  q?: string | undefined;
  filter?: string | undefined;
};

/** Customers below one that are gone. */
export async function listRemoved(
  filter: RemovedFilter,
  sort: string,
  range: { offset: number; limit: number },
  signal?: AbortSignal,
) {
  const query = { ...filter, sort, ...range };
  const page: Page<RemovedCustomer> = await take(api.GET('/api/v1/removed_customers', { params: { query }, signal }));
  return page;
}

export function removedThenQuery(id: string, as_of: string) {
  return queryOptions({
    queryKey: ['removed_customers', 'then', id, as_of],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { as_of } };
      return (await take(api.GET('/api/v1/removed_customers/{id}', { params, signal }))).then ?? null;
    },
    retry: false,
  });
}
