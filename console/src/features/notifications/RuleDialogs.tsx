import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import type { NotificationRule } from '../../api/schema';
import { browserZone, counted, exact } from '../../lib/format';
import { usePaused } from '../../lib/usePaused';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, SelectField, TextArea, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Values } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { undoSave } from '../../ui/undo';
import { createRule, deleteRule, previewRule, replaceRule, rulesQuery } from './api';
import { check, DELAYS, HOURS, OWN, valuesOf, WHICH, wireOf } from './words';

export type Wish = 'edit' | 'remove';

type RuleDialogProps = { customer: string; rule?: NotificationRule; wish: Wish; onClose: () => void };

export function RuleDialog({ customer, rule, wish, onClose }: RuleDialogProps) {
  if (rule && wish === 'remove') return <RemoveDialog rule={rule} onClose={onClose} />;
  return <EditDialog customer={customer} rule={rule} onClose={onClose} />;
}

type EditDialogProps = { customer: string; rule: NotificationRule | undefined; onClose: () => void };

function EditDialog({ customer, rule, onClose }: EditDialogProps) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: rulesQuery(customer).queryKey });
  const title = rule ? `Edit ${rule.name}` : 'Add a rule';
  const form = useForm({
    initial: valuesOf(rule, browserZone()),
    check,
    send: async (values, { key }) => {
      const wanted = wireOf(values);
      if (rule) {
        const saved = await replaceRule(rule, wanted);
        const former = wireOf(valuesOf(rule, browserZone()));
        toast(
          `${wanted.name} saved`,
          undoSave(saved, () => replaceRule(saved, former), renew),
        );
      } else {
        await createRule(customer, wanted, key);
        toast(`${wanted.name} added`);
      }
      onClose();
      await renew();
    },
  });
  const daily = form.values['pace'] === 'day';
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          <SelectField
            name="which"
            label="Events"
            options={[...WHICH, { value: OWN, label: 'By a filter of your own' }]}
          />
          {form.values['which'] === OWN && (
            <TextField
              name="filter"
              label="Filter"
              hint='As in type == no_backup and customer_name ~ "bakery"'
              maxLength={2000}
            />
          )}
          <TextArea name="recipients" label="To" hint="Addresses, one on each line." maxLength={5000} />
          <SelectField
            name="pace"
            label="When"
            options={[
              { value: 'event', label: 'As it happens' },
              { value: 'day', label: 'Once a day, together' },
            ]}
          />
          {daily ? (
            <>
              <SelectField name="at_hour" label="At" options={HOURS} />
              <TextField name="time_zone" label="Time zone" hint="As in Europe/Berlin" maxLength={100} />
            </>
          ) : (
            <>
              <SelectField name="delay_minutes" label="Told" options={[...DELAYS]} />
              <TextField
                name="from"
                label="Quiet from"
                optional
                hint="As 22:00; what comes is told afterwards."
                maxLength={5}
              />
              <TextField name="to" label="Quiet to" optional maxLength={5} />
            </>
          )}
          <CheckField name="enabled" label="Send mails" />
          <Preview customer={customer} values={form.values} />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {rule ? 'Save' : 'Add'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

/** What it would tell of what is open now. */
function Preview({ customer, values }: { customer: string; values: Values }) {
  const ready = Object.keys(check({ ...values, name: values['name'] || '-' })).length === 0;
  const input = usePaused(ready ? JSON.stringify(wireOf({ ...values, name: values['name'] || '-' })) : undefined);
  const preview = useQuery({
    queryKey: ['preview', 'notification_rule', customer, input ?? ''],
    queryFn: ({ signal }) => previewRule(customer, JSON.parse(input ?? '{}'), signal),
    enabled: input !== undefined,
    retry: false,
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  });
  const told = input === undefined ? undefined : preview.data;
  if (!told) return null;
  return (
    <section aria-label="Preview" className="quiet">
      <p>
        {told.total === 0
          ? 'No event is open'
          : `${counted(told.total, 'event')} ${told.total === 1 ? 'is' : 'are'} open`}{' '}
        that it is for. What opens now is told at {exact(told.at)}.
      </p>
      {told.total > 0 && (
        <details>
          <summary>Show such a mail</summary>
          <pre className="secret-text">
            <code>{`${told.subject}\n\n${told.text}`}</code>
          </pre>
        </details>
      )}
    </section>
  );
}

function RemoveDialog({ rule, onClose }: { rule: NotificationRule; onClose: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initial: {},
    send: async () => {
      await deleteRule(rule.id);
      onClose();
      toast(`${rule.name} removed`);
      await client.invalidateQueries({ queryKey: rulesQuery(rule.customer_id).queryKey });
    },
  });
  return (
    <Dialog title={`Remove ${rule.name}?`} onClose={onClose} form={form}>
      <FormView form={form} label={`Remove ${rule.name}`} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>Nobody is told by it any more, of what waits to be told either.</p>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isPending={form.busy}>
            Remove {rule.name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
