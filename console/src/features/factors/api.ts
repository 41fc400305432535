import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type {
  Factor,
  FactorAdded,
  Me,
  OwnFactors,
  Proof,
  RecoveryCodes,
  SecondFactor,
  TotpBegun,
  User,
} from '../../api/schema';

export function factorsQuery() {
  return queryOptions({
    queryKey: ['me', 'factors'],
    queryFn: ({ signal }): Promise<OwnFactors> => take(api.GET('/api/v1/me/factors', { signal })),
  });
}

/** The second half of a sign-in. */
export function finishSignIn(body: SecondFactor): Promise<Me> {
  return take(api.POST('/api/v1/sessions/second_factor', { body }));
}

export function beginTotp(): Promise<TotpBegun> {
  return take(api.POST('/api/v1/me/factors/totp'));
}

export function confirmTotp(code: string): Promise<FactorAdded> {
  return take(api.POST('/api/v1/me/factors/totp/confirm', { body: { code } }));
}

export async function passkeyOptions(): Promise<unknown> {
  return (await take(api.POST('/api/v1/me/factors/passkeys/challenge'))).options;
}

export function addPasskey(name: string, credential: unknown): Promise<FactorAdded> {
  return take(api.POST('/api/v1/me/factors/passkeys', { body: { name, credential } }));
}

export function renameFactor(factor: Factor, name: string): Promise<Factor> {
  const params = { path: { id: factor.id }, header: ifMatch(factor.version) };
  return take(api.PATCH('/api/v1/me/factors/{id}', { params, headers: ifMatch(factor.version), body: { name } }));
}

export function removeFactor(id: string) {
  return gone(done(api.DELETE('/api/v1/me/factors/{id}', { params: { path: { id } } })));
}

export function renewCodes(): Promise<RecoveryCodes> {
  return take(api.POST('/api/v1/me/recovery_codes'));
}

export async function proofOptions(): Promise<unknown> {
  return (await take(api.POST('/api/v1/me/proof/challenge'))).options;
}

export function prove(body: Proof) {
  return done(api.POST('/api/v1/me/proof', { body }));
}

export function resetFactors(user: string): Promise<User> {
  return take(api.POST('/api/v1/users/{id}/factors/reset', { params: { path: { id: user } } }));
}

/** The same of a customer's own account. */
export function resetFactorsOfCustomer(id: string) {
  return done(api.POST('/api/v1/customers/{id}/factors/reset', { params: { path: { id } } }));
}
