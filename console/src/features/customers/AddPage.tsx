import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Customer, Level } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { useMay, useScope } from '../../app/useMe';
import { customerName, explainNoAnswer, LEVEL, LEVEL_IN_WORDS, LEVEL_PLURAL, refusalOf } from '../../lib/words';
import { Blank, Failed, NotForRole, Skeletons } from '../../ui/Blank';
import { Breadcrumbs } from '../../ui/Breadcrumbs';
import { Button, LinkButton } from '../../ui/Button';
import { CheckField, ChoiceField, SelectField, TextArea, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, useFormField } from '../../ui/form';
import { LeaveGuard } from '../../ui/LeaveGuard';
import { NewPasswordFields } from '../../ui/NewPassword';
import { Section } from '../../ui/Section';
import { createCustomer, customerQuery, LEVELS_BELOW, storageLocationsQuery } from './api';
import { invitationKey } from './AddedPage';
import { checkNew, createOf, emptyValues } from './edit';
import { KINDS } from './kinds';
import { ParentField } from './ParentField';
import { nearestParentQuery } from './parents';
import { PlanField } from './PlanField';
import { PlaceFields } from './PlaceFields';
import { setupQuery } from '../sessions/api';
import { ServiceFields } from './ServiceFields';
import { ProfileFields } from './ProfileFields';
import { TemplateField } from '../templates/TemplateField';
import { Twin } from './Twin';
import { useTitle } from '../../ui/useTitle';

const route = getRouteApi('/frame/customers/new');

/** Adds a customer of any level but site. The parent is the one that was chosen before, or the nearest that may have one. */
export function AddPage() {
  useTitle('Add customer');
  const { parent } = route.useSearch();
  const scope = useScope();
  const may = useMay('customer_create');
  const start = useQuery({ ...nearestParentQuery(parent ?? scope.id), enabled: may });
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <Breadcrumbs>
            {[
              <Link key="list" activeOptions={{ exact: true }} to="/customers" className="plain-link">
                Customers
              </Link>,
            ]}
          </Breadcrumbs>
          <h1>Add customer</h1>
        </div>
      </header>
      {!may && <NotForRole />}
      {may && start.isPending && <Skeletons lines={6} />}
      {start.error && <Failed what="The form" error={start.error} onRetry={() => void start.refetch()} />}
      {may && start.data === null && <Nowhere />}
      {may && start.data && <AddForm parent={start.data} />}
    </div>
  );
}

/** Neither where one stands nor anywhere above is there somebody who may have a new customer. */
function Nowhere() {
  const { id } = useScope();
  const scope = useQuery(customerQuery(id)).data;
  const name = scope ? customerName(scope) : 'This customer';
  return (
    <Blank title="There is nobody to add a customer to">
      <p>
        Customers stand under resellers and those above them. {name} is none, or is suspended, as is all above it that
        you see.
      </p>
      <LinkButton to="/customers/$id" params={{ id }}>
        Open {name}
      </LinkButton>
    </Blank>
  );
}

