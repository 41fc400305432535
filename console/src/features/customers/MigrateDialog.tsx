import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { SelectField, TextArea } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { customerQuery, migrateStorage, storageLocationsQuery } from './api';

/** Another storage location, which only the provider decides. */
export function MigrateDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const locations = useQuery(storageLocationsQuery()).data ?? [];
  const name = customerName(customer);
  const present = locations.find(({ id }) => id === customer.storage_location_id);
  const others = locations.filter((one) => one !== present && !one.withdrawn_at);
  const form = useForm({
    initial: { storage_location_id: '', reason: '' },
    check: ({ storage_location_id, reason }): Problems => ({
      ...(!storage_location_id && { storage_location_id: 'Choose one.' }),
      ...(!reason?.trim() && { reason: 'This is needed: it stays in the activity.' }),
    }),
    send: async ({ storage_location_id = '', reason = '' }) => {
      const changed = await migrateStorage(customer.id, { storage_location_id, reason: reason.trim() });
      onClose();
      client.setQueryData(customerQuery(customer.id).queryKey, changed);
      const renew = () => happened(client, 'customer.storage_migrated', changed);
      toast(
        `${name} stores in ${others.find(({ id }) => id === storage_location_id)?.name ?? 'its new location'}`,
        present &&
          undo({
            name,
            restore: () =>
              migrateStorage(customer.id, { storage_location_id: present.id, reason: 'Undone' }, changed.version),
            said: `${name} stores in ${present.name} again`,
            renew,
          }),
      );
      await renew();
    },
  });
  const title = `Change the storage location of ${name}`;
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <SelectField
            name="storage_location_id"
            label="Storage location"
            hint={
              present
                ? `It is ${present.name} now. Backups do not move along: with any, it is refused.`
                : 'None was chosen yet.'
            }
            options={[
              { value: '', label: 'Choose one' },
              ...others.map(({ id, name: label }) => ({ value: id, label })),
            ]}
          />
          <TextArea name="reason" label="Reason" hint="It stays in the activity." />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Change the location
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
