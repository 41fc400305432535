import { queryOptions } from '@tanstack/react-query';
import type { Customer, Level } from '../../api/schema';
import { customerName, LEVEL, refusalOf } from '../../lib/words';
import { fold, hasWords, type Choice } from '../../ui/pick/match';
import type { Found, Search } from '../../ui/pick/source';
import { customerQuery, listCustomers, showCustomer } from './api';

/** Levels that have customers below them; those of an end customer are its sites. */
const PARENT_LEVELS: Level[] = ['provider', 'distributor', 'sub_distributor', 'reseller'];
/** Of each level: as many as the API gives at once. */
const MOST = 500;

/** Customers found by a text that may have customers below them. */
export function parentSearch(q: string, levels: Level[] = PARENT_LEVELS, choice = parentChoice): Search {
  return {
    queryKey: ['customers', 'parents', q, levels],
    queryFn: async ({ signal, client }): Promise<Found> => {
      const lists = await Promise.all(
        levels.map(async (level) => {
          const all = await client.fetchQuery(partnersQuery(level));
          if (all.total <= all.items.length) return { items: named(all.items, q), more: false };
          if (!q) return { items: all.items, more: true };
          // In no order of its own a search begins with those whose name begins with the text.
          const some = await listCustomers({ q, level }, '', { offset: 0, limit: MOST }, signal);
          return { items: unique([...some.items, ...named(all.items, q)]), more: some.total > some.items.length };
        }),
      );
      const found = lists.flatMap(({ items }) => items);
      // Whoever chooses one has it at once: what can stand below it depends on its level. What a row leaves out follows.
      for (const customer of found) {
        const { queryKey } = customerQuery(customer.id);
        if (!client.getQueryData(queryKey)) client.setQueryData(queryKey, customer, { updatedAt: 1 });
      }
      return {
        choices: found.map(choice),
        more: lists.some(({ more }) => more),
      };
    },
    staleTime: 10_000,
  };
}

const ORDER = 'company_name';

/** The partners of a level, or the first of them: mostly they are few enough to be looked through here. */
function partnersQuery(level: Level) {
  return queryOptions({
    queryKey: ['customers', 'parents', 'of', level],
    queryFn: ({ signal }) => listCustomers({ level }, ORDER, { offset: 0, limit: MOST }, signal),
    staleTime: 60_000,
  });
}

/** Those that have the text in them, whatever its accents are: `muhlenhof` is Mühlenhof. */
function named(customers: Customer[], q: string): Customer[] {
  const wanted = fold(q);
  return customers.filter((customer) =>
    hasWords(wanted, [customerName(customer), customer.email, customer.profile.reference]),
  );
}

function unique(customers: Customer[]): Customer[] {
  return [...new Map(customers.map((customer) => [customer.id, customer])).values()];
}

export function parentChoice(customer: Customer): Choice {
  const refusal = refusalOf(customer, 'add_customer');
  const detail = [LEVEL[customer.level], customer.parent_name].filter(Boolean).join(', ');
  return { id: customer.id, name: customerName(customer), detail, ...(refusal && { refusal }) };
}

/** Customers and sites found by a text under which devices stand. */
export function homeSearch(q: string): Search {
  return parentSearch(q, ['end_customer', 'site'], homeChoice);
}

function homeChoice(customer: Customer): Choice {
  const isStopped = customer.effective_state.state === 'suspended';
  return {
    id: customer.id,
    name: customerName(customer),
    detail: [LEVEL[customer.level], customer.parent_name].filter(Boolean).join(', '),
    ...(isStopped && { refusal: 'Nothing can be added there while it is suspended.' }),
  };
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
