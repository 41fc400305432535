import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Change } from '../../api/schema';

type ChangePage = { items: Change[]; next?: string | null; total: number };

/** Of people who come and go there is more than of everything else together. */
const WITHOUT_SIGN_INS = 'not action in ("session.created", "session.deleted", "session.revoked")';

/** What was done to a customer and below it, the newest first. */
export function changesQuery(customer: string, withSignIns: boolean) {
  return infiniteQueryOptions({
    queryKey: ['changes', customer, withSignIns],
    queryFn: ({ pageParam, signal }): Promise<ChangePage> => {
      const filter = withSignIns ? undefined : WITHOUT_SIGN_INS;
      const params = { path: { id: customer }, query: { limit: 100, after: pageParam, filter } };
      return take(api.GET('/api/v1/customers/{id}/changes', { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Who comes and goes is told apart. */
const NO_SESSIONS = 'not action in (session.created, session.deleted, session.revoked)';

/** The last that was done at a customer and below it. */
export function latestChangesQuery(customer: string, limit: number) {
  return queryOptions({
    queryKey: ['changes', customer, 'latest', limit],
    queryFn: async ({ signal }) => {
      const params = { path: { id: customer }, query: { limit, filter: NO_SESSIONS } };
      return (await take(api.GET('/api/v1/customers/{id}/changes', { params, signal }))).items;
    },
  });
}

/** Where all of it is as a file, for spreadsheets. */
export function exportOf(customer: string, withSessions: boolean): string {
  const query = new URLSearchParams({ format: 'csv', bom: 'true' });
  if (!withSessions) query.set('filter', NO_SESSIONS);
  return `/api/v1/customers/${customer}/changes/export?${query}`;
}
