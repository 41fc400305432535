import { CheckField, ChoiceField, SelectField, TextArea, TextField } from '../../ui/fields';
import type { Problems, Values } from '../../ui/form';
import { checkList, isListSetting, LISTS } from './lists';
import { ReportFields } from './ReportFields';
import { checkReport, isLockable, isReportSetting } from './reports';
import { checkThresholds, unitOf } from './thresholds';
import { checkThrottle } from './throttle';
import { ThrottleFields } from './ThrottleFields';
import { choicesOf, HOURS, isWindow, SETTINGS } from './words';

/** What a setting asks for. `lockable`: for everything below, where there is something below. */
export function SettingFields({ name, lockable }: { name: string; lockable: boolean }) {
  const known = SETTINGS[name];
  if (!known) return null;
  if (isWindow(name)) {
    return (
      <>
        <SelectField name="hours" label="Open for" options={[...HOURS]} />
        <TextField name="reason" label="Reason" hint="Kept in the activity." maxLength={500} autoFocus />
      </>
    );
  }
  return (
    <>
      {known.form === 'throttle' ? (
        <ThrottleFields />
      ) : known.form === 'list' ? (
        <TextArea name="items" label={known.title} hint={LISTS[name]?.hint} optional maxLength={100_000} />
      ) : known.form === 'reports' ? (
        <ReportFields name={name} />
      ) : known.form === 'thresholds' ? (
        <ThresholdFields name={name} />
      ) : (
        <ChoiceField name="value" label={known.title} options={[...(choicesOf(name) ?? [])]} />
      )}
      {lockable && isLockable(name) && (
        <CheckField
          name="locked"
          label="Lock it for everything below"
          hint="What is set further down stays, and says nothing until it is unlocked here."
        />
      )}
    </>
  );
}

function ThresholdFields({ name }: { name: string }) {
  const unit = unitOf(name);
  return (
    <>
      <p className="hint">{SETTINGS[name]?.about} Empty: never.</p>
      <TextField name="warning" label={`Warning (${unit})`} inputMode="numeric" maxLength={7} autoFocus />
      <TextField name="action_required" label={`Action required (${unit})`} inputMode="numeric" maxLength={7} />
    </>
  );
}

export function checkSetting(name: string, values: Values): Problems {
  if (SETTINGS[name]?.form === 'thresholds') return checkThresholds(name, values);
  if (SETTINGS[name]?.form === 'throttle') return checkThrottle(values);
  if (isListSetting(name)) return checkList(name, values);
  if (isReportSetting(name)) return checkReport(name, values);
  if (!isWindow(name) || values['reason']?.trim()) return {};
  return { reason: 'Say why: it will be asked.' };
}
