import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Field, Level, ListCounts } from '../../api/schema';
import { both } from './both';
import type { Noun } from './words';

/** What narrows a list beside its filter; a page may have a condition of its own. */
export type Narrowing = {
  under?: string | undefined;
  q?: string | undefined;
  level?: Level | undefined;
  filter?: string | undefined;
};

/** By what a list can be filtered. It only changes with the server, and with who asks. */
export function fieldsQuery(noun: Noun) {
  return queryOptions({
    queryKey: ['fields'],
    queryFn: async ({ signal }) => (await take(api.GET('/api/v1/fields', { signal }))).items,
    select: (items): Field[] => items.find((list) => list.noun === noun)?.fields ?? [],
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** How many rows have which value in each of these fields. */
export function countsQuery(noun: Noun, narrowing: Narrowing, filter: string, by: string[]) {
  const { level, ...rest } = narrowing;
  const query = { ...rest, filter: both(filter, narrowing.filter), by: by.join(',') };
  return queryOptions({
    queryKey: [noun, 'counts', { ...query, level }],
    queryFn: ({ signal }): Promise<ListCounts> => {
      switch (noun) {
        case 'customers':
          return take(api.GET('/api/v1/customers/counts', { params: { query: { ...query, level } }, signal }));
        case 'removed_customers':
          return take(api.GET('/api/v1/removed_customers/counts', { params: { query: { ...query, level } }, signal }));
        case 'devices':
          return take(api.GET('/api/v1/devices/counts', { params: { query }, signal }));
        case 'users':
          return take(api.GET('/api/v1/users/counts', { params: { query }, signal }));
        case 'events':
          return take(api.GET('/api/v1/events/counts', { params: { query }, signal }));
        case 'licences':
          return take(api.GET('/api/v1/licences/counts', { params: { query }, signal }));
        case 'pass_keys':
          return take(api.GET('/api/v1/pass_keys/counts', { params: { query }, signal }));
      }
    },
  });
}
