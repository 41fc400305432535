import { useQueryClient } from '@tanstack/react-query';
import type { StoragePool, StoragePoolUpdate } from '../../api/schema';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { PasswordField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { storagePoolsQuery, updatePool } from './api';

/** Renames a storage pool, and gives a bucket another access key. Where it lies stays. */
export function PoolEditDialog({ pool, onClose }: { pool: StoragePool; onClose: () => void }) {
  const client = useQueryClient();
  const isBucket = pool.kind === 's3';
  const form = useForm({
    initial: { name: pool.name, access_key_id: pool.access_key_id ?? '', secret_access_key: '' },
    check: (values) => check(pool, values),
    send: async (values) => {
      const saved = await updatePool(pool, changes(pool, values));
      onClose();
      toast(`${saved.name} saved`);
      await client.invalidateQueries({ queryKey: storagePoolsQuery().queryKey });
    },
  });
  const title = `Edit ${pool.name}`;
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          {isBucket && (
            <>
              <TextField
                name="access_key_id"
                label="Access key"
                hint="It is tried before it is stored, and used from then on."
                maxLength={128}
              />
              <PasswordField
                name="secret_access_key"
                label="Secret of the access key"
                hint="Kept sealed and never shown again. Empty: stays as it is."
                autoComplete="new-password"
                optional
              />
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Save pool
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

/** What was changed. A key that stays isn't sent, for what is sent is tried at the store. */
function changes(pool: StoragePool, values: Values): StoragePoolUpdate {
  const name = (values['name'] ?? '').trim();
  const key = (values['access_key_id'] ?? '').trim();
  const secret = (values['secret_access_key'] ?? '').trim();
  return {
    ...(name !== pool.name && { name }),
    ...(pool.kind === 's3' && key !== pool.access_key_id && { access_key_id: key }),
    ...(secret && { secret_access_key: secret }),
  };
}

function check(pool: StoragePool, values: Values): Problems {
  const needed = pool.kind === 's3' ? ['name', 'access_key_id'] : ['name'];
  const missing = needed.filter((name) => !(values[name] ?? '').trim());
  const problems: Problems = Object.fromEntries(missing.map((name) => [name, 'This is needed.']));
  const { access_key_id: key } = changes(pool, values);
  if (key && !(values['secret_access_key'] ?? '').trim()) {
    problems['secret_access_key'] = 'Another access key has another secret.';
  }
  return problems;
}
