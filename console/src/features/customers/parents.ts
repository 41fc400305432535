import { queryOptions } from '@tanstack/react-query';
import type { Customer, Level } from '../../api/schema';
import { customerName, LEVEL, refusalOf } from '../../lib/words';
import type { Choice } from '../../ui/pick/match';
import type { Found, Search } from '../../ui/pick/source';
import { customerQuery, listCustomers, showCustomer } from './api';

/** Levels that have customers below them; those of an end customer are its sites. */
const PARENT_LEVELS: Level[] = ['provider', 'distributor', 'sub_distributor', 'reseller'];
/** Of each level; and where more have the text in them, so that the very name is among them. */
const FETCHED = 40;
const MANY = 500;

/** Customers found by a text that may have customers below them. */
export function parentSearch(q: string): Search {
  return {
    queryKey: ['customers', 'parents', q],
    queryFn: async ({ signal, client }): Promise<Found> => {
      const of = (level: Level, limit: number) =>
        listCustomers({ q: q || undefined, level }, 'company_name', { offset: 0, limit }, signal);
      const lists = await Promise.all(
        PARENT_LEVELS.map(async (level) => {
          const first = await of(level, FETCHED);
          return q && first.total > FETCHED ? of(level, MANY) : first;
        }),
      );
      const found = lists.flatMap(({ items }) => items);
      // Whoever chooses one has it at once: what can stand below it depends on its level. What a row leaves out follows.
      for (const customer of found) {
        const { queryKey } = customerQuery(customer.id);
        if (!client.getQueryData(queryKey)) client.setQueryData(queryKey, customer, { updatedAt: 1 });
      }
      return {
        choices: found.map(parentChoice),
        more: lists.some(({ items, total }) => total > items.length),
      };
    },
    staleTime: 10_000,
  };
}

export function parentChoice(customer: Customer): Choice {
  const refusal = refusalOf(customer, 'add_customer');
  const detail = [LEVEL[customer.level], customer.parent_name].filter(Boolean).join(', ');
  return { id: customer.id, name: customerName(customer), detail, ...(refusal && { refusal }) };
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
