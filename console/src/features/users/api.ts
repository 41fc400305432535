import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type { Invitation, InvitationAccept, User, UserCreate, UserUpdate } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export type UserFilter = {
  under?: string | undefined;
  q?: string | undefined;
  filter?: string | undefined;
};

export async function listUsers(
  filter: UserFilter,
  sort: string,
  range: { offset: number; limit: number },
  signal?: AbortSignal,
) {
  const query = { ...filter, sort: sort || undefined, ...range };
  const page: Page<User> = await take(api.GET('/api/v1/users', { params: { query }, signal }));
  return page;
}

/** Some people found by a text. */
export function findUsersQuery(q: string) {
  return queryOptions({
    queryKey: ['users', 'find', q],
    queryFn: async ({ signal }) => (await listUsers({ q }, '', { offset: 0, limit: 5 }, signal)).items,
    staleTime: 10_000,
  });
}

/** How many people have an account at a customer and below it. */
export function peopleCountQuery(under: string) {
  return queryOptions({
    queryKey: ['users', 'count', under],
    queryFn: async ({ signal }) => (await listUsers({ under }, 'name', { offset: 0, limit: 1 }, signal)).total,
  });
}

/** Some of the people of a customer, and how many there are. */
export function fewUsersQuery(under: string, limit: number) {
  return queryOptions({
    queryKey: ['users', 'few', under, limit],
    queryFn: ({ signal }) => listUsers({ under }, 'name', { offset: 0, limit }, signal),
  });
}

export function createUser(body: UserCreate, key: string): Promise<User> {
  return take(api.POST('/api/v1/users', { headers: { 'Idempotency-Key': key }, body }));
}

export function userQuery(id: string) {
  return queryOptions({ queryKey: ['users', 'one', id], queryFn: () => showUser(id) });
}

export function showUser(id: string): Promise<User> {
  return take(api.GET('/api/v1/users/{id}', { params: { path: { id } } }));
}

export function updateUser(user: User, body: UserUpdate): Promise<User> {
  const params = { path: { id: user.id }, header: ifMatch(user.version) };
  return take(api.PATCH('/api/v1/users/{id}', { params, headers: ifMatch(user.version), body }));
}

export function deleteUser(id: string) {
  return gone(done(api.DELETE('/api/v1/users/{id}', { params: { path: { id } } })));
}

export function inviteUser(id: string, byMail: boolean, key: string): Promise<Invitation> {
  const headers = { 'Idempotency-Key': key };
  const body = { by_mail: byMail };
  return take(api.POST('/api/v1/users/{id}/invitation', { params: { path: { id } }, headers, body }));
}

export function acceptInvitation(body: InvitationAccept, key: string) {
  return done(api.POST('/api/v1/invitations/accept', { headers: { 'Idempotency-Key': key }, body }));
}
