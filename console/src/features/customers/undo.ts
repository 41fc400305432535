import type { QueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName, problemText } from '../../lib/words';
import { toast, type ToastAction } from '../../ui/Toasts';
import { activateCustomer, suspendCustomer } from './api';

/**
 * How a suspension or an activation is taken back: by giving the customer the state that it had `before`, unless somebody
 * has changed it since. Nothing where that is not known: who may not see why it was suspended cannot say so again.
 */
export function undoSwitch(client: QueryClient, before: Customer, version: number): ToastAction | undefined {
  const name = customerName(before);
  const { id, suspension } = before;
  if (suspension && !suspension.reason) return undefined;
  const { mode, public_message = null, reason = '' } = suspension ?? {};
  const restore = async () => {
    try {
      if (mode) await suspendCustomer(id, { mode, reason: reason ?? '', public_message }, { version });
      else await activateCustomer(id, { version });
      toast(mode ? `${name} is suspended as it was` : `${name} is active again`);
      await happened(client, mode ? 'customer.suspended' : 'customer.activated', before);
    } catch (error) {
      toast(`${name} stays as it is. ${problemText(error)}`);
    }
  };
  return { label: 'Undo', run: () => void restore() };
}
