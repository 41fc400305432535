import { queryOptions } from '@tanstack/react-query';
import type { Customer, Level } from '../../api/schema';
import { refusalOf } from '../../lib/words';
import { listCustomers, showCustomer } from './api';

/** Levels that have customers below them; those of an end customer are its sites. */
const PARENT_LEVELS: Level[] = ['provider', 'distributor', 'sub_distributor', 'reseller'];
const SHOWN = 12;

/** Customers found by a text that may have customers below them. */
export function parentsQuery(q: string) {
  return queryOptions({
    queryKey: ['customers', 'parents', q],
    queryFn: async ({ signal }) => {
      const range = { offset: 0, limit: SHOWN };
      const lists = await Promise.all(
        PARENT_LEVELS.map((level) => listCustomers({ q: q || undefined, level }, 'company_name', range, signal)),
      );
      return lists.flatMap(({ items }) => items).filter((customer) => !refusalOf(customer, 'add_customer'));
    },
    staleTime: 10_000,
  });
}

/** The customer itself or the nearest above it that may have a new customer; `null` if none may. */
export function nearestParentQuery(id: string) {
  return queryOptions({
    queryKey: ['customers', 'nearest_parent', id],
    queryFn: async ({ signal }): Promise<Customer | null> => {
      let customer = await showCustomer(id, signal);
      while (refusalOf(customer, 'add_customer')) {
        if (!customer.parent_id) return null;
        customer = await showCustomer(customer.parent_id, signal);
      }
      return customer;
    },
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
}
