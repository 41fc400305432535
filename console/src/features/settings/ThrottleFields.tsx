import { Plus, X } from 'lucide-react';
import { use } from 'react';
import { Button } from '../../ui/Button';
import { CheckField, ChoiceField, SelectField, TextField } from '../../ui/fields';
import { FormContext, useFormField } from '../../ui/form';
import { newPart, partsOf, throttleWire, UNITS, WEEK } from './throttle';
import { WeekGrid } from './WeekGrid';

const CHOICES = [
  { value: 'off', label: 'Not limited', hint: 'Whatever is set above.' },
  { value: 'rate', label: 'One rate', hint: 'Always, or at some hours of the day.' },
  { value: 'week', label: 'By the week', hint: 'Different rates on different days and at different hours.' },
];

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

/** How fast backups may be. */
export function ThrottleFields() {
  const { value: choice, form } = useFormField('value');
  const { value: zone } = useFormField('time_zone');
  const zones = ZONES.includes(zone) || !zone ? ZONES : [zone, ...ZONES];
  const { value: between } = useFormField('between');
  const wire = throttleWire(form.values);
  return (
    <>
      <ChoiceField name="value" label="How fast a device may back up" options={CHOICES} />
      {choice === 'rate' && (
        <>
          <Rate name="rate" unit="unit" />
          <CheckField name="between" label="Only at some hours" />
          {between && (
            <div className="throttle-row">
              <TextField name="from" label="From" placeholder="08:00" maxLength={5} />
              <TextField name="to" label="To" placeholder="18:00" maxLength={5} />
            </div>
          )}
          <CheckField name="weekend" label="Not on Saturdays and Sundays" />
        </>
      )}
      {choice === 'week' && <Parts />}
      {choice !== 'off' && (
        <SelectField
          name="time_zone"
          label="Time zone"
          hint="Hours and days are those of a clock there."
          options={zones.map((name) => ({ value: name, label: name.replaceAll('_', ' ') }))}
        />
      )}
      {wire?.enabled && <WeekGrid value={wire} />}
    </>
  );
}

function Rate({ name, unit }: { name: string; unit: string }) {
  return (
    <div className="throttle-row">
      <TextField name={name} label="Rate" inputMode="decimal" />
      <SelectField name={unit} label="Unit" options={UNITS.map(({ value, label }) => ({ value, label }))} />
    </div>
  );
}

/** The parts of a week, each with its days, hours and rate. */
function Parts() {
  const form = use(FormContext)!;
  const ids = partsOf(form.values);
  const add = () => {
    const id = String(Math.max(-1, ...ids.map(Number)) + 1);
    for (const [field, value] of Object.entries(newPart(id))) form.set(field, value);
    form.set('parts', [...ids, id].join(' '));
  };
  return (
    <>
      {ids.map((id, at) => (
        <fieldset key={id} className="throttle-part">
          <legend className="field-label">Part {at + 1}</legend>
          <Days id={id} />
          <div className="throttle-row">
            <TextField name={`part${id}_from`} label="From" placeholder="08:00" maxLength={5} />
            <TextField name={`part${id}_to`} label="To" placeholder="18:00" maxLength={5} />
            <Rate name={`part${id}_rate`} unit={`part${id}_unit`} />
          </div>
          {ids.length > 1 && (
            <Button
              size="s"
              onPress={() => form.set('parts', ids.filter((other) => other !== id).join(' '))}
              aria-label={`Remove part ${at + 1}`}
            >
              <X className="icon-s" aria-hidden /> Remove
            </Button>
          )}
        </fieldset>
      ))}
      <p>
        <Button size="s" onPress={add}>
          <Plus className="icon-s" aria-hidden /> Add a part
        </Button>
      </p>
      <p className="hint">At all other times nothing is limited.</p>
    </>
  );
}

function Days({ id }: { id: string }) {
  const { id: field, value, set, problem } = useFormField(`part${id}_days`);
  const days = value.split(' ').filter(Boolean);
  return (
    <fieldset className="throttle-days" aria-describedby={problem ? `${field}-problem` : undefined}>
      <legend className="field-label">Days</legend>
      {WEEK.map((day, at) => (
        <label key={day.value}>
          <input
            id={at === 0 ? field : undefined}
            type="checkbox"
            className="checkbox"
            aria-label={day.label}
            checked={days.includes(day.value)}
            onChange={(event) => {
              const others = days.filter((other) => other !== day.value);
              set((event.target.checked ? [...others, day.value] : others).join(' '));
            }}
          />
          <span aria-hidden>{day.short}</span>
        </label>
      ))}
      {problem && (
        <p className="field-error" id={`${field}-problem`}>
          {problem}
        </p>
      )}
    </fieldset>
  );
}
