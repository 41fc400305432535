import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Customer, PassKeyCreated } from '../../api/schema';
import { customerName, explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { SelectField } from '../../ui/fields';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { childrenQuery } from '../customers/api';
import { createPassKey } from '../pass_keys/api';
import { expiryOf, EXPIRIES, USES } from '../pass_keys/choices';
import { PassKeyShown } from '../pass_keys/PassKeyShown';

/** Makes a pass key, and shows it once with the commands that use it. */
export function AddDeviceDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const [made, setMade] = useState<PassKeyCreated>();
  const sites = useQuery({ ...childrenQuery(customer), enabled: customer.totals.sites > 0 }).data ?? [];
  const form = useForm({
    initial: { site_id: '', max_uses: '1', expires: '7' },
    send: async (values, { key, at }) => {
      const passKey = await createPassKey(
        customer.id,
        {
          site_id: values['site_id'] || null,
          max_uses: values['max_uses'] ? Number(values['max_uses']) : null,
          expires_at: expiryOf(values['expires'] ?? '', at),
        },
        key,
      );
      setMade(passKey);
      await client.invalidateQueries({ queryKey: ['pass_keys'] });
    },
    explain: explainNoAnswer,
  });
  if (made) {
    return (
      <PassKeyShown
        passKey={made}
        title={`Add a device to ${customerName(customer)}`}
        customer={customer.id}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog title={`Add a device to ${customerName(customer)}`} onClose={onClose} form={form}>
      <FormView form={form} label="Add device" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>
            A machine registers with a pass key. The next step shows the key once, with commands that register the
            machine and start its first backup.
          </p>
          {sites.length > 0 && (
            <SelectField
              name="site_id"
              label="Stands at"
              options={[
                { value: '', label: 'The customer itself' },
                ...sites.map((site) => ({ value: site.id, label: customerName(site) })),
              ]}
            />
          )}
          <SelectField name="max_uses" label="Registers" options={USES} />
          <SelectField name="expires" label="Can be used for" options={EXPIRIES} />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Make pass key
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
