import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Customer, CustomerDeletion } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { bytes, day } from '../../lib/format';
import { customerName, problemText } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Consequences, type Consequence } from '../../ui/Consequences';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { customerQuery, deleteCustomer, previewDeletion } from './api';
import { undoDeletion } from './undo';

/** What a consent helps against: devices with their backups, and customers below. */
const CONSENTS = new Set(['products_attached', 'customer_not_empty']);

/** Deletes a customer with all that stands below it. It can be taken back for a while; what then is gone is gone for good. */
export function DeleteDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const name = customerName(customer);
  const preview = useQuery({
    queryKey: ['preview', 'delete', customer.id],
    queryFn: () => previewDeletion(customer.id),
    gcTime: 0,
  });
  const all = preview.data?.blockers ?? [];
  const blockers = all.filter(({ code }) => !CONSENTS.has(code));
  const asks = all.length > blockers.length;
  const form = useForm({
    initial: { confirmation: '', remove_products: '' },
    check: ({ confirmation, remove_products }): Problems => ({
      ...(asks && !remove_products && { remove_products: 'Say that this goes too.' }),
      ...(confirmation?.trim() !== name && { confirmation: `Type ${name} exactly as it is written here.` }),
    }),
    send: async ({ remove_products }) => {
      const deleted = await deleteCustomer(customer.id, Boolean(remove_products));
      onClose();
      client.setQueryData(customerQuery(customer.id).queryKey, deleted);
      toast(
        `${name} deleted. Until ${day(deleted.due_at)} it can be restored.`,
        undoDeletion(client, customer, deleted.version),
      );
      await happened(client, 'customer.deletion_scheduled', customer);
    },
  });
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
              <Consequences list={goesWith(preview.data)} none="Nothing stands below it." />
              {preview.data.goes.appliances.length > 0 && (
                <Notice tone="warning">{`${appliancesText(preview.data.goes.appliances)} to be provisioned anew wherever needed next.`}</Notice>
              )}
              <p>
                At once, backups stop and its names are free again. Restores go on until{' '}
                <b>{day(preview.data.due_at)}</b>, and until then it can be restored exactly as it is now. After that
                everything is removed for good, its backups from the storage too.
              </p>
              {asks && (
                <CheckField
                  name="remove_products"
                  label="All of this goes too, with its backups"
                  hint={all
                    .filter(({ code }) => CONSENTS.has(code))
                    .map(({ detail }) => detail.split('. ')[0])
                    .join('. ')
                    .concat('.')}
                />
              )}
              <TextField name="confirmation" label={`Type ${name} to confirm.`} spellCheck={false} autoFocus />
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

function appliancesText(names: readonly string[]): string {
  return names.length === 1 ? `The appliance ${names[0]} has` : `The appliances ${names.join(', ')} have`;
}

/** What goes, the heaviest first. */
function goesWith({ goes }: CustomerDeletion): Consequence[] {
  const list: Consequence[] = [
    {
      n: goes.devices,
      text: `${goes.devices === 1 ? 'device' : 'devices'} with ${bytes(goes.used_bytes)} of backups`,
    },
    { n: goes.customers, text: goes.customers === 1 ? 'customer below it' : 'customers below it' },
    { n: goes.sites, text: goes.sites === 1 ? 'site' : 'sites' },
    { n: goes.users, text: goes.users === 1 ? 'account of a person' : 'accounts of people' },
    { n: goes.pass_keys, text: goes.pass_keys === 1 ? 'pass key' : 'pass keys' },
    {
      n: goes.assigned_units,
      text: goes.assigned_units === 1 ? 'assigned licence unit' : 'assigned licence units',
    },
  ];
  return list.filter(({ n }) => n > 0);
}
