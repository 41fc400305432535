import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { useMay } from '../../app/useMe';
import { setupQuery } from '../sessions/api';
import { save, Stale, type Saving } from '../../lib/save';
import { customerName, fieldName, refusalOf } from '../../lib/words';
import { Failed, NotForRole, Skeletons } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { ChoiceField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, useFormField, type Values } from '../../ui/form';
import { LeaveGuard } from '../../ui/LeaveGuard';
import { NewPasswordFields } from '../../ui/NewPassword';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { toast } from '../../ui/Toasts';
import { customerFormQuery, customerQuery, showCustomer, storageLocationsQuery, updateCustomer } from './api';
import { CustomerCrumbs } from './CustomerCrumbs';
import { checkEdit, conflictsOf, follows, isSaved, updateOf, valuesOf, type Conflict } from './edit';
import { KINDS } from './kinds';
import { POOLS, PlaceFields } from './PlaceFields';
import { ProfileFields } from './ProfileFields';
import { ServiceFields } from './ServiceFields';
import { undoEdit } from './undo';
import { useTitle } from '../../ui/useTitle';

const route = getRouteApi('/frame/customers/$id/edit');

export function EditPage() {
  const { id } = route.useParams();
  const may = useMay('customer_update');
  const customer = useQuery(customerFormQuery(id));
  const name = customer.data && customerName(customer.data);
  useTitle(name && `Edit ${name}`);
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <CustomerCrumbs customer={customer.data} withItself />
          <h1>Edit {name}</h1>
        </div>
      </header>
      {!may && <NotForRole />}
      {may && customer.isPending && <Skeletons lines={6} />}
      {may && customer.error && !customer.data && (
        <Failed what="The customer" error={customer.error} onRetry={() => void customer.refetch()} />
      )}
      {may && customer.data && !customer.isFetching && <EditForm key={id} customer={customer.data} />}
    </div>
  );
}

