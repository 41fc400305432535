import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { BulkPreview } from '../../api/schema';
import { problemText } from '../../lib/words';
import { usePaused } from '../../lib/usePaused';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Consequences, type Consequence } from '../../ui/Consequences';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import type { Selection } from '../../ui/grid/selection';
import { Notice } from '../../ui/Notice';
import { previewBulk, recentTasksQuery, runBulk } from './api';
import { sentSelection, type Narrowing } from './selection';
import { TaskDialog } from './TaskDialog';
import { countedNoun, reasonsOf } from './words';

/** What can be done to many of a noun. */
export type BulkAction = {
  /** As the API calls them. */
  noun: string;
  name: string;
  /** `Suspend 3 customers`. */
  title: (what: string) => string;
  initial: Values;
  fields?: ReactNode;
  check?: (values: Values) => Problems;
  /** `undefined`: too little is filled in to tell anything. */
  previewed: (values: Values) => object | undefined;
  input: (values: Values) => object;
  /** What follows, the heaviest first. */
  consequences: (effects: BulkPreview['effects'], values: Values) => Consequence[];
  /** Said of those that would not change. */
  unchanged: (what: string, one: boolean) => string;
  hint?: string;
  /** Cannot be taken back; `held`: can be for a while, and takes much with it. */
  final?: 'confirmed' | 'held' | 'simple';
  /** Each row's change is told on demand. */
  shows?: 'changes';
  /** Something can be agreed to without which rows are left out. */
  asksConsent?: boolean;
};

type BulkDialogProps = {
  action: BulkAction;
  selection: Selection;
  filter: Narrowing;
  onClose: () => void;
  onBegun: () => void;
};

/** Says what would become of a selection, and has the server do it. */
export function BulkDialog({ action, onBegun, onClose, ...chosen }: BulkDialogProps) {
  const client = useQueryClient();
  const [task, setTask] = useState<string>();
  // It stays as it was when the dialog was opened: the list below clears its own when the task has begun.
  const [selection] = useState(() => sentSelection(chosen.selection, chosen.filter));
  if (task !== undefined) return <TaskDialog id={task} onClose={onClose} />;
  return (
    <Ask
      action={action}
      selection={selection}
      onClose={onClose}
      onBegun={(id) => {
        setTask(id);
        void client.invalidateQueries({ queryKey: recentTasksQuery().queryKey });
        onBegun();
      }}
    />
  );
}

function isTyped({ final }: BulkAction): boolean {
  return final === 'confirmed' || final === 'held';
}

type AskProps = {
  action: BulkAction;
  selection: ReturnType<typeof sentSelection>;
  onClose: () => void;
  onBegun: (task: string) => void;
};

