import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { CreditAccount, CreditEntry, CreditEntryList, CreditMonth } from '../../api/schema';

/** How a customer stands with each product that is sold as credits. */
export function creditsQuery(customer: string) {
  return queryOptions({
    queryKey: ['credits', customer],
    queryFn: async ({ signal }): Promise<CreditAccount[]> => {
      const params = { path: { id: customer } };
      return (await take(api.GET('/api/v1/customers/{id}/credits', { params, signal }))).items;
    },
  });
}

/** The last twelve months of an account, the newest first. */
export function creditMonthsQuery(customer: string, product: string) {
  return queryOptions({
    queryKey: ['credits', customer, 'months', product],
    queryFn: async ({ signal }): Promise<CreditMonth[]> => {
      const params = { path: { id: customer }, query: { product_id: product } };
      const list = await take(api.GET('/api/v1/customers/{id}/credits/months', { params, signal }));
      return (list.items[0]?.months ?? []).toReversed();
    },
  });
}

/** As many as are shown of a month. */
export const ENTRIES = 200;

export function creditEntriesQuery(customer: string, product: string, month: string) {
  return queryOptions({
    queryKey: ['credits', customer, 'entries', product, month],
    queryFn: ({ signal }): Promise<CreditEntryList> => {
      const params = { path: { id: customer }, query: { product_id: product, month, limit: ENTRIES } };
      return take(api.GET('/api/v1/customers/{id}/credits/entries', { params, signal }));
    },
  });
}

type Addition = { product_id: string; units: number; note?: string };

export function addCredits(customer: string, body: Addition, key: string): Promise<CreditEntry> {
  const params = { path: { id: customer } };
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/customers/{id}/credits/entries', { params, headers, body }));
}

export function counterCredits(customer: string, entry: string, note: string, key: string): Promise<CreditEntry> {
  const params = { path: { id: customer } };
  const headers = { 'Idempotency-Key': key };
  const body = { entry_id: entry, note };
  return take(api.POST('/api/v1/customers/{id}/credits/counter', { params, headers, body }));
}
