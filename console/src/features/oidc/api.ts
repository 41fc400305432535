import { queryOptions } from '@tanstack/react-query';
import { api, done, ifMatch, take } from '../../api/client';
import type { ForeignSignIn, HalfSignIn, Me, SignInProvider, SignInProviderSet } from '../../api/schema';

export function signInProviderQuery(customer: string) {
  return queryOptions({
    queryKey: ['sign_in_provider', 'form', customer],
    queryFn: ({ signal }): Promise<SignInProvider> =>
      take(api.GET('/api/v1/customers/{id}/sign_in_provider', { params: { path: { id: customer } }, signal })),
  });
}

export function setSignInProvider(before: SignInProvider, body: SignInProviderSet): Promise<SignInProvider> {
  const params = { path: { id: before.customer_id } };
  return take(api.PUT('/api/v1/customers/{id}/sign_in_provider', { params, headers: ifMatch(before.version), body }));
}

export function removeSignInProvider({ customer_id, version }: SignInProvider) {
  const params = { path: { id: customer_id } };
  return done(api.DELETE('/api/v1/customers/{id}/sign_in_provider', { params, headers: ifMatch(version) }));
}

/** Where to go to be signed in. */
export async function beginForeignSignIn(provider_id: string): Promise<string> {
  return (await take(api.POST('/api/v1/sessions/foreign/begin', { body: { provider_id } }))).url;
}

/** Signs in by what was brought back. Gives back what is left to do, where a second factor is asked for. */
export async function finishForeignSignIn(body: ForeignSignIn): Promise<HalfSignIn | undefined> {
  const answer: Me | HalfSignIn = await take(api.POST('/api/v1/sessions/foreign', { body }));
  return 'next' in answer ? answer : undefined;
}
