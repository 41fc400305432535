import { useQueryClient } from '@tanstack/react-query';
import type { Event } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm } from '../../ui/form';
import type { Selection } from '../../ui/grid/selection';
import { toast } from '../../ui/Toasts';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import type { Narrowing } from '../tasks/selection';
import { acknowledgeEvent, resolveEvent } from './api';
import { acknowledgement, titleOf, UNTIL } from './words';

export type Decision = 'acknowledge' | 'resolve';

type DecideDialogProps = { event: Event; decision: Decision; onClose: () => void };

/** Somebody looks after an event, or says that it is mended. */
export function DecideDialog({ event, decision, onClose }: DecideDialogProps) {
  const client = useQueryClient();
  const title = titleOf(event);
  const [verb, done] =
    decision === 'acknowledge' ? (['Acknowledge', 'acknowledged'] as const) : (['Resolve', 'resolved'] as const);
  const form = useForm({
    initial: { reason: '', days: '' },
    send: async (values) => {
      const body = acknowledgement(values, Date.now());
      const decided = await (decision === 'acknowledge'
        ? acknowledgeEvent(event.id, body)
        : resolveEvent(event.id, { ...(body.reason && { reason: body.reason }) }));
      onClose();
      toast(`${title} ${done}`);
      await happened(client, `event.${done}`, event, decided);
    },
  });
  return (
    <Dialog title={`${verb} “${title}”?`} onClose={onClose} form={form}>
      <FormView form={form} label={verb} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>{event.detail}</p>
          <DecisionFields decision={decision} />
          <p className="hint">{HINTS[decision]}</p>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {verb}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

const HINTS: Record<Decision, string> = {
  acknowledge: 'It is counted no more, and opens again where it gets worse.',
  resolve: 'Where the same comes again, it opens again.',
};

function DecisionFields({ decision }: { decision: Decision }) {
  return (
    <>
      <TextField name="reason" label="Reason" hint="Optional; kept with it." maxLength={500} autoFocus />
      {decision === 'acknowledge' && <SelectField name="days" label="For" options={[...UNTIL]} />}
    </>
  );
}

type BulkProps = {
  decision: Decision;
  selection: Selection;
  filter: Narrowing;
  onClose: () => void;
  onBegun: () => void;
};

/** The same for many. */
export function DecideManyDialog({ decision, ...props }: BulkProps) {
  return <BulkDialog action={ACTIONS[decision]} {...props} />;
}

const ACTIONS: Record<Decision, BulkAction> = {
  acknowledge: {
    noun: 'events',
    name: 'acknowledge',
    title: (what) => `Acknowledge ${what}`,
    initial: { reason: '', days: '' },
    fields: <DecisionFields decision="acknowledge" />,
    previewed: () => ({}),
    input: (values) => acknowledgement(values, Date.now()),
    consequences: ({ events = 0 }) => [
      { n: events, text: events === 1 ? 'event is counted no more' : 'events are counted no more' },
    ],
    unchanged: (what) => `${what}: nothing to do.`,
    hint: HINTS.acknowledge,
  },
  resolve: {
    noun: 'events',
    name: 'resolve',
    title: (what) => `Resolve ${what}`,
    initial: { reason: '' },
    fields: <DecisionFields decision="resolve" />,
    previewed: () => ({}),
    input: ({ reason = '' }) => acknowledgement({ reason }, 0),
    consequences: ({ events = 0 }) => [{ n: events, text: events === 1 ? 'event is over' : 'events are over' }],
    unchanged: (what) => `${what}: nothing to do.`,
    hint: HINTS.resolve,
  },
};
