import { useQuery, useQueryClient } from '@tanstack/react-query';
import { explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { PasswordField, SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { storageLocationsQuery } from '../customers/api';
import { createPool, storagePoolsQuery } from './api';

const NEEDED = ['name', 'endpoint', 'bucket', 'access_key_id', 'secret_access_key'];

/** Makes a storage pool of a place in a bucket. */
export function PoolDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const locations = useQuery(storageLocationsQuery());
  const form = useForm({
    initial: {
      name: '',
      endpoint: '',
      region: '',
      bucket: '',
      prefix: '',
      access_key_id: '',
      secret_access_key: '',
      storage_location_id: '',
    },
    check,
    send: async (values, { key }) => {
      const text = (name: string) => (values[name] ?? '').trim();
      const pool = await createPool(
        {
          name: text('name'),
          endpoint: text('endpoint'),
          region: text('region') || null,
          bucket: text('bucket'),
          prefix: text('prefix') || null,
          access_key_id: text('access_key_id'),
          secret_access_key: text('secret_access_key'),
          storage_location_id: text('storage_location_id') || null,
        },
        key,
      );
      onClose();
      toast(`${pool.name} added`);
      await client.invalidateQueries({ queryKey: storagePoolsQuery().queryKey });
    },
    explain: explainNoAnswer,
  });
  const offered = (locations.data ?? []).filter((location) => !location.withdrawn_at);
  return (
    <Dialog title="Add a storage pool" onClose={onClose} form={form}>
      <FormView form={form} label="Add a storage pool" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          <TextField
            name="endpoint"
            label="Endpoint"
            hint="Of a store that speaks S3, say https://s3.eu-central-1.amazonaws.com."
            maxLength={200}
          />
          <TextField name="region" label="Region" hint="Empty: us-east-1." maxLength={60} optional />
          <TextField name="bucket" label="Bucket" hint="It has to be there." maxLength={63} />
          <TextField
            name="prefix"
            label="Prefix"
            hint="What the keys begin with. Empty: tenantry."
            maxLength={200}
            optional
          />
          <TextField name="access_key_id" label="Access key" maxLength={128} />
          <PasswordField
            name="secret_access_key"
            label="Secret of the access key"
            hint="Kept sealed and never shown again."
            autoComplete="new-password"
          />
          <SelectField
            name="storage_location_id"
            label="For customers who store in"
            options={[
              { value: '', label: 'Every location without a pool of its own' },
              ...offered.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Add pool
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function check(values: Values): Problems {
  const missing = NEEDED.filter((name) => !(values[name] ?? '').trim());
  return Object.fromEntries(missing.map((name) => [name, 'This is needed.']));
}
