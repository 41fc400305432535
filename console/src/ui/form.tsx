import { CircleAlert } from 'lucide-react';
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type FormEvent,
  type ReactNode,
} from 'react';
import { ApiError, idempotencyKey, isCode } from '../api/client';
import { fieldName, fieldProblem, problemText } from '../lib/words';
import { askToSignIn } from './unsaved';

/** What a form holds: texts under the names of the wire's fields, nested ones with a dot. */
export type Values = Record<string, string>;
export type Problems = Record<string, string>;

export type Form = {
  values: Values;
  /** What was wrong when it was sent. */
  problems: Problems;
  complaints: Problems;
  /** What was refused as a whole. */
  refusal: ReactNode;
  busy: boolean;
  changed: boolean;
  set: (field: string, value: string) => void;
  /** Text in a field that has no value yet: it is nothing that could be sent, and would be lost all the same. */
  draft: (field: string, text: string) => void;
  /** What a field has to say about what stands in it, before anything is sent; until it is changed. */
  complain: (field: string, problem: string) => void;
  /** For fields that show more than their value: asked before the form is sent. Gives back how to take it off again. */
  attach: (field: string, settle: Settle) => () => void;
  /** Takes back what was refused, because something outside of the form has changed. */
  forgive: () => void;
  /** Sends it; on failure the values stay and the summary takes the focus. */
  submit: () => Promise<void>;
  /** How often it could not be sent. */
  failures: number;
  id: string;
};

/** Turns what was typed into the field's value, and says what is wrong if it can't. */
export type Settle = () => Promise<string | undefined> | string | undefined;

/** One filling-in of a form. Sent again unchanged it is the same one; whatever was changed makes it another. */
export type Submission = {
  /** For `Idempotency-Key`: if the answer was lost, sending again does nothing twice. */
  key: string;
  /** When it was first sent, in milliseconds: what is counted from now stays the same when it is sent again. */
  at: number;
};

type FormOptions = {
  initial: Values;
  /** What can be seen to be wrong without asking the server. */
  check?: (values: Values) => Problems;
  send: (values: Values, submission: Submission) => Promise<void>;
  /** The wording of a refusal that has no field, where this form has more to say than the code. */
  explain?: (error: unknown) => ReactNode;
};

let forms = 0;

export function useForm({ initial, check, send, explain }: FormOptions): Form {
  const [first] = useState(initial);
  const [id] = useState(() => `form${(forms += 1)}`);
  const [values, setValues] = useState(initial);
  const [problems, setProblems] = useState<Problems>({});
  const [complaints, setComplaints] = useState<Problems>({});
  const [drafts, setDrafts] = useState<Values>({});
  const [refusal, setRefusal] = useState<ReactNode>();
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState(0);
  const [settlers] = useState(() => new Map<string, Settle>());
  const submissionOf = useSubmissions();
  // What a field settles while the form is being sent counts at once, and so does what follows from it.
  const held = useRef(initial);
  const latest = useRef({ check, send, explain });
  useLayoutEffect(() => {
    latest.current = { check, send, explain };
  });

  const set = useCallback((field: string, value: string) => {
    held.current = { ...held.current, [field]: value };
    setValues(held.current);
    setProblems((old) => withoutField(old, field));
    setComplaints((old) => withoutField(old, field));
  }, []);

  const draft = useCallback((field: string, text: string) => {
    setDrafts((old) => ((old[field] ?? '') === text ? old : { ...old, [field]: text }));
  }, []);

  const complain = useCallback((field: string, problem: string) => {
    setComplaints((old) => ({ ...old, [field]: problem }));
  }, []);

  const attach = useCallback(
    (field: string, settle: Settle) => {
      settlers.set(field, settle);
      return () => void settlers.delete(field);
    },
    [settlers],
  );

  const forgive = useCallback(() => {
    setProblems({});
    setRefusal(undefined);
  }, []);

  const fail = (found: Problems, whole: ReactNode) => {
    setProblems(found);
    setRefusal(whole);
    setFailures((n) => n + 1);
  };

  const submit = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const unsettled = await settleAll(settlers);
      const found = { ...latest.current.check?.(held.current), ...unsettled };
      if (Object.keys(found).length > 0) return fail(found, undefined);
      forgive();
      await latest.current.send(held.current, submissionOf(held.current));
    } catch (error) {
      if (isCode(error, 'sign_in_required')) askToSignIn(true);
      const fields = fieldsOf(error);
      const whole = latest.current.explain?.(error) ?? problemText(error);
      fail(fields, Object.keys(fields).length > 0 ? undefined : whole);
    } finally {
      setBusy(false);
    }
  };

  const changed = useMemo(
    () =>
      Object.keys(values).some((field) => values[field] !== first[field]) ||
      Object.values(drafts).some((text) => text.trim() !== ''),
    [values, first, drafts],
  );
  return {
    values,
    problems,
    complaints,
    refusal,
    busy,
    changed,
    set,
    draft,
    complain,
    attach,
    forgive,
    submit,
    failures,
    id,
  };
}

async function settleAll(settlers: ReadonlyMap<string, Settle>): Promise<Problems> {
  const found: Problems = {};
  for (const [field, settle] of settlers) {
    // One field after the other: each may depend on what another one has become.
    // oxlint-disable-next-line no-await-in-loop
    const problem = await settle();
    if (problem) found[field] = problem;
  }
  return found;
}

/** A submission for each state of a form, remembered: whoever goes back to what was sent before sends that again. */
function useSubmissions(): (values: Values) => Submission {
  const [known] = useState(() => new Map<string, Submission>());
  return (values) => {
    const state = JSON.stringify(values);
    const submission = known.get(state) ?? { key: idempotencyKey(), at: Date.now() };
    known.set(state, submission);
    return submission;
  };
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

export const FormContext = createContext<Form | undefined>(undefined);

export function useFormField(name: string) {
  const form = use(FormContext);
  if (!form) throw new Error('A field stands in a FormView.');
  const problem =
    form.problems[name] ??
    Object.entries(form.problems).find(([key]) => isPartOf(key, name))?.[1] ??
    form.complaints[name];
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
