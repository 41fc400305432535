import type { QueryClient } from '@tanstack/react-query';
import type { User } from '../../api/schema';
import type { ToastAction } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { updateUser } from './api';

/** Whoever shows people, what they may and where they are signed in. */
export async function renewPeople(client: QueryClient): Promise<void> {
  const nouns = new Set(['users', 'me', 'sessions', 'tokens']);
  await client.invalidateQueries({ predicate: ({ queryKey }) => nouns.has(String(queryKey[0])) });
}

/** How an edit of a person is taken back. Nothing where one's own address changed: that asks for one's password again. */
export function undoEdit(client: QueryClient, before: User, now: User, me: string): ToastAction | undefined {
  const { name, email, role, is_key_officer } = before;
  if (before.version === now.version || (now.id === me && email !== now.email)) return undefined;
  return undo({
    name: now.name,
    restore: () =>
      updateUser(now, {
        ...(name !== now.name && { name }),
        ...(email !== now.email && { email }),
        ...(role !== now.role && { role }),
        ...(is_key_officer !== now.is_key_officer && { is_key_officer }),
      }),
    said: `${name} is as before`,
    renew: () => renewPeople(client),
  });
}

/** How somebody who was let in again, or no more, is treated as before. */
export function undoSwitch(client: QueryClient, now: User): ToastAction {
  const { name, is_active } = now;
  return undo({
    name,
    restore: () => updateUser(now, { is_active: !is_active }),
    said: is_active ? `${name} cannot sign in` : `${name} can sign in again`,
    renew: () => renewPeople(client),
  });
}
