import { useQueryClient } from '@tanstack/react-query';
import type { Change, Device } from '../../api/schema';
import { useNavigate } from '@tanstack/react-router';
import { happened } from '../../app/feed/feed';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { activateDevice, approveDevice, deleteDevice, restoreDevice, suspendDevice } from './api';
import { checkDeviceSuspension, deviceSuspensionOf, DeviceSuspendFields } from './BulkDialog';
import { undoSwitch } from './undo';

export type DeviceAction = 'approve' | 'suspend' | 'activate' | 'restore' | 'delete';

type DeviceDialogProps = { device: Device; action: DeviceAction; onClose: () => void };

/** Lets a device in, stops it, lets it go on, or turns it away. */
export function DeviceDialog({ device, action, onClose }: DeviceDialogProps) {
  const client = useQueryClient();
  const go = useNavigate();
  const { name } = device;
  const waits = device.status === 'pending_approval';
  const { verb, done, what, kind } = sayings(action, waits);
  const form = useForm({
    initial:
      action === 'suspend'
        ? { reason: device.suspension?.reason ?? '', mode: device.suspension?.mode ?? 'stop_backups' }
        : {},
    ...(action === 'suspend' && { check: checkDeviceSuspension }),
    send: async (values) => {
      let after: Device | undefined;
      if (action === 'approve') await approveDevice(device.id);
      else if (action === 'activate') after = await activateDevice(device.id);
      else if (action === 'restore') await restoreDevice(device.id);
      else if (action === 'suspend') after = await suspendDevice(device.id, deviceSuspensionOf(values));
      else await deleteDevice(device.id);
      onClose();
      toast(`${name} ${done}`, after && undoSwitch(client, device, after.version));
      if (action === 'delete') await go({ to: '/devices', ignoreBlocker: true });
      await happened(client, ACTIONS[action], device);
    },
  });
  return (
    <Dialog title={`${verb} ${name}?`} onClose={onClose} form={form} firm={action === 'delete'}>
      <FormView form={form} label={verb} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>{what}</p>
          {action === 'suspend' && <DeviceSuspendFields />}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind={kind} type="submit" isPending={form.busy} autoFocus={action !== 'suspend'}>
            {verb} {name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

const ACTIONS: Record<DeviceAction, Change['action']> = {
  approve: 'device.approved',
  suspend: 'device.suspended',
  activate: 'device.activated',
  restore: 'device.restored',
  delete: 'device.deleted',
};

function sayings(action: DeviceAction, waits: boolean) {
  const kind = action === 'delete' ? ('danger' as const) : ('primary' as const);
  switch (action) {
    case 'approve':
      return { verb: 'Approve', done: 'approved', kind, what: 'It may back up from now on, and counts as a device.' };
    case 'suspend':
      return { verb: 'Suspend', done: 'suspended', kind, what: 'Nothing is deleted. Activating lets it go on.' };
    case 'activate':
      return { verb: 'Activate', done: 'activated', kind, what: 'Its own suspension is lifted. Those above it stay.' };
    case 'restore':
      return {
        verb: 'Restore',
        done: 'restored',
        kind,
        what: 'It is as it was before it was deleted, and backs up again.',
      };
    case 'delete':
      return waits
        ? { verb: 'Turn away', done: 'turned away', kind, what: 'Its credentials stop working. It may register again.' }
        : { verb: 'Delete', done: 'deleted', kind, what: 'It has no backups. Its credentials stop working.' };
  }
}
