import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Hourglass, Trash2 } from 'lucide-react';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { useMay } from '../../app/useMe';
import { day } from '../../lib/format';
import { customerName, offers, refusalOf } from '../../lib/words';
import { Button } from '../../ui/Button';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { customerQuery, endTrial, restoreCustomer } from './api';

/** That a customer is on its way out, until when it can be restored, and how. */
export function Deleting({ customer }: { customer: Customer }) {
  const client = useQueryClient();
  const name = customerName(customer);
  const form = useForm({
    initial: { without: '' },
    send: async ({ without }) => {
      const restored = await restoreCustomer(customer.id, { without_taken_usernames: without === 'yes' });
      client.setQueryData(customerQuery(customer.id).queryKey, restored);
      toast(`${name} is back as it was`);
      await happened(client, 'customer.restored', customer);
    },
  });
  const { deletion, effective_state } = customer;
  if (!deletion) {
    if (!effective_state.deleting || !effective_state.cause) return null;
    return (
      <section className="attention" aria-label="Deletion">
        <Trash2 className="icon" aria-hidden />
        <div className="attention-text">
          <p className="strong">
            <Link to="/customers/$id" params={{ id: effective_state.cause }} className="link">
              {effective_state.cause_name}
            </Link>{' '}
            above it is to be deleted.
          </p>
          <p className="quiet">It goes along, or comes back with it. Backups are refused, restores work.</p>
        </div>
      </section>
    );
  }
  return (
    <section className="attention" aria-label="Deletion">
      <Trash2 className="icon" aria-hidden />
      <div className="attention-text">
        <p className="strong">On {day(deletion.due_at)} it is removed for good, with all that stands below it.</p>
        <p className="quiet">
          Deleted {deletion.by ? `by ${deletion.by} ` : ''}on {day(deletion.scheduled_at)}. Backups are refused,
          restores work until then.
        </p>
        <FormView form={form} label={`Cancel the deletion of ${name}`} className="attention-form">
          <FormSummary />
          {offers(customer, 'restore') && (
            <Button size="s" type="submit" isPending={form.busy} refusal={refusalOf(customer, 'restore')}>
              Cancel deletion
            </Button>
          )}
          {(form.problems['username'] ?? form.problems['email']) && (
            <Button
              size="s"
              isPending={form.busy}
              onPress={() => {
                form.set('without', 'yes');
                void form.submit();
              }}
            >
              {form.problems['email'] ? 'Cancel deletion, without them' : 'Cancel deletion, without the username'}
            </Button>
          )}
        </FormView>
      </div>
    </section>
  );
}

/** Until when a customer is on trial, and how it ends sooner. */
export function Trial({ customer }: { customer: Customer }) {
  const client = useQueryClient();
  const may = useMay('customer_end_trial');
  const name = customerName(customer);
  const form = useForm({
    initial: {},
    send: async () => {
      const ended = await endTrial(customer.id);
      client.setQueryData(customerQuery(customer.id).queryKey, ended);
      toast(`${name} is in production`);
      await happened(client, 'customer.trial_ended', customer);
    },
  });
  if (!customer.trial_ends_at || customer.deletion) return null;
  return (
    <section className="attention" aria-label="Trial">
      <Hourglass className="icon" aria-hidden />
      <div className="attention-text">
        <p className="strong">On trial until {day(customer.trial_ends_at)}.</p>
        <p className="quiet">It is not invoiced until then, and is in production by itself afterwards.</p>
        {may && offers(customer, 'end_trial') && (
          <FormView form={form} label={`End the trial of ${name}`} className="attention-form">
            <FormSummary />
            <Button size="s" type="submit" isPending={form.busy} refusal={refusalOf(customer, 'end_trial')}>
              End the trial now, for good
            </Button>
          </FormView>
        )}
      </div>
    </section>
  );
}
