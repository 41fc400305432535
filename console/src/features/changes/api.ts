import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Change } from '../../api/schema';

type ChangePage = { items: Change[]; next?: string | null; total: number };

/** What was done to a customer and below it, the newest first. */
export function changesQuery(customer: string) {
  return infiniteQueryOptions({
    queryKey: ['changes', customer],
    queryFn: ({ pageParam, signal }): Promise<ChangePage> => {
      const params = { path: { id: customer }, query: { limit: 100, after: pageParam } };
      return take(api.GET('/api/v1/customers/{id}/changes', { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}
