import { ChoiceField, TextField } from '../../ui/fields';
import type { Problems, Values } from '../../ui/form';
import type { Selection } from '../../ui/grid/selection';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import type { DeviceFilter } from './api';
import type { DevicesBulkName } from './bulk';

type DevicesBulkDialogProps = {
  action: DevicesBulkName;
  selection: Selection;
  filter: DeviceFilter;
  onClose: () => void;
  onBegun: () => void;
};

/** What is done to a selection of devices. */
export function DevicesBulkDialog({ action, ...rest }: DevicesBulkDialogProps) {
  return <BulkDialog action={ACTIONS[action]} {...rest} />;
}

const MODES = [
  { value: 'stop_backups', label: 'Stop backups', hint: 'New backups are refused. Restores go on working.' },
  { value: 'full_stop', label: 'Full stop', hint: 'Backups and restores are refused.' },
];

/** Reason and extent of a device's suspension. */
export function DeviceSuspendFields() {
  return (
    <>
      <TextField
        name="reason"
        label="Reason"
        hint="For the records of whoever suspends it, and of those above."
        maxLength={1000}
        autoFocus
      />
      <ChoiceField name="mode" label="What stops" options={MODES} />
    </>
  );
}

export function checkDeviceSuspension({ reason = '' }: Values): Problems {
  return reason.trim() ? {} : { reason: 'Say why: whoever activates it again will want to know.' };
}

export function deviceSuspensionOf({ reason = '', mode }: Values) {
  return { reason: reason.trim(), mode: mode === 'full_stop' ? ('full_stop' as const) : ('stop_backups' as const) };
}

const noun = 'devices';
const count = ({ devices = 0 }: Record<string, number>, one: string, many: string) => [
  { n: devices, text: devices === 1 ? one : many },
];

const ACTIONS: Record<DevicesBulkName, BulkAction> = {
  approve: {
    noun,
    name: 'approve',
    title: (what) => `Approve ${what}`,
    initial: {},
    previewed: () => ({}),
    input: () => ({}),
    consequences: (effects) => count(effects, 'device may back up from now on', 'devices may back up from now on'),
    unchanged: (what, one) => `${what} ${one ? 'does' : 'do'} not wait for approval: nothing to do.`,
    hint: 'One that is approved by mistake can be suspended.',
  },
  suspend: {
    noun,
    name: 'suspend',
    title: (what) => `Suspend ${what}`,
    initial: { reason: '', mode: 'stop_backups' },
    fields: <DeviceSuspendFields />,
    check: checkDeviceSuspension,
    previewed: (values) => ({ ...deviceSuspensionOf(values), reason: 'Preview' }),
    input: deviceSuspensionOf,
    consequences: (effects) => count(effects, 'device is stopped', 'devices are stopped'),
    unchanged: (what, one) => `${what} ${one ? 'is' : 'are'} suspended like this already: nothing to do.`,
    hint: 'Nothing is deleted. It can be undone.',
  },
  activate: {
    noun,
    name: 'activate',
    title: (what) => `Activate ${what}`,
    initial: {},
    previewed: () => ({}),
    input: () => ({}),
    consequences: (effects) =>
      count(effects, 'device is no longer suspended itself', 'devices are no longer suspended themselves'),
    unchanged: (what, one) =>
      `${what} ${one ? 'has' : 'have'} no suspension of ${one ? 'its' : 'their'} own: nothing to do.`,
    hint: 'Where a customer above is suspended, backups stay off until that one is activated too.',
  },
  delete: {
    noun,
    name: 'delete',
    title: (what) => `Delete ${what}`,
    initial: {},
    previewed: () => ({}),
    input: () => ({}),
    consequences: (effects) =>
      count(effects, 'device is turned away or forgotten', 'devices are turned away or forgotten'),
    unchanged: (what) => `${what}: nothing to do.`,
    hint: 'No backups are lost: a device that has some is left out.',
    final: 'simple',
  },
};
