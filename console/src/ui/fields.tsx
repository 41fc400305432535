import { CircleAlert, Eye, EyeOff } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { IconButton } from './Button';
import { useFormField } from './form';

type FieldProps = {
  name: string;
  label: string;
  hint?: ReactNode;
  /** Most fields of a form are needed; those that are not say so. */
  optional?: boolean;
  autoFocus?: boolean;
};

type TextFieldProps = FieldProps & {
  type?: 'text' | 'email' | 'tel' | 'number' | 'date';
  autoComplete?: string;
  maxLength?: number;
  readOnly?: boolean;
  spellCheck?: boolean;
  inputMode?: 'numeric' | 'decimal';
  placeholder?: string;
};

export function TextField({
  name,
  label,
  hint,
  optional,
  autoComplete = 'off',
  type = 'text',
  ...rest
}: TextFieldProps) {
  const { id, problem, value, set } = useFormField(name);
  return (
    <Labelled id={id} label={label} hint={hint} optional={optional} problem={problem}>
      <input
        {...rest}
        id={id}
        className="input"
        type={type}
        autoComplete={autoComplete}
        value={value}
        onChange={(event) => set(event.target.value)}
        aria-required={!optional}
        {...describe(id, hint, problem)}
      />
    </Labelled>
  );
}

export function TextArea({ name, label, hint, optional, maxLength }: FieldProps & { maxLength?: number }) {
  const { id, problem, value, set } = useFormField(name);
  return (
    <Labelled id={id} label={label} hint={hint} optional={optional} problem={problem}>
      <textarea
        id={id}
        className="input"
        maxLength={maxLength}
        value={value}
        onChange={(event) => set(event.target.value)}
        aria-required={!optional}
        {...describe(id, hint, problem)}
      />
    </Labelled>
  );
}

type PasswordFieldProps = FieldProps & { autoComplete: 'current-password' | 'new-password' };

export function PasswordField({ name, label, hint, optional, ...rest }: PasswordFieldProps) {
  const { id, problem, value, set } = useFormField(name);
  const [shown, setShown] = useState(false);
  return (
    <Labelled id={id} label={label} hint={hint} optional={optional} problem={problem}>
      <div className="with-button">
        <input
          {...rest}
          id={id}
          className="input"
          type={shown ? 'text' : 'password'}
          spellCheck={false}
          maxLength={256}
          value={value}
          onChange={(event) => set(event.target.value)}
          aria-required={!optional}
          {...describe(id, hint, problem)}
        />
        <IconButton label={shown ? 'Hide the password' : 'Show the password'} onPress={() => setShown(!shown)}>
          {shown ? <EyeOff className="icon" aria-hidden /> : <Eye className="icon" aria-hidden />}
        </IconButton>
      </div>
    </Labelled>
  );
}

type SelectFieldProps = FieldProps & { options: { value: string; label: string }[]; disabled?: boolean };

export function SelectField({ name, label, hint, optional, options, disabled, autoFocus = false }: SelectFieldProps) {
  const { id, problem, value, set } = useFormField(name);
  return (
    <Labelled id={id} label={label} hint={hint} optional={optional} problem={problem}>
      <select
        autoFocus={autoFocus}
        id={id}
        className="input"
        value={value}
        disabled={disabled}
        onChange={(event) => set(event.target.value)}
        aria-required={!optional}
        {...describe(id, hint, problem)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

type ChoiceFieldProps = Omit<FieldProps, 'autoFocus'> & {
  options: { value: string; label: string; hint?: string }[];
  /** What holds until something is chosen. */
  usual?: string;
};

/** Few choices that want a word of explanation each. */
export function ChoiceField({ name, label, hint, options, usual = '' }: ChoiceFieldProps) {
  const { id, problem, value, set } = useFormField(name);
  return (
    <fieldset className="choices" aria-describedby={problem ? `${id}-problem` : undefined}>
      <legend className="field-label">{label}</legend>
      {options.map((option, index) => (
        <label key={option.value} className="choice">
          <input
            id={index === 0 ? id : undefined}
            type="radio"
            name={id}
            value={option.value}
            checked={(value || usual) === option.value}
            onChange={() => set(option.value)}
          />
          <span>{option.label}</span>
          {option.hint && <span className="hint">{option.hint}</span>}
        </label>
      ))}
      {hint && <p className="hint">{hint}</p>}
      <Problem id={id} text={problem} />
    </fieldset>
  );
}

/** Some of a few. What the field’s text is for those that are chosen, whoever shows it says. */
export function ChecksField({ name, label, hint, options, chosen, onChoose }: ChecksFieldProps) {
  const { id, problem } = useFormField(name);
  return (
    <fieldset className="choices" aria-describedby={problem ? `${id}-problem` : undefined}>
      <legend className="field-label">{label}</legend>
      {options.map((option, index) => (
        <label key={option.value} className="choice">
          <input
            id={index === 0 ? id : undefined}
            type="checkbox"
            className="checkbox"
            checked={chosen.includes(option.value)}
            onChange={(event) =>
              onChoose(
                options
                  .map(({ value }) => value)
                  .filter((value) => (value === option.value ? event.target.checked : chosen.includes(value))),
              )
            }
          />
          <span>{option.label}</span>
        </label>
      ))}
      {hint && <p className="hint">{hint}</p>}
      <Problem id={id} text={problem} />
    </fieldset>
  );
}

type ChecksFieldProps = {
  name: string;
  label: string;
  hint?: ReactNode;
  options: readonly { value: string; label: string }[];
  chosen: readonly string[];
  onChoose: (chosen: string[]) => void;
};

/** Yes or no; a yes is the text `yes`. */
export function CheckField({ name, label, hint }: Omit<FieldProps, 'autoFocus' | 'optional'>) {
  const { id, problem, value, set } = useFormField(name);
  return (
    <div className="choice">
      <input
        id={id}
        type="checkbox"
        className="checkbox"
        checked={value !== ''}
        onChange={(event) => set(event.target.checked ? 'yes' : '')}
        {...describe(id, hint, problem)}
      />
      <label htmlFor={id}>{label}</label>
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      <Problem id={id} text={problem} />
    </div>
  );
}

type LabelledProps = {
  id: string;
  label: string;
  hint?: ReactNode;
  optional?: boolean | undefined;
  problem: string | undefined;
  children: ReactNode;
};

export function Labelled({ id, label, hint, optional, problem, children }: LabelledProps) {
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {optional && <span className="quiet"> (optional)</span>}
      </label>
      {children}
      {hint && (
        <div className="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      <Problem id={id} text={problem} />
    </div>
  );
}

function Problem({ id, text }: { id: string; text: string | undefined }) {
  if (!text) return null;
  return (
    <p className="field-error" id={`${id}-problem`}>
      <CircleAlert className="icon-s" aria-hidden />
      {text}
    </p>
  );
}

export function describe(id: string, hint: ReactNode, problem: string | undefined) {
  const parts = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean);
  return {
    'aria-invalid': problem ? true : undefined,
    'aria-describedby': parts.length > 0 ? parts.join(' ') : undefined,
  };
}
