import { queryOptions } from '@tanstack/react-query';
import { api, done, take } from '../../api/client';
import type { HalfSignIn, Me, OwnPassword, SetupRequest, SetupStatus, SignIn } from '../../api/schema';

export function meQuery() {
  return queryOptions({
    queryKey: ['me'],
    queryFn: ({ signal }): Promise<Me> => take(api.GET('/api/v1/me', { signal })),
    staleTime: 60_000,
    retry: false,
  });
}

export function setupQuery() {
  return queryOptions({
    queryKey: ['setup'],
    queryFn: ({ signal }): Promise<SetupStatus> => take(api.GET('/api/v1/setup', { signal })),
    staleTime: 0,
  });
}

/** Signs in. Gives back what is left to do, where a second factor is asked for. */
export async function signIn(body: SignIn): Promise<HalfSignIn | undefined> {
  const answer: Me | HalfSignIn = await take(api.POST('/api/v1/sessions', { body }));
  return 'next' in answer ? answer : undefined;
}

export function signOut() {
  return done(api.DELETE('/api/v1/sessions/current'));
}

export function setUp(body: SetupRequest, key: string) {
  return done(api.POST('/api/v1/setup', { headers: { 'Idempotency-Key': key }, body }));
}

export function setOwnPassword(body: OwnPassword) {
  return done(api.POST('/api/v1/me/password', { body }));
}
