import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Customer, DeviceKind } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName, DEVICE_KIND, explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { childrenQuery } from '../customers/api';
import { createDevice } from './api';

/** Announces a device: when it registers it is let in, also where others wait for approval. */
export function AddByHandDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const sites = useQuery({ ...childrenQuery(customer), enabled: customer.totals.sites > 0 }).data ?? [];
  const form = useForm({
    initial: { customer_id: customer.id, name: '', kind: 'agent', fingerprint: '' },
    check: ({ name = '' }): Problems => (name.trim() ? {} : { name: 'This is needed.' }),
    send: async (values, { key }) => {
      const made = await createDevice(
        {
          customer_id: values['customer_id'] ?? customer.id,
          name: values['name']?.trim() ?? '',
          kind: values['kind'] as DeviceKind,
          fingerprint: values['fingerprint']?.trim() || null,
        },
        key,
      );
      onClose();
      toast(`${made.name} is let in when it registers`);
      await happened(client, 'device.added', made);
    },
    explain: explainNoAnswer,
  });
  return (
    <Dialog title={`Add a device by hand to ${customerName(customer)}`} onClose={onClose} form={form}>
      <FormView form={form} label="Add device by hand" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>A machine that is announced here is let in when it registers with a pass key of this customer.</p>
          <TextField
            name="name"
            label="Name"
            hint="As the machine calls itself when it registers."
            maxLength={255}
            autoFocus
          />
          {sites.length > 0 && (
            <SelectField
              name="customer_id"
              label="Stands at"
              options={[
                { value: customer.id, label: 'The customer itself' },
                ...sites.map((site) => ({ value: site.id, label: customerName(site) })),
              ]}
            />
          )}
          <SelectField
            name="kind"
            label="Kind"
            options={Object.entries(DEVICE_KIND).map(([value, label]) => ({ value, label }))}
          />
          <TextField
            name="fingerprint"
            label="Fingerprint"
            hint="With one, the machine is known by it and not by its name."
            maxLength={255}
            optional
          />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Add device
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
