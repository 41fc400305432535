import type { Mode, SuspendRequest } from '../../api/schema';
import { ChoiceField, TextField } from '../../ui/fields';
import type { Problems, Values } from '../../ui/form';

const MODES = [
  { value: 'stop_backups', label: 'Stop backups', hint: 'New backups are refused. Restores go on working.' },
  { value: 'full_stop', label: 'Full stop', hint: 'Backups and restores are refused.' },
];

/** Reason, extent and message of a suspension. */
export function SuspendFields() {
  return (
    <>
      <TextField
        name="reason"
        label="Reason"
        hint="For your own records; the customer does not see it."
        maxLength={1000}
        autoFocus
      />
      <ChoiceField name="mode" label="What stops" options={MODES} />
      <TextField
        name="public_message"
        label="Message to the customer"
        hint="Printed by the backup client after “… is suspended”. At most 60 plain characters."
        maxLength={60}
        optional
      />
    </>
  );
}

export function checkSuspension(values: Values): Problems {
  const problems: Problems = {};
  if (!values['reason']?.trim()) problems['reason'] = 'Say why: whoever activates it again will want to know.';
  if (!/^[\u0020-\u007e]*$/u.test(values['public_message'] ?? '')) {
    problems['public_message'] = 'Backup clients can print plain letters, digits and punctuation only.';
  }
  return problems;
}

export function modeOf(values: Values): Mode {
  return values['mode'] === 'full_stop' ? 'full_stop' : 'stop_backups';
}

export function suspensionOf(values: Values): SuspendRequest {
  return {
    reason: values['reason']?.trim() ?? '',
    mode: modeOf(values),
    public_message: values['public_message']?.trim() || null,
  };
}
