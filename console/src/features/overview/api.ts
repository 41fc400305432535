import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';

/** Backups grow old without an event that tells it. */
const RENEWED_EVERY = 60_000;

export function overviewQuery(id: string) {
  return queryOptions({
    queryKey: ['overview', 'one', id],
    queryFn: ({ signal }) => take(api.GET('/api/v1/customers/{id}/overview', { params: { path: { id } }, signal })),
    refetchInterval: RENEWED_EVERY,
  });
}

/** The last ninety days. */
export function measurementsQuery(id: string) {
  return queryOptions({
    queryKey: ['overview', 'days', id],
    queryFn: async ({ signal }) =>
      (await take(api.GET('/api/v1/customers/{id}/measurements', { params: { path: { id } }, signal }))).items,
  });
}
