import { useId, useState } from 'react';
import type { Field } from '../../api/schema';
import { count } from '../../lib/format';
import { Button } from '../../ui/Button';
import { Check } from '../../ui/Check';
import type { Told } from './FilterPane';
import { hasValues, sizeOf, wholeOf, type Bound, type Condition, type Test } from './model';
import { TimeControls } from './TimeControls';
import { useDraft } from './useDraft';

type FieldControlsProps = {
  field: Field;
  title: string;
  condition: Condition;
  /** How many rows have which value; `undefined` while nobody knows. */
  counts: Told | undefined;
  nameOf: (value: string) => string;
  onChange: (condition: Condition) => void;
};

/** What can be asked of one field. */
export function FieldControls(props: FieldControlsProps) {
  const { field, title, condition, onChange } = props;
  const { test, presence } = condition;
  const ask = (next: Test | undefined) => onChange(conditionOf(next, presence === 'none' ? 'none' : undefined));
  const isOptional = field.comparisons.includes('exists');
  return (
    <fieldset className="filter-controls">
      <legend className="hidden-text">{title}</legend>
      {field.kind === 'text' && (
        <Contains title={title} text={test?.is === 'contains' ? test.text : ''} onChange={ask} />
      )}
      {(field.kind === 'number' || field.kind === 'bytes') && (
        <Range title={title} sized={field.kind === 'bytes'} test={test} onChange={ask} />
      )}
      {field.kind === 'time' && <TimeControls title={title} test={test} onChange={ask} />}
      {hasValues(field) && <Values {...props} />}
      {isOptional && !hasValues(field) && (
        <>
          <Check
            checked={presence === 'none'}
            onChange={(checked) => onChange(conditionOf(test, checked ? 'none' : undefined))}
          >
            {test ? 'Or has none' : 'Has none'}
          </Check>
          {!test && (
            <Check
              checked={presence === 'some'}
              onChange={(checked) => onChange(conditionOf(undefined, checked ? 'some' : undefined))}
            >
              Has one
            </Check>
          )}
        </>
      )}
    </fieldset>
  );
}

function conditionOf(test: Test | undefined, presence: Condition['presence']): Condition {
  return { ...(test && { test }), ...(presence && { presence }) };
}

/** So many values are shown before more are asked for. */
const FIRST = 6;

function Values({ field, condition, counts, nameOf, onChange }: FieldControlsProps) {
  const [all, setAll] = useState(false);
  const { test, presence } = condition;
  const chosen = test?.is === 'values' ? test.values : [];
  const told = new Map(counts?.values.map(({ value, count: n }) => [value ?? null, n]));
  const listed = valuesOf(field, told);
  const isLong = field.values.length === 0 && listed.length > FIRST + 1;
  const first = isLong && !all ? listed.slice(0, FIRST) : listed;
  const shown = [...new Set([...first, ...chosen])];
  const numberOf = (value: string | null) => {
    if (!counts) return '';
    return count(told.get(value) ?? 0) + (counts.exact ? '' : '+');
  };
  const choose = (value: string, isChosen: boolean) => {
    const values = isChosen ? [...chosen, value] : chosen.filter((other) => other !== value);
    // In the order in which they are listed, so that the same choice is the same text.
    const ordered = [
      ...listed.filter((other) => values.includes(other)),
      ...values.filter((other) => !listed.includes(other)),
    ];
    onChange(conditionOf(ordered.length > 0 ? { is: 'values', values: ordered } : undefined, presence));
  };
  const isOptional = field.comparisons.includes('exists');
  return (
    <>
      {shown.map((value) => (
        <Value
          key={value}
          name={nameOf(value)}
          number={numberOf(value)}
          checked={chosen.includes(value)}
          onChange={(checked) => choose(value, checked)}
        />
      ))}
      {isOptional && (
        <Value
          name="None"
          number={numberOf(null)}
          checked={presence === 'none'}
          onChange={(checked) => onChange(conditionOf(test, checked ? 'none' : undefined))}
        />
      )}
      {isLong && (
        <Button kind="link" size="s" onPress={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${count(listed.length)}${counts?.more ? '+' : ''}`}
        </Button>
      )}
      {all && counts?.more && <p className="hint">Rarer values can be typed above the list.</p>}
    </>
  );
}

function valuesOf({ kind, values }: Field, told: ReadonlyMap<string | null, number>): string[] {
  if (values.length > 0) return values;
  if (kind === 'flag') return ['true', 'false'];
  return [...told.keys()].filter((value) => value !== null);
}

type ValueProps = { name: string; number: string; checked: boolean; onChange: (checked: boolean) => void };

function Value({ name, number, checked, onChange }: ValueProps) {
  return (
    <label className="filter-value" data-none={number === '0' || undefined}>
      <input
        type="checkbox"
        className="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>{name}</span>
      <span className="number">{number}</span>
    </label>
  );
}

type ContainsProps = { title: string; text: string; onChange: (test: Test | undefined) => void };

function Contains({ title, text, onChange }: ContainsProps) {
  const draft = useDraft(
    text,
    (typed) => typed.trim(),
    (next) => onChange(next ? { is: 'contains', text: next } : undefined),
  );
  return (
    <input className="input" aria-label={`${title} contains`} placeholder="Contains" maxLength={200} {...draft.props} />
  );
}

type RangeProps = {
  title: string;
  /** Its numbers are sizes. */
  sized: boolean;
  test: Test | undefined;
  onChange: (test: Test | undefined) => void;
};

function Range({ title, sized, test, onChange }: RangeProps) {
  const { from, to } = test?.is === 'range' ? test : {};
  const put = (change: { from?: Bound | undefined; to?: Bound | undefined }) => {
    const next = { from, to, ...change };
    onChange(
      next.from || next.to
        ? { is: 'range', ...(next.from && { from: next.from }), ...(next.to && { to: next.to }) }
        : undefined,
    );
  };
  return (
    <div className="filter-pair">
      <Limit
        title={title}
        label={from?.strict ? 'More than' : 'From'}
        sized={sized}
        bound={from}
        onChange={(bound) => put({ from: bound })}
      />
      <Limit
        title={title}
        label={to?.strict ? 'Less than' : 'To'}
        sized={sized}
        bound={to}
        onChange={(bound) => put({ to: bound })}
      />
    </div>
  );
}

type LimitProps = {
  title: string;
  label: string;
  sized: boolean;
  bound: Bound | undefined;
  onChange: (bound: Bound | undefined) => void;
};

function Limit({ title, label, sized, bound, onChange }: LimitProps) {
  const id = useId();
  const draft = useDraft(bound?.value ?? '', sized ? sizeOf : wholeOf, (value) =>
    onChange(value ? { value, strict: bound?.strict ?? false } : undefined),
  );
  return (
    <div className="filter-limit">
      <label htmlFor={id}>
        <span className="hidden-text">{title}: </span>
        {label}
      </label>
      <input
        id={id}
        className="input"
        inputMode={sized ? 'text' : 'numeric'}
        placeholder={sized ? 'e.g. 500 GB' : ''}
        maxLength={30}
        autoComplete="off"
        aria-invalid={draft.wrong || undefined}
        aria-describedby={draft.wrong ? `${id}-wrong` : undefined}
        {...draft.props}
      />
      {draft.wrong && (
        <p className="field-error" id={`${id}-wrong`}>
          {sized ? 'A size, such as 500 GB.' : 'A whole number.'}
        </p>
      )}
    </div>
  );
}
