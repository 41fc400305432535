import type { QueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName } from '../../lib/words';
import type { ToastAction } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { activateCustomer, customerQuery, moveCustomer, restoreCustomer, suspendCustomer, updateCustomer } from './api';
import { takesBack, updateOf, valuesOf } from './edit';

/**
 * How a suspension or an activation is taken back: by giving the customer the state that it had `before`, unless somebody
 * has changed it since. Nothing where that is not known: who may not see why it was suspended cannot say so again.
 */
export function undoSwitch(client: QueryClient, before: Customer, version: number): ToastAction | undefined {
  const name = customerName(before);
  const { id, suspension } = before;
  if (suspension && !suspension.reason) return undefined;
  const { mode, public_message = null, reason = '' } = suspension ?? {};
  return undo({
    name,
    restore: () =>
      mode
        ? suspendCustomer(id, { mode, reason: reason ?? '', public_message }, { version })
        : activateCustomer(id, { version }),
    said: mode ? `${name} is suspended as it was` : `${name} is active again`,
    renew: () => happened(client, mode ? 'customer.suspended' : 'customer.activated', before),
  });
}

/** How an edit is taken back. Nothing where it said what is said only once: a username, the first country. */
export function undoEdit(client: QueryClient, before: Customer, now: Customer): ToastAction | undefined {
  const update = updateOf(valuesOf(before), valuesOf(now), undefined);
  if (!takesBack(before, now) || Object.keys(update).length === 0) return undefined;
  return undo({
    name: customerName(now),
    restore: async () => {
      const restored = await updateCustomer(now, update);
      client.setQueryData(customerQuery(now.id).queryKey, restored);
    },
    said: `${customerName(before)} is as it was`,
    renew: () => happened(client, 'customer.updated', now),
  });
}

/** How a customer comes back to where it stood. Nothing where its mover may not see that place. */
export function undoMove(client: QueryClient, before: Customer, now: Customer): ToastAction | undefined {
  const { id, parent_id, parent_name } = before;
  const name = customerName(before);
  if (!parent_id) return undefined;
  return undo({
    name,
    restore: () => moveCustomer(id, { parent_id }, { version: now.version }),
    said: `${name} is back under ${parent_name ?? 'its former place'}`,
    renew: () => happened(client, 'customer.moved', now, before),
  });
}

/** How a deletion is called off. */
export function undoDeletion(client: QueryClient, before: Customer, version: number): ToastAction {
  const name = customerName(before);
  return undo({
    name,
    restore: () => restoreCustomer(before.id, { version }),
    said: `${name} is back as it was`,
    renew: () => happened(client, 'customer.restored', before),
  });
}
