import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Customer, Device } from '../../api/schema';

/** While something runs. */
const LOOK_AGAIN = 3000;
/** What happens further down is told to nobody who looks from above. */
const RENEWED_EVERY = 30_000;

/** What a device is about, and its last jobs. It is renewed with its history. */
export function deviceJobsQuery({ id, path }: Pick<Device, 'id' | 'path'>) {
  return queryOptions({
    queryKey: ['history', id, path, 'jobs'],
    queryFn: async ({ signal }) => {
      const { items } = await take(api.GET('/api/v1/devices/{id}/jobs', { params: { path: { id } }, signal }));
      return items;
    },
    refetchInterval: ({ state }) => (state.data?.some((job) => job.state === 'running') ? LOOK_AGAIN : false),
  });
}

/** The last jobs of all devices of a customer. */
export function latestJobsQuery({ id, path }: Pick<Customer, 'id' | 'path'>, limit: number) {
  return queryOptions({
    queryKey: ['history', id, path, 'jobs', limit],
    queryFn: async ({ signal }) => {
      const query = { under: id, sort: '-started_at', limit };
      const { items } = await take(api.GET('/api/v1/jobs', { params: { query }, signal }));
      return items;
    },
    refetchInterval: RENEWED_EVERY,
  });
}
