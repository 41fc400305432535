import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Device } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { bytes } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { ChoiceField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { PickField } from '../../ui/pick/PickField';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { homeSearch } from '../customers/parents';
import { foreseeDeletion, giveUpDevice, moveDevice, releaseDevice } from './api';
import { undoDeletion, undoMove } from './undo';

type DialogProps = { device: Device; onClose: () => void };

/** Lets a device stand under another customer or site. */
export function MoveDeviceDialog({ device, onClose }: DialogProps) {
  const client = useQueryClient();
  const { name } = device;
  const form = useForm({
    initial: { customer_id: '' },
    check: ({ customer_id }): Problems => (customer_id ? {} : { customer_id: 'Choose where it shall stand.' }),
    send: async ({ customer_id = '' }) => {
      const moved = await moveDevice(device, customer_id);
      onClose();
      toast(`${name} moved to ${moved.customer_name}`, undoMove(client, device, moved));
      await happened(client, 'device.moved', device, moved);
    },
  });
  return (
    <Dialog title={`Move ${name}?`} onClose={onClose} form={form}>
      <FormView form={form} label={`Move ${name}`} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <PickField
            name="customer_id"
            label="To"
            noun="end customer or site"
            hint={`It stands under ${device.customer_name} now.`}
            source={{ search: homeSearch }}
            autoFocus
          />
          <p className="hint">
            Its backups, its settings and what it uses go along, and backups go on meanwhile. Its credentials stay.
          </p>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Move {name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

/** Gives up a lost appliance, or a machine that is no more. */
export function ReleaseDialog({ device, onClose }: DialogProps) {
  const client = useQueryClient();
  const { name } = device;
  const form = useForm({
    initial: { reason: '' },
    check: ({ reason }): Problems => (reason?.trim() ? {} : { reason: 'Say why, for the records.' }),
    send: async ({ reason = '' }) => {
      const released = await releaseDevice(device.id, reason);
      onClose();
      toast(`${name} released`);
      await happened(client, 'device.released', device, released);
    },
  });
  return (
    <Dialog title={`Release ${name}?`} onClose={onClose} form={form}>
      <FormView form={form} label={`Release ${name}`} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>
            Its credentials stop working at once
            {device.kind === 'appliance' && ', and its site is free for another one'}. Its backups stay. A machine with
            the same fingerprint gets them back by registering.
          </p>
          <TextField
            name="reason"
            label="Reason"
            hint="For the records: lost, stolen, broken."
            maxLength={1000}
            autoFocus
          />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isPending={form.busy}>
            Release {name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

const FATES = [
  {
    value: 'keep',
    label: 'Keep them',
    hint: 'The device is released. Its backups go on counting until they are deleted.',
  },
  { value: 'delete', label: 'Delete them, too', hint: 'Both can be restored until the hold is over. Then nobody can.' },
];

/** Deletes a device that has backups: first what becomes of them. */
export function GiveUpDialog({ device, onClose }: DialogProps) {
  const client = useQueryClient();
  const { name } = device;
  const canKeep = device.status === 'authorised';
  const preview = useQuery({
    queryKey: ['preview', 'give_up', device.id],
    queryFn: () => foreseeDeletion(device.id),
    gcTime: 0,
  });
  const form = useForm({
    initial: { data: canKeep ? 'keep' : 'delete' },
    send: async ({ data }) => {
      const keeps = data === 'keep';
      await giveUpDevice(device.id, keeps ? 'keep' : 'delete');
      onClose();
      if (keeps) toast(`${name} released`);
      else toast(`${name} is to be deleted`, undoDeletion(client, device));
      await happened(client, keeps ? 'device.released' : 'device.deletion_scheduled', device);
    },
  });
  const deletes = form.values['data'] === 'delete';
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose} form={form} firm>
      <FormView form={form} label={`Delete ${name}`} className="dialog-form">
        <DialogBody busy={preview.isFetching}>
          <FormSummary />
          {preview.isLoading && <Skeletons lines={2} />}
          {preview.error && <Notice tone="danger">{problemText(preview.error)}</Notice>}
          {preview.data && (
            <>
              <p>It has {bytes(preview.data.used_bytes)} of backups. Its backups stop at once.</p>
              <ChoiceField
                name="data"
                label="What becomes of them"
                options={canKeep ? FATES : FATES.filter(({ value }) => value === 'delete')}
              />
              {deletes && preview.data.due_at && (
                <Notice tone="warning">
                  Its backups are removed for good <When at={preview.data.due_at} />.
                </Notice>
              )}
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            kind="danger"
            type="submit"
            isPending={form.busy}
            refusal={preview.data ? undefined : 'Wait a moment.'}
          >
            {deletes ? `Delete ${name} and its backups` : `Release ${name}`}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