function EditForm({ customer }: { customer: Customer }) {
  const client = useQueryClient();
  const go = useNavigate();
  const [base, setBase] = useState(customer);
  const [conflicts, setConflicts] = useState<Conflict[]>([]);
  const [unanswered] = useState<Values[]>([]);
  const locations = useQuery(storageLocationsQuery()).data;
  const refusal = refusalOf(customer, 'edit');
  // While mail is off nothing offers to send.
  const mailIsOn = useQuery({ ...setupQuery(), staleTime: 60_000 }).data?.mail_enabled === true;
  const offersDetails = useMay('account_details_send') && mailIsOn && customer.level !== 'site';
  // What is fixed from above is no field for the customer's own people.
  const isOwn = customer.level !== 'provider' && !customer.parent_id;
  const saved = async (now: Customer) => {
    toast(
      `${customerName(now)} saved`,
      undoEdit(client, customer, now),
      offersDetails
        ? {
            label: 'Send account details…',
            run: () => void go({ to: '/customers/$id', params: { id: now.id }, search: { add: 'details' } }),
          }
        : undefined,
    );
    client.setQueryData(customerQuery(now.id).queryKey, now);
    void happened(client, 'customer.updated', now);
    await go({ to: '/customers/$id', params: { id: customer.id }, ignoreBlocker: true });
  };
  const form = useForm({
    initial: valuesOf(customer),
    check: (values) => checkEdit(values, base, locations),
    send: async (values) => {
      const saving: Saving<Customer, Values> = {
        update: (on, wanted) => updateCustomer(on, updateOf(wanted, valuesOf(on), locations)),
        latest: () => showCustomer(customer.id),
        isSaved: (row, wanted) => isSaved(wanted, valuesOf(row), locations),
        follows: (row, sent, wanted) => follows(sent, wanted, valuesOf(row), locations),
      };
      try {
        await saved(await save(saving, base, values, unanswered));
      } catch (error) {
        if (!(error instanceof Stale)) throw error;
        const latest = error.latest as Customer;
        const found = conflictsOf(valuesOf(base), valuesOf(latest), unanswered);
        setConflicts(found);
        setBase(latest);
        // What was not touched here follows; what was typed stays.
        for (const { field, was, is } of found) {
          if ((values[field] ?? '') === was) form.set(field, is);
        }
        throw error;
      }
    },
    explain: explainStale,
  });
  return (
    <FormView form={form} label="Edit customer">
      <FormSummary />
      {conflicts.length > 0 && (
        <Notice tone="warning">
          <ul>
            {conflicts.map(({ field, was, is }) => (
              <li key={field}>
                {fieldName(field)}: was {was || 'empty'}, is now {is || 'empty'}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <Section title="Customer">
        {customer.level === 'site' && (
          <TextField
            name="name"
            label="Name"
            hint="Letters, digits and underscores; unique within the customer. Devices and pass keys stay with the site."
            maxLength={64}
            spellCheck={false}
          />
        )}
        <TextField name="company_name" label="Company name" maxLength={255} />
        <TextField name="email" label="Email" type="email" maxLength={254} optional />
        <PlaceOrFact customer={base} />
      </Section>
      {customer.level !== 'site' && (
        <Section title="Own account">
          <AccountFields fixed={Boolean(base.username)} />
        </Section>
      )}
      {customer.level !== 'site' && !isOwn && (
        <Section title="Kind and limit">
          <Services customer={base} />
          <ChoiceField name="kind" label="Kind" options={KINDS} />
          <TextField
            name="max_devices"
            label="Most devices"
            type="number"
            hint="Below what is there already, it only stops additions. Empty: as many as wanted."
            optional
          />
        </Section>
      )}
      <Section title="Profile">
        <ProfileFields internal={!isOwn} />
      </Section>
      <footer className="form-foot">
        <Button kind="primary" type="submit" isPending={form.busy} refusal={refusal}>
          Save
        </Button>
        <LinkButton to="/customers/$id" params={{ id: customer.id }}>
          Cancel
        </LinkButton>
      </footer>
      <LeaveGuard when={form.changed} what={`the changes to ${customerName(customer)}`} />
    </FormView>
  );
}

function explainStale(error: unknown): ReactNode {
  if (!(error instanceof Stale)) return undefined;
  return (
    <>
      <p className="strong">Somebody else has changed this customer in the meantime. Nothing was saved.</p>
      <p>What you typed is still here; the rest of the form now shows theirs. Look at it and save again.</p>
    </>
  );
}

/** The storage location is chosen once; afterwards a new country moves nothing. */
function PlaceOrFact({ customer }: { customer: Customer }) {
  const locations = useQuery(storageLocationsQuery()).data ?? [];
  const location = locations.find(({ id }) => id === customer.storage_location_id);
  if (!customer.storage_location_id) return <PlaceFields />;
  return (
    <>
      <PlaceFields fixed />
      <p className="form-fact">
        <span className="field-label">Storage location</span>
        <span>{location?.name ?? customer.storage_location_id}</span>
        <span className="hint">Chosen once: another country does not change it. {POOLS}</span>
      </p>
    </>
  );
}

function Services({ customer }: { customer: Customer }) {
  const id = customer.parent_id ?? '';
  const parent = useQuery({ ...customerQuery(id), enabled: id !== '' }).data;
  return <ServiceFields level={customer.level} parent={parent} />;
}

function AccountFields({ fixed }: { fixed: boolean }) {
  const { value } = useFormField('username');
  return (
    <>
      <TextField
        name="username"
        label="Username"
        hint={
          fixed
            ? 'A username never changes. Set a new password from the customer’s page.'
            : 'Letters, digits and underscores; unique in the whole installation. It never changes.'
        }
        maxLength={64}
        spellCheck={false}
        readOnly={fixed}
        optional={!fixed}
      />
      {!fixed && value !== '' && (
        <NewPasswordFields advice="Keep username and password in a safe place: the password is not shown again." />
      )}
    </>
  );
}