function AddForm({ parent: initialParent }: { parent: Customer }) {
  const client = useQueryClient();
  const go = useNavigate();
  const locations = useQuery(storageLocationsQuery()).data;
  const form = useForm({
    initial: emptyValues(initialParent.id),
    check: (values) => checkNew(values, level, locations),
    send: async (values, { key }) => {
      if (!level) return;
      const made = await createCustomer(createOf(values, level, locations), key);
      client.setQueryData(invitationKey(made.id), made.invitation ?? null);
      void happened(client, 'customer.created', made);
      await go({
        to: '/customers/$id/added',
        params: { id: made.id },
        state: { warnings: made.warnings },
        replace: true,
        ignoreBlocker: true,
      });
    },
    explain: explainNoAnswer,
  });
  const parentId = form.values['parent_id'] ?? '';
  const known = initialParent.id === parentId ? initialParent : undefined;
  const parent = useQuery({ ...customerQuery(parentId), enabled: parentId !== '', placeholderData: known }).data;
  const levels = parent ? LEVELS_BELOW[parent.level] : [];
  const level = levelOf(levels, form.values['level'] ?? '');
  const refusal = parent && refusalOf(parent, 'add_customer');

  return (
    <FormView form={form} label="Add customer">
      <FormSummary />
      <Section title="Customer">
        <TextField name="company_name" label="Company name" maxLength={255} autoComplete="organization" />
        <Twin parent={parent} field="company_name" what="name" />
        <ParentField initial={initialParent} />
        {refusal && <p className="field-error">{refusal}</p>}
        {parent && levels.length > 1 && (
          <SelectField
            name="level"
            label="Level"
            options={[
              { value: '', label: 'Choose a level' },
              ...levels.map((value) => ({ value, label: LEVEL[value] })),
            ]}
          />
        )}
        {parent && levels.length === 1 && (
          <p className="hint">
            {LEVEL_PLURAL[levels[0]!]} stand under {LEVEL_IN_WORDS[parent.level]}, so this will be one.
          </p>
        )}
        {level && <ServiceFields level={level} parent={parent} />}
        <PlaceFields />
        {level === 'end_customer' && (
          <CheckField
            name="trial"
            label="On trial"
            hint="For 30 days it is not invoiced; then it is in production by itself."
          />
        )}
      </Section>
      <Section title="Own account" note="To sign in to its own devices. People can be added instead, or later.">
        <AccountFields />
      </Section>
      <Section title={level === 'end_customer' ? 'Contact and places' : 'Contact'}>
        <TextField name="email" label="Email" type="email" hint="For messages and reports." maxLength={254} optional />
        <Twin parent={parent} field="email" what="address" />
        <CheckField
          name="invite_administrator"
          label="Invite its first administrator"
          hint="Makes an account with this address, and a link with which its person sets a password."
        />
        <ByMailField />
        {level === 'end_customer' && (
          <TextArea
            name="sites"
            label="Sites"
            hint="Names with commas between them: letters, digits and underscores. More can follow later."
            optional
          />
        )}
      </Section>
      <Section title="Limit, plan and start" folded>
        <TextField
          name="max_devices"
          label="Most devices"
          hint="How many devices may stand below it. Empty: as many as wanted."
          type="number"
          optional
        />
        {level === 'end_customer' && <PlanField />}
        {parent && form.values['kind'] !== 'self_managed' && (
          <TemplateField
            customer={parent.id}
            none={form.values['plan_id'] ? 'The one of the plan, if it has one' : 'None'}
            hint="What it sets is set at the customer from the start."
          />
        )}
        <ChoiceField name="kind" label="Kind" options={KINDS} />
        <ChoiceField
          name="account_state"
          label="Begins"
          options={[
            { value: 'active', label: 'Active', hint: 'Devices can back up at once.' },
            { value: 'suspended', label: 'Suspended', hint: 'Nothing backs up until it is activated.' },
          ]}
        />
      </Section>
      <Section title="Profile" folded>
        <ProfileFields />
      </Section>
      <footer className="form-foot">
        <Button kind="primary" type="submit" isPending={form.busy} refusal={refusal}>
          Add {level ? LEVEL[level].toLowerCase() : 'customer'}
          {parent && ` to ${customerName(parent)}`}
        </Button>
        <LinkButton to="/customers">Cancel</LinkButton>
      </footer>
      <LeaveGuard
        when={form.changed}
        what={parent ? `the new customer of ${customerName(parent)}` : 'the new customer'}
      />
    </FormView>
  );
}

/** Who gets the link, where it can be sent. */
function ByMailField() {
  const { value } = useFormField('invite_administrator');
  const isOn = useQuery({ ...setupQuery(), staleTime: 60_000 }).data?.mail_enabled;
  if (!value || !isOn) return null;
  return (
    <CheckField
      name="invite_by_mail"
      label="Send the link by mail"
      hint="To that address; it is not shown here then."
    />
  );
}

/** A username that never changes, and then a password for it. */
function AccountFields() {
  const { value } = useFormField('username');
  return (
    <>
      <TextField
        name="username"
        label="Username"
        hint="Letters, digits and underscores; unique in the whole installation. It never changes."
        maxLength={64}
        spellCheck={false}
        optional
      />
      {value !== '' && (
        <NewPasswordFields advice="Keep username and password in a safe place: the password is not shown again." />
      )}
    </>
  );
}

/** Derived where only one fits. */
function levelOf(levels: Level[], chosen: string): Level | undefined {
  return levels.length === 1 ? levels[0] : levels.find((level) => level === chosen);
}
