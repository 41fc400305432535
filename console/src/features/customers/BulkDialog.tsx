import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Customer, Mode } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { counted } from '../../lib/format';
import { customerName, problemText } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { FormSummary, FormView, useForm } from '../../ui/form';
import type { Selection } from '../../ui/grid/selection';
import { Notice } from '../../ui/Notice';
import { activateCustomer, allCustomers, showCustomer, suspendCustomer, type CustomerFilter } from './api';
import {
  byCause,
  inLanes,
  planOf,
  knownAtOnce,
  runAll,
  type BulkAction,
  type Outcome,
  type Plan,
  type Preview,
} from './bulk';
import { ConsequenceList } from './ConsequenceList';
import { checkSuspension, modeOf, SuspendFields, suspensionOf } from './SuspendFields';

type BulkDialogProps = {
  action: BulkAction;
  selection: Selection;
  filter: CustomerFilter;
  onClose: () => void;
  onDone: () => void;
};

const VERB: Record<BulkAction, string> = { suspend: 'Suspend', activate: 'Activate' };
const DONE: Record<BulkAction, string> = { suspend: 'suspended', activate: 'activated' };

/** Says what would happen to the selection, does it, and says for each customer how it went. */
export function BulkDialog({ action, selection, filter, onClose, onDone }: BulkDialogProps) {
  const client = useQueryClient();
  const [outcomes, setOutcomes] = useState<Outcome[]>();
  const [finished, setFinished] = useState(false);
  const form = useForm({
    initial: { reason: '', mode: 'stop_backups', public_message: '' },
    check: (values) => (action === 'suspend' ? checkSuspension(values) : {}),
    send: async (values) => {
      const changing = plan.data?.changing ?? [];
      setOutcomes([]);
      await runAll(
        changing,
        (customer) =>
          action === 'suspend'
            ? suspendCustomer(customer.id, suspensionOf(values), false)
            : activateCustomer(customer.id, false),
        (outcome) => setOutcomes((old) => [...(old ?? []), outcome]),
      );
      setFinished(true);
      onDone();
      await happened(client, action === 'suspend' ? 'customer.suspended' : 'customer.activated', ...changing);
    },
  });

  const mode = modeOf(form.values);
  const plan = useQuery({
    queryKey: ['bulk', action, mode, selection.kind, [...named(selection)], filter],
    queryFn: ({ signal }) => preview(action, mode, selection, filter, signal),
    staleTime: 0,
    gcTime: 0,
    placeholderData: (old) => old,
    refetchOnWindowFocus: false,
  });
  if (outcomes && plan.data) {
    return (
      <Results
        action={action}
        outcomes={outcomes}
        of={plan.data.changing.length}
        finished={finished}
        onClose={onClose}
      />
    );
  }
  const size = plan.data?.changing.length ?? 0;
  const what = counted(size, 'customer');
  return (
    <Dialog
      title={plan.data ? `${VERB[action]} ${what}?` : `${VERB[action]}: looking at the selection`}
      onClose={onClose}
      form={form}
    >
      <FormView form={form} label={`${VERB[action]} customers`} className="dialog-form">
        <DialogBody busy={plan.isFetching}>
          {plan.isPending && <Skeletons lines={4} />}
          {plan.error && (
            <Notice tone="danger">What would happen could not be found out. {problemText(plan.error)}</Notice>
          )}
          {plan.data && (
            <>
              <FormSummary />
              <ConsequenceList action={action} consequences={plan.data.consequences} />
              <Skipped action={action} plan={plan.data} />
              {/* Those that are suspended already may be suspended in the other mode. */}
              {action === 'suspend' && size + plan.data.unchanged.length > 0 && <SuspendFields />}
              {size > 0 && (
                <p className="hint">
                  {action === 'suspend'
                    ? 'Nothing is deleted. Activating restores exactly what was.'
                    : 'Where a customer above is suspended, backups stay off until that one is activated too.'}
                </p>
              )}
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>{size > 0 || plan.isPending ? 'Cancel' : 'Close'}</Button>
          {size > 0 && (
            <Button kind="primary" type="submit" isPending={form.busy}>
              {VERB[action]} {what}
            </Button>
          )}
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function Skipped({ action, plan }: { action: BulkAction; plan: Plan }) {
  const { unchanged, held, refused } = plan;
  if (unchanged.length === 0 && held.length === 0 && refused.length === 0) return null;
  return (
    <Notice>
      {unchanged.length > 0 && (
        <p>
          {counted(unchanged.length, 'customer is', 'customers are')} {action === 'suspend' ? 'suspended' : 'active'}{' '}
          already: nothing to do.
        </p>
      )}
      {[...byCause(held)].map(([cause, n]) => (
        <p key={cause ?? ''}>
          {counted(n, 'customer is', 'customers are')} suspended{' '}
          {cause ? `because ${cause} above is: activate that one.` : 'from above what you see.'}
        </p>
      ))}
      {refused.length > 0 && (
        <details open={refused.length <= 3}>
          <summary>{counted(refused.length, 'customer is', 'customers are')} left out</summary>
          <ul className="results">
            {refused.map(({ customer, reason }) => (
              <li key={customer.id}>
                <span>{customerName(customer)}</span>
                <span>{reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Notice>
  );
}

type ResultsProps = { action: BulkAction; outcomes: Outcome[]; of: number; finished: boolean; onClose: () => void };

function Results({ action, outcomes, of, finished, onClose }: ResultsProps) {
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  const worked = outcomes.length - failed.length;
  return (
    <Dialog title={`${counted(worked, 'customer')} ${DONE[action]}`} onClose={onClose} busy={!finished}>
      <DialogBody busy={!finished}>
        <p role="status">
          {!finished && `${outcomes.length} of ${of} done.`}
          {finished && failed.length === 0 && 'All of them went through.'}
          {finished && failed.length > 0 && `${counted(failed.length, 'customer')} could not be ${DONE[action]}.`}
        </p>
        <progress className="progress" max={of} value={outcomes.length} aria-label="Customers done" />
        <ul className="results" aria-label="Result for each customer">
          {outcomes.map(({ customer, problem }) => (
            <li key={customer.id}>
              <span>{customerName(customer)}</span>
              <span className={problem ? undefined : 'quiet'} data-tone={problem ? 'danger' : undefined}>
                {problem ?? DONE[action]}
              </span>
            </li>
          ))}
        </ul>
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose} refusal={finished ? undefined : 'Not all are done yet.'}>
          Close
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

async function preview(
  action: BulkAction,
  mode: Mode,
  selection: Selection,
  filter: CustomerFilter,
  signal: AbortSignal,
): Promise<Plan> {
  const chosen = await chosenCustomers(selection, filter, signal);
  const previews: Preview[] = [];
  await inLanes(chosen, async (customer, index) => {
    previews[index] = knownAtOnce(customer, action, mode) ?? (await ask(customer, action, mode));
  });
  return planOf(previews);
}

async function chosenCustomers(selection: Selection, filter: CustomerFilter, signal: AbortSignal): Promise<Customer[]> {
  if (selection.kind === 'all') {
    const matching = await allCustomers(filter, signal);
    return matching.filter((customer) => !selection.except.has(customer.id));
  }
  const ids = [...selection.ids];
  const chosen: Customer[] = [];
  await inLanes(ids, async (id, index) => {
    chosen[index] = await showCustomer(id, signal);
  });
  return chosen;
}

async function ask(customer: Customer, action: BulkAction, mode: Mode): Promise<Preview> {
  try {
    const answer =
      action === 'suspend'
        ? await suspendCustomer(customer.id, { reason: 'Preview', mode }, true)
        : await activateCustomer(customer.id, true);
    return answer.changes
      ? { customer, kind: 'changes', consequences: answer.consequences }
      : { customer, kind: 'unchanged' };
  } catch (error) {
    return { customer, kind: 'refused', reason: problemText(error) };
  }
}

function named(selection: Selection): ReadonlySet<string> {
  return selection.kind === 'some' ? selection.ids : selection.except;
}
