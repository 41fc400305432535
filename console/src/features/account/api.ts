import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, take } from '../../api/client';
import type { SessionShown } from '../../api/schema';

/** Where somebody is signed in: oneself, or a person below. */
export function sessionsQuery(user?: string) {
  return queryOptions({
    queryKey: ['sessions', user ?? 'own'],
    queryFn: async ({ signal }): Promise<SessionShown[]> => {
      const answer = user
        ? api.GET('/api/v1/users/{id}/sessions', { params: { path: { id: user } }, signal })
        : api.GET('/api/v1/sessions', { signal });
      return (await take(answer)).items;
    },
  });
}

export function endSession(id: string) {
  return gone(done(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } })));
}

/** Ends all sessions but this one; returns how many those were. */
export async function endOtherSessions(key: string): Promise<number> {
  const headers = { 'Idempotency-Key': key };
  return (await take(api.POST('/api/v1/sessions/revoke_others', { headers }))).ended;
}