function Ask({ action, selection, onClose, onBegun }: AskProps) {
  const { noun, name } = action;
  const request = { noun, action: name, selection };
  const form = useForm({
    initial: { ...action.initial, ...(isTyped(action) && { confirmation: '' }) },
    check: (values) => ({ ...action.check?.(values), ...confirmed(values) }),
    send: async (values, { key }) => onBegun(await runBulk({ ...request, input: action.input(values) }, key)),
  });
  const input = usePaused(JSON.stringify(action.previewed(form.values)));
  const preview = useQuery({
    queryKey: ['bulk', noun, name, input ?? '', selection],
    queryFn: ({ signal }) => previewBulk({ ...request, input: JSON.parse(input ?? '{}') }, signal),
    enabled: input !== undefined,
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const told = input === undefined ? undefined : preview.data;
  const waiting = input !== undefined && preview.isPending;
  const allowed = told?.allowed;
  const what = allowed === undefined ? undefined : countedNoun(noun, allowed);
  const confirmed = ({ confirmation }: Values): Problems =>
    confirmation === undefined || confirmation.trim() === String(allowed)
      ? {}
      : { confirmation: `Type ${allowed} to confirm.` };
  // What is so already may be made otherwise by other values.
  const possible =
    !told ||
    told.allowed > 0 ||
    (action.fields !== undefined && (told.unchanged > 0 || (action.asksConsent === true && told.total > 0)));
  const some = countedNoun(noun, 2).slice(2);
  const named = what ?? (selection.ids ? countedNoun(noun, selection.ids.length) : some);
  return (
    <Dialog title={waiting ? 'Looking at the selection' : `${action.title(named)}?`} onClose={onClose} form={form}>
      <FormView form={form} label={action.title(some)} className="dialog-form">
        <DialogBody busy={preview.isFetching}>
          <FormSummary />
          {waiting && <Skeletons lines={3} />}
          {preview.error && !told && (
            <Notice tone="danger">What would happen could not be found out. {problemText(preview.error)}</Notice>
          )}
          {told && told.allowed > 0 && (
            <Consequences list={action.consequences(told.effects, form.values)} none="Nothing else follows." />
          )}
          {told && action.shows && <Changes preview={told} />}
          {told && <LeftOut action={action} preview={told} />}
          {possible && !waiting && action.fields}
          {told && told.allowed > 0 && action.hint && <p className="hint">{action.hint}</p>}
          {told && told.allowed > 0 && isTyped(action) && (
            <TextField
              name="confirmation"
              label={`${action.final === 'held' ? '' : 'This cannot be undone. '}Type ${told.allowed} to confirm.`}
              spellCheck={false}
              autoFocus
            />
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>{possible ? 'Cancel' : 'Close'}</Button>
          {possible && (allowed !== 0 || action.asksConsent) && (
            <Button
              kind={action.final ? 'danger' : 'primary'}
              type="submit"
              isPending={form.busy}
              refusal={
                waiting
                  ? 'What would happen is still being looked up.'
                  : allowed === 0
                    ? 'All of them are left out like this.'
                    : undefined
              }
              autoFocus={action.fields === undefined && action.final === undefined}
            >
              {action.title(named)}
            </Button>
          )}
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

/** What each of the first rows would be. */
function Changes({ preview }: { preview: BulkPreview }) {
  const rows = preview.rows.filter(({ outcome }) => outcome === 'done');
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>{rows.length < preview.allowed ? `Show the first ${rows.length} changes` : 'Show every change'}</summary>
      {/* It scrolls, so it takes the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <ul className="results" aria-label="Changes" tabIndex={0}>
        {rows.map((row) => (
          <li key={row.subject_id}>
            <span>{row.subject_name}</span>
            <span>{row.detail}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function LeftOut({ action, preview }: { action: BulkAction; preview: BulkPreview }) {
  const { unchanged, allowed, total } = preview;
  const reasons = reasonsOf(preview);
  const refused = total - allowed - unchanged;
  if (unchanged === 0 && refused === 0) return null;
  const rows = preview.rows.filter(({ outcome }) => outcome === 'refused');
  return (
    <Notice>
      {unchanged > 0 && <p>{action.unchanged(countedNoun(action.noun, unchanged), unchanged === 1)}</p>}
      {refused > 0 && (
        <>
          <p>
            {countedNoun(action.noun, refused)} {refused === 1 ? 'is' : 'are'} left out
            {reasons.length === 1 ? `: ${reasons[0]?.detail}` : ':'}
          </p>
          {reasons.length > 1 && (
            <ul className="reasons">
              {reasons.map(({ detail, n }) => (
                <li key={detail}>
                  <b className="number">{n}</b> {detail}
                </li>
              ))}
            </ul>
          )}
          <details>
            <summary>{rows.length < refused ? `Show the first ${rows.length}` : 'Show which'}</summary>
            {/* It scrolls, so it takes the focus. */}
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <ul className="results" aria-label="Left out" tabIndex={0}>
              {rows.map((row) => (
                <li key={row.subject_id}>
                  <span>{row.subject_name ?? <span className="quiet">No longer there</span>}</span>
                  {reasons.length > 1 && <span>{row.detail}</span>}
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </Notice>
  );
}
