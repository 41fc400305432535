import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { AllotmentChange, AllotmentList } from '../../api/schema';

/** As many rows as are shown at once. */
export const ROWS = 100;

/** A part of a subtree from the top down. */
export function allotmentsQuery(customer: string, offset: number) {
  return queryOptions({
    queryKey: ['allotments', customer, offset],
    queryFn: ({ signal }): Promise<AllotmentList> => {
      const params = { path: { id: customer }, query: { offset, limit: ROWS } };
      return take(api.GET('/api/v1/customers/{id}/allotments', { params, signal }));
    },
    placeholderData: keepPreviousData,
  });
}

export async function setAllotments(changes: AllotmentChange[], key: string): Promise<void> {
  const headers = { 'Idempotency-Key': key };
  await take(api.POST('/api/v1/allotments', { headers, body: { changes } }));
}
