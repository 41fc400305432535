import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Event, EventAcknowledge, EventResolve } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export type EventFilter = {
  under?: string | undefined;
  filter?: string | undefined;
};

/** What the list opens with. */
export const OPEN = 'state == open';

export async function listEvents(
  filter: EventFilter,
  sort: string,
  range: { offset: number; limit: number },
  signal?: AbortSignal,
) {
  const query = { ...filter, sort, ...range };
  const page: Page<Event> = await take(api.GET('/api/v1/events', { params: { query }, signal }));
  return page;
}

/** What is not over at a device, or at a customer and below it: the worst first. */
export function unresolvedQuery(of: { device: string } | { customer: string }, most: number) {
  const unresolved = 'state in (open, acknowledged)';
  const filter =
    'device' in of
      ? { filter: `device_id == "${of.device}" and ${unresolved}` }
      : { under: of.customer, filter: unresolved };
  return queryOptions({
    queryKey: ['events', 'few', filter, most],
    queryFn: ({ signal }) => listEvents(filter, '-severity', { offset: 0, limit: most }, signal),
  });
}

export function acknowledgeEvent(id: string, body: EventAcknowledge): Promise<Event> {
  return take(api.POST('/api/v1/events/{id}/acknowledge', { params: { path: { id } }, body }));
}

export function resolveEvent(id: string, body: EventResolve): Promise<Event> {
  return take(api.POST('/api/v1/events/{id}/resolve', { params: { path: { id } }, body }));
}
