import { useId, useState } from 'react';
import { UNITS, wholeOf, type Length, type Test, type Unit } from './model';
import { useDraft } from './useDraft';

type TimeControlsProps = { title: string; test: Test | undefined; onChange: (test: Test | undefined) => void };

type Way = 'age' | 'days';

/** Older or newer than so long, or from one day to another. */
export function TimeControls({ title, test, onChange }: TimeControlsProps) {
  const [chosen, setChosen] = useState<Way>('age');
  const way: Way = test?.is === 'age' || test?.is === 'days' ? test.is : chosen;
  const choose = (next: Way) => {
    setChosen(next);
    if (test) onChange(undefined);
  };
  return (
    <>
      <select
        className="input"
        aria-label={`${title}: how`}
        value={way}
        onChange={(event) => choose(event.target.value === 'days' ? 'days' : 'age')}
      >
        <option value="age">By age</option>
        <option value="days">By date</option>
      </select>
      {way === 'age' ? (
        <Age title={title} test={test} onChange={onChange} />
      ) : (
        <Days title={title} test={test} onChange={onChange} />
      )}
    </>
  );
}

function Age({ title, test, onChange }: TimeControlsProps) {
  const { older, newer } = test?.is === 'age' ? test : {};
  const put = (change: { older?: Length | undefined; newer?: Length | undefined }) => {
    const next = { older, newer, ...change };
    onChange(
      next.older || next.newer
        ? { is: 'age', ...(next.older && { older: next.older }), ...(next.newer && { newer: next.newer }) }
        : undefined,
    );
  };
  return (
    <>
      <Ago title={title} label="Older than" length={older} onChange={(length) => put({ older: length })} />
      <Ago title={title} label="Newer than" length={newer} onChange={(length) => put({ newer: length })} />
    </>
  );
}

const UNIT: Record<Unit, string> = { m: 'minutes', h: 'hours', d: 'days', w: 'weeks' };

type AgoProps = {
  title: string;
  label: string;
  length: Length | undefined;
  onChange: (length: Length | undefined) => void;
};

function Ago({ title, label, length, onChange }: AgoProps) {
  const id = useId();
  const [chosen, setChosen] = useState<Unit>('d');
  const unit = length?.unit ?? chosen;
  const draft = useDraft(
    length ? String(length.count) : '',
    (text) => (text.trim().length > 6 ? undefined : wholeOf(text)),
    (value) => onChange(value ? { count: Number(value), unit } : undefined),
  );
  return (
    <div className="filter-ago">
      <label htmlFor={id}>
        <span className="hidden-text">{title}: </span>
        {label}
      </label>
      <input
        id={id}
        className="input"
        inputMode="numeric"
        maxLength={6}
        autoComplete="off"
        aria-invalid={draft.wrong || undefined}
        aria-describedby={draft.wrong ? `${id}-wrong` : undefined}
        {...draft.props}
      />
      <select
        className="input"
        aria-label={`${title}: ${label}, unit`}
        value={unit}
        onChange={(event) => {
          const next = UNITS.find((candidate) => candidate === event.target.value) ?? 'd';
          setChosen(next);
          if (length) onChange({ ...length, unit: next });
        }}
      >
        {UNITS.map((candidate) => (
          <option key={candidate} value={candidate}>
            {UNIT[candidate]}
          </option>
        ))}
      </select>
      {draft.wrong && (
        <p className="field-error" id={`${id}-wrong`}>
          A whole number.
        </p>
      )}
    </div>
  );
}

function Days({ title, test, onChange }: TimeControlsProps) {
  const { from, before } = test?.is === 'days' ? test : {};
  const put = (change: { from?: string; before?: string }) => {
    const next = { from, before, ...change };
    onChange(
      next.from || next.before
        ? { is: 'days', ...(next.from && { from: next.from }), ...(next.before && { before: next.before }) }
        : undefined,
    );
  };
  return (
    <>
      <Day title={title} label="From" day={from} onChange={(day) => put({ from: day })} />
      <Day title={title} label="Before" day={before} onChange={(day) => put({ before: day })} />
      <p className="hint">Days begin at midnight UTC.</p>
    </>
  );
}

type DayProps = { title: string; label: string; day: string | undefined; onChange: (day: string) => void };

function Day({ title, label, day, onChange }: DayProps) {
  const id = useId();
  // While a year is typed, browsers tell of the year 0002.
  const draft = useDraft(day ?? '', (text) => (/^[12]\d{3}-\d\d-\d\d$/u.test(text) ? text : undefined), onChange);
  return (
    <div className="filter-ago" data-day>
      <label htmlFor={id}>
        <span className="hidden-text">{title}: </span>
        {label}
      </label>
      <input id={id} className="input" type="date" min="1970-01-01" max="2999-12-31" {...draft.props} />
    </div>
  );
}
