import { queryOptions } from '@tanstack/react-query';
import { api, done, take } from '../../api/client';
import type { Me, OwnPassword, SetupRequest, SetupStatus, SignIn } from '../../api/schema';

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

export function signIn(body: SignIn) {
  return done(api.POST('/api/v1/sessions', { body }));
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
