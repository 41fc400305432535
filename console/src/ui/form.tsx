import { CircleAlert } from 'lucide-react';
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type FormEvent,
  type ReactNode,
} from 'react';
import { ApiError } from '../api/client';
import { fieldName, fieldProblem, problemText } from '../lib/words';

/** What a form holds: texts under the names of the wire's fields, nested ones with a dot. */
export type Values = Record<string, string>;
export type Problems = Record<string, string>;

export type Form = {
  values: Values;
  problems: Problems;
  /** What was refused as a whole. */
  refusal: ReactNode;
  busy: boolean;
  changed: boolean;
  set: (field: string, value: string) => void;
  /** Sends it; on failure the values stay and the summary takes the focus. */
  submit: () => Promise<void>;
  /** How often it could not be sent. */
  failures: number;
  id: string;
};

type FormOptions = {
  initial: Values;
  /** What can be seen to be wrong without asking the server. */
  check?: (values: Values) => Problems;
  send: (values: Values) => Promise<void>;
  /** The wording of a refusal that has no field, where this form has more to say than the code. */
  explain?: (error: unknown) => ReactNode;
};

let forms = 0;

export function useForm({ initial, check, send, explain }: FormOptions): Form {
  const [first] = useState(initial);
  const [id] = useState(() => `form${(forms += 1)}`);
  const [values, setValues] = useState(initial);
  const [problems, setProblems] = useState<Problems>({});
  const [refusal, setRefusal] = useState<ReactNode>();
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState(0);

  const set = useCallback((field: string, value: string) => {
    setValues((old) => ({ ...old, [field]: value }));
    setProblems((old) => withoutField(old, field));
  }, []);

  const fail = (found: Problems, whole: ReactNode) => {
    setProblems(found);
    setRefusal(whole);
    setFailures((n) => n + 1);
  };

  const submit = async () => {
    if (busy) return;
    const found = check?.(values) ?? {};
    if (Object.keys(found).length > 0) return fail(found, undefined);
    setBusy(true);
    setProblems({});
    setRefusal(undefined);
    try {
      await send(values);
    } catch (error) {
      const fields = fieldsOf(error);
      fail(fields, Object.keys(fields).length > 0 ? undefined : (explain?.(error) ?? problemText(error)));
    } finally {
      setBusy(false);
    }
  };

  const changed = useMemo(() => Object.keys(values).some((field) => values[field] !== first[field]), [values, first]);
  return { values, problems, refusal, busy, changed, set, submit, failures, id };
}

function fieldsOf(error: unknown): Problems {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries((error.problem.errors ?? []).map((field) => [field.field, fieldProblem(field)]));
}

/** An answer may speak of `sites[1]`; the field on the page is `sites`. */
function withoutField(problems: Problems, field: string): Problems {
  return Object.fromEntries(Object.entries(problems).filter(([name]) => name !== field && !isPartOf(name, field)));
}

function isPartOf(name: string, field: string): boolean {
  return name.startsWith(`${field}.`) || name.startsWith(`${field}[`);
}

const FormContext = createContext<Form | undefined>(undefined);

export function useFormField(name: string) {
  const form = use(FormContext);
  if (!form) throw new Error('A field stands in a FormView.');
  const problem = form.problems[name] ?? Object.entries(form.problems).find(([key]) => isPartOf(key, name))?.[1];
  const id = fieldId(form.id, name);
  return { form, id, problem, value: form.values[name] ?? '', set: (value: string) => form.set(name, value) };
}

function fieldId(form: string, name: string): string {
  return `${form}-${name.replaceAll('.', '-')}`;
}

type FormViewProps = { form: Form; label: string; className?: string; children: ReactNode };

export function FormView({ form, label, className = 'form', children }: FormViewProps) {
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void form.submit();
  };
  return (
    <FormContext value={form}>
      <form className={className} aria-label={label} noValidate onSubmit={onSubmit} aria-busy={form.busy}>
        {children}
      </form>
    </FormContext>
  );
}

/** What is wrong, in one place: it takes the focus after a failed submission, and leads to each field. */
export function FormSummary() {
  const form = use(FormContext);
  if (!form) throw new Error('A summary stands in a FormView.');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (form.failures > 0) box.current?.focus();
  }, [form.failures]);
  const entries = Object.entries(form.problems);
  if (entries.length === 0 && !form.refusal) return null;
  return (
    <div className="form-summary" role="alert" tabIndex={-1} ref={box}>
      <CircleAlert className="icon" aria-hidden />
      <div>
        {form.refusal && <div>{form.refusal}</div>}
        {entries.length > 0 && (
          <>
            <p className="strong">
              {entries.length === 1 ? 'One field needs a change.' : `${entries.length} fields need a change.`}
            </p>
            <ul>
              {entries.map(([field, problem]) => (
                <li key={field}>
                  <a href={`#${fieldId(form.id, field)}`} onClick={(event) => focusField(event, form.id, field)}>
                    {fieldName(field)}: {problem}
                  </a>
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </div>
  );
}

function focusField(event: React.MouseEvent, form: string, field: string): void {
  event.preventDefault();
  const target =
    document.getElementById(fieldId(form, field)) ?? document.getElementById(fieldId(form, field.split(/[.[]/u)[0]!));
  target?.focus();
}
