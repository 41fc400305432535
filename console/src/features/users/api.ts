import { api, done, idempotencyKey, ifMatch, take } from '../../api/client';
import type { Invitation, InvitationAccept, User, UserCreate, UserUpdate } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export type UserFilter = { under?: string | undefined; q?: string | undefined };

export async function listUsers(
  filter: UserFilter,
  sort: string,
  range: { offset: number; limit: number },
  signal?: AbortSignal,
) {
  const query = { ...filter, sort, ...range };
  const page: Page<User> = await take(api.GET('/api/v1/users', { params: { query }, signal }));
  return page;
}

export function createUser(body: UserCreate, key: string): Promise<User> {
  return take(api.POST('/api/v1/users', { headers: { 'Idempotency-Key': key }, body }));
}

export function updateUser(user: User, body: UserUpdate): Promise<User> {
  const params = { path: { id: user.id }, header: ifMatch(user.version) };
  return take(api.PATCH('/api/v1/users/{id}', { params, headers: ifMatch(user.version), body }));
}

export function deleteUser(id: string) {
  return done(api.DELETE('/api/v1/users/{id}', { params: { path: { id } } }));
}

export function inviteUser(id: string): Promise<Invitation> {
  const headers = { 'Idempotency-Key': idempotencyKey() };
  return take(api.POST('/api/v1/users/{id}/invitation', { params: { path: { id } }, headers }));
}

export function acceptInvitation(body: InvitationAccept) {
  return done(api.POST('/api/v1/invitations/accept', { body }));
}
