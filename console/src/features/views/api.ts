import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type { View, ViewCreate, ViewNoun, ViewSettings, ViewUpdate } from '../../api/schema';

/** The views of a list: one's own and those that are shared. */
export function viewsQuery(noun: ViewNoun) {
  return queryOptions({
    queryKey: ['views', noun],
    queryFn: async ({ signal }): Promise<View[]> => {
      const { items } = await take(api.GET('/api/v1/views', { params: { query: { noun } }, signal }));
      // What asks for what isn't the reader's to see has nothing to show.
      return items.filter(({ filter_problem, content }) => !filter_problem || content.filter);
    },
    staleTime: 60_000,
  });
}

export function createView(body: ViewCreate, key: string): Promise<View> {
  return take(api.POST('/api/v1/views', { body, headers: { 'Idempotency-Key': key } }));
}

export function updateView(view: View, body: ViewUpdate): Promise<View> {
  const params = { path: { id: view.id }, header: ifMatch(view.version) };
  return take(api.PATCH('/api/v1/views/{id}', { params, headers: ifMatch(view.version), body }));
}

export function deleteView(id: string) {
  return gone(done(api.DELETE('/api/v1/views/{id}', { params: { path: { id } } })));
}

/** Brings back what was deleted here a moment ago. */
export function restoreView(id: string): Promise<View> {
  return take(api.POST('/api/v1/views/{id}/restore', { params: { path: { id } } }));
}

export function setDefaultView(id: string, is_default: boolean): Promise<View> {
  return take(api.POST('/api/v1/views/{id}/default', { params: { path: { id } }, body: { is_default } }));
}

export function setViewSettings(body: ViewSettings): Promise<ViewSettings> {
  return take(api.PUT('/api/v1/me/view_settings', { body }));
}
