import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { count } from '../../lib/format';
import { customerName, LEVEL, problemText } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { deleteCustomer, previewDeletion } from './api';

/** Deletes a customer that has nothing below it. It cannot be undone, so its name has to be typed. */
export function DeleteDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const go = useNavigate();
  const name = customerName(customer);
  const noun = LEVEL[customer.level].toLowerCase();
  const preview = useQuery({
    queryKey: ['preview', 'delete', customer.id],
    queryFn: () => previewDeletion(customer.id),
    gcTime: 0,
  });
  const form = useForm({
    initial: { confirmation: '' },
    check: ({ confirmation }): Problems =>
      confirmation?.trim() === name ? {} : { confirmation: `Type ${name} exactly as it is written here.` },
    send: async () => {
      await deleteCustomer(customer.id);
      onClose();
      toast(`${name} deleted`);
      if (customer.parent_id) {
        const params = { id: customer.parent_id };
        await go({ to: '/customers/$id', params, search: { under: undefined }, ignoreBlocker: true });
      } else {
        await go({ to: '/customers', search: { under: undefined }, ignoreBlocker: true });
      }
      client.removeQueries({ queryKey: ['customers', 'one', customer.id] });
      await happened(client, 'customer.deleted', customer);
    },
  });
  const blockers = preview.data?.blockers ?? [];
  const possible = preview.data !== undefined && blockers.length === 0;
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose} form={form} firm>
      <FormView form={form} label={`Delete ${name}`} className="dialog-form">
        <DialogBody busy={preview.isFetching}>
          <FormSummary />
          {preview.isPending && <Skeletons lines={2} />}
          {preview.error && <Notice tone="danger">{problemText(preview.error)}</Notice>}
          {blockers.map((blocker) => (
            <Notice key={blocker.code} tone="warning">
              {blocker.detail}
            </Notice>
          ))}
          {possible && (
            <>
              <ul className="consequences">
                <Line
                  n={preview.data.users}
                  one="account that can no longer sign in"
                  many="accounts that can no longer sign in"
                />
                <Line n={preview.data.pass_keys} one="pass key that stops working" many="pass keys that stop working" />
                <li>
                  <b>1</b>
                  <span>{noun} that is gone for good; no backups are lost, since it has none</span>
                </li>
              </ul>
              <TextField
                name="confirmation"
                label={`This cannot be undone. Type ${name} to confirm.`}
                spellCheck={false}
                autoFocus
              />
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>{possible || preview.isPending ? 'Cancel' : 'Close'}</Button>
          {possible && (
            <Button kind="danger" type="submit" isPending={form.busy}>
              Delete {name}
            </Button>
          )}
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function Line({ n, one, many }: { n: number; one: string; many: string }) {
  if (n === 0) return null;
  return (
    <li>
      <b>{count(n)}</b>
      <span>{n === 1 ? one : many}</span>
    </li>
  );
}
