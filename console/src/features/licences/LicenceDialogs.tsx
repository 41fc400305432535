import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Change, Customer, Licence, RenewalBasis } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { day } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, ChoiceField, SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { childrenQuery } from '../customers/api';
import { undo } from '../../ui/undo';
import { plansQuery, productsQuery } from '../products/api';
import { soldPlans } from '../products/sold';
import {
  assignLicence,
  cancelLicence,
  grantLicence,
  reassignLicence,
  renewLicence,
  revokeLicence,
  updateLicence,
} from './api';
import { BASES, NO_QUANTITY, quantityOf, termText, units } from './words';

export type LicenceWish = 'assign' | 'revoke' | 'reassign' | 'renew' | 'edit' | 'cancel';

type GrantDialogProps = { customer: Customer; onClose: () => void };

/** A licence for an end customer, under one of the plans that are sold. */
export function GrantDialog({ customer, onClose }: GrantDialogProps) {
  const client = useQueryClient();
  const plans = useQuery(plansQuery()).data ?? [];
  const products = useQuery(productsQuery()).data ?? [];
  const sold = soldPlans(plans, products);
  const form = useForm({
    initial: { plan_id: '', quantity: '' },
    check: ({ plan_id, quantity }): Problems => ({
      ...(plan_id ? {} : { plan_id: 'Choose a plan.' }),
      ...(quantityOf(quantity) ? {} : { quantity: NO_QUANTITY }),
    }),
    send: async ({ plan_id = '', quantity }, { key }) => {
      const made = await grantLicence(customer.id, { plan_id, quantity: quantityOf(quantity) ?? 0 }, key);
      onClose();
      toast(`${units(made, made.quantity)} of ${made.product_name} granted to ${customerName(customer)}`);
      await happened(client, 'licence.granted', customer);
    },
  });
  return (
    <Dialog title={`Grant ${customerName(customer)} a licence`} onClose={onClose} form={form}>
      <FormView form={form} label="Grant a licence" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <SelectField
            name="plan_id"
            label="Plan"
            hint="What is billed by use is not granted: it would be paid twice."
            options={[
              { value: '', label: 'Choose one' },
              ...sold.map((plan) => ({
                value: plan.id,
                label: `${plan.name}, ${termText(plan)}${plan.edition === 'trial' ? ', trial' : ''}`,
              })),
            ]}
            autoFocus
          />
          <TextField name="quantity" label="Quantity" hint="Servers, workstations, seats, TB: as the product counts." />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Grant
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

type LicenceDialogProps = { licence: Licence; customer: Customer; wish: LicenceWish; onClose: () => void };

/** What is done with one licence. */
export function LicenceDialog({ licence, customer, wish, onClose }: LicenceDialogProps) {
  const client = useQueryClient();
  const sites = useQuery({ ...childrenQuery(customer), enabled: customer.totals.sites > 0 }).data ?? [];
  const places = [...sites, customer].map((place) => ({ value: place.id, label: placeName(place, customer) }));
  const having = (licence.assignments ?? []).map(({ site_id, site_name, quantity }) => ({
    value: site_id,
    label: `${site_id === customer.id ? 'The customer itself' : site_name}, ${units(licence, quantity)}`,
  }));
  const first = wish === 'assign' ? places[0] : having[0];
  const form = useForm({
    initial: initialOf(wish, licence, first?.value ?? ''),
    check: (values) => checkOf(wish, values),
    send: async (values) => {
      const after = await run(wish, licence, values);
      const renew = () => happened(client, ACTIONS[wish], customer);
      const restore = after && undoing(wish, licence, after, values);
      const name = licence.product_name;
      onClose();
      toast(DONE[wish](licence), restore ? undo({ name, restore, said: `${name} is as it was`, renew }) : undefined);
      await renew();
    },
  });
  const { title, verb } = TITLES[wish];
  const quantity = <TextField name="quantity" label="How many" autoFocus={wish === 'edit'} />;
  return (
    <Dialog title={`${title} ${licence.product_name}`} onClose={onClose} form={form} firm={wish === 'cancel'}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          {wish === 'assign' && (
            <>
              <SelectField
                name="site_id"
                label="To"
                hint={`${units(licence, licence.unassigned)} of ${units(licence, licence.quantity)} are not assigned yet.`}
                options={places}
                autoFocus
              />
              {quantity}
            </>
          )}
          {wish === 'revoke' && (
            <>
              <SelectField name="site_id" label="From" options={having} autoFocus />
              {quantity}
            </>
          )}
          {wish === 'reassign' && (
            <>
              <SelectField name="site_id" label="From" options={having} autoFocus />
              <SelectField
                name="to"
                label="To"
                options={[
                  { value: '', label: 'Choose one' },
                  ...places.filter(({ value }) => value !== form.values['site_id']),
                ]}
              />
              {quantity}
            </>
          )}
          {wish === 'renew' && (
            <>
              <p>
                {licence.ends_at ? `It ends on ${day(licence.ends_at)}.` : 'It has no end.'}{' '}
                {licence.plan_name && `It goes on for another term of “${licence.plan_name}”.`}
              </p>
              <ChoiceField name="basis" label="The new term begins" options={BASES} />
            </>
          )}
          {wish === 'edit' && (
            <>
              {quantity}
              {licence.ends_at && <CheckField name="auto_renew" label="It renews itself at its end" />}
            </>
          )}
          {wish === 'cancel' && (
            <p>
              It ends at once, with {units(licence, licence.assigned)} that are assigned to sites. It cannot be brought
              back.
            </p>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind={wish === 'cancel' ? 'danger' : 'primary'} type="submit" isPending={form.busy}>
            {verb}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function placeName(place: Customer, customer: Customer): string {
  return place.id === customer.id ? 'The customer itself' : customerName(place);
}

function initialOf(wish: LicenceWish, licence: Licence, site_id: string): Values {
  switch (wish) {
    case 'assign':
    case 'revoke':
      return { site_id, quantity: '' };
    case 'reassign':
      return { site_id, to: '', quantity: '' };
    case 'renew':
      return { basis: 'from_expiry' satisfies RenewalBasis };
    case 'edit':
      return { quantity: String(licence.quantity), auto_renew: licence.auto_renew ? 'yes' : '' };
    case 'cancel':
      return {};
  }
}

function checkOf(wish: LicenceWish, { quantity, to }: Values): Problems {
  if (wish === 'renew' || wish === 'cancel') return {};
  return {
    ...(quantityOf(quantity) ? {} : { quantity: NO_QUANTITY }),
    ...(wish === 'reassign' && !to ? { to: 'Choose where it shall go.' } : {}),
  };
}

async function run(wish: LicenceWish, licence: Licence, values: Values): Promise<Licence | undefined> {
  const { id } = licence;
  const { site_id = '', to = '', basis } = values;
  const quantity = quantityOf(values['quantity']) ?? 0;
  switch (wish) {
    case 'assign':
      return assignLicence(id, { site_id, quantity });
    case 'revoke':
      return revokeLicence(id, { site_id, quantity });
    case 'reassign':
      return reassignLicence(id, { from: site_id, to, quantity });
    case 'renew':
      return renewLicence(id, { basis: BASES.find(({ value }) => value === basis)?.value ?? 'from_expiry' });
    case 'edit':
      return updateLicence(licence, {
        quantity,
        ...(licence.ends_at && { auto_renew: Boolean(values['auto_renew']) }),
      });
    case 'cancel':
      await cancelLicence(id);
      return undefined;
  }
}

/** What takes it back; a renewal and an end stand. */
function undoing(wish: LicenceWish, before: Licence, { id, version }: Licence, values: Values) {
  const { site_id = '', to = '' } = values;
  const quantity = quantityOf(values['quantity']) ?? 0;
  switch (wish) {
    case 'assign':
      return () => revokeLicence(id, { site_id, quantity }, version);
    case 'revoke':
      return () => assignLicence(id, { site_id, quantity }, version);
    case 'reassign':
      return () => reassignLicence(id, { from: to, to: site_id, quantity }, version);
    case 'edit':
      return () =>
        updateLicence(
          { id, version },
          { quantity: before.quantity, ...(before.ends_at && { auto_renew: before.auto_renew }) },
        );
    default:
      return undefined;
  }
}

const TITLES: Record<LicenceWish, { title: string; verb: string }> = {
  assign: { title: 'Assign', verb: 'Assign' },
  revoke: { title: 'Take back', verb: 'Take back' },
  reassign: { title: 'Move to another site:', verb: 'Move' },
  renew: { title: 'Renew', verb: 'Renew' },
  edit: { title: 'Change', verb: 'Save' },
  cancel: { title: 'End', verb: 'End it' },
};

const DONE: Record<LicenceWish, (licence: Licence) => string> = {
  assign: ({ product_name }) => `${product_name} assigned`,
  revoke: ({ product_name }) => `${product_name} taken back`,
  reassign: ({ product_name }) => `${product_name} moved`,
  renew: ({ product_name }) => `${product_name} renewed`,
  edit: ({ product_name }) => `${product_name} changed`,
  cancel: ({ product_name }) => `${product_name} ended`,
};

const ACTIONS: Record<LicenceWish, Change['action']> = {
  assign: 'licence.assigned',
  revoke: 'licence.revoked',
  reassign: 'licence.reassigned',
  renew: 'licence.renewed',
  edit: 'licence.updated',
  cancel: 'licence.cancelled',
};
