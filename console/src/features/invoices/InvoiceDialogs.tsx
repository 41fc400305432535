import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Customer, InvoicePreview, InvoiceSchedule, InvoiceSettings } from '../../api/schema';
import { utcDay } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { ShowDialog } from '../../ui/ShowDialog';
import { toast } from '../../ui/Toasts';
import {
  draftInvoice,
  invoicePlansQuery,
  invoiceQuery,
  invoiceSettingsQuery,
  previewInvoice,
  setInvoiceSettings,
} from './api';
import { Lines } from './Lines';
import { checkDays, lastMonth, money, nameOf, SCHEDULE, STATE } from './words';

type InvoiceDialogProps = { id: string; onClose: () => void };

/** One invoice, whole. */
export function InvoiceDialog({ id, onClose }: InvoiceDialogProps) {
  const invoice = useQuery(invoiceQuery(id));
  const data = invoice.data;
  return (
    <ShowDialog title={data ? `${nameOf(data)} for ${data.customer_name}` : 'Invoice'} of={invoice} onClose={onClose}>
      {(shown) => (
        <>
          <p>
            {STATE[shown.state]} · {utcDay(shown.from)} to {utcDay(shown.to)} · by {shown.issuer_name}, plan{' '}
            {shown.plan_name}, revision {shown.plan_revision}
          </p>
          <Lines of={shown} />
        </>
      )}
    </ShowDialog>
  );
}

type CustomerDialogProps = { customer: Customer; onClose: () => void };

/** Reckons an invoice, shows it, and keeps it as a draft. */
export function MakeDialog({ customer, onClose }: CustomerDialogProps) {
  const client = useQueryClient();
  const [initial] = useState(() => lastMonth(new Date()));
  const [reckoned, setReckoned] = useState<Reckoned>();
  const form = useForm({
    initial,
    check: checkDays,
    send: async ({ from = '', to = '' }, { key }) => {
      const input = { customer_id: customer.id, from, to };
      if (!isOf(reckoned, from, to)) {
        setReckoned({ from, to, preview: await previewInvoice(input) });
        return;
      }
      const made = await draftInvoice(input, key);
      onClose();
      toast(`A draft of ${money(made.total, made)} is made`);
      await client.invalidateQueries({ queryKey: ['invoices'] });
    },
  });
  const shown = isOf(reckoned, form.values['from'], form.values['to']) ? reckoned?.preview : undefined;
  const title = `Make an invoice for ${customerName(customer)}`;
  return (
    <Dialog title={title} onClose={onClose} wide>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="from" label="First day" type="date" hint="In UTC." />
          <TextField name="to" label="Last day" type="date" hint="Itself included; before today." />
          {shown && <Lines of={shown} />}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {shown ? 'Keep as a draft' : 'Show what it comes to'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

/** What was reckoned for the days that were asked for; what it charges may begin later. */
type Reckoned = { from: string; to: string; preview: InvoicePreview };

function isOf(reckoned: Reckoned | undefined, from: string | undefined, to: string | undefined): boolean {
  return reckoned !== undefined && reckoned.from === from && reckoned.to === to;
}

export function SettingsDialog({ customer, onClose }: CustomerDialogProps) {
  const settings = useQuery(invoiceSettingsQuery(customer.id)).data;
  if (!settings) return null;
  return <Settings customer={customer} settings={settings} onClose={onClose} />;
}

const SCHEDULES = Object.keys(SCHEDULE) as InvoiceSchedule[];

function Settings({ customer, settings, onClose }: CustomerDialogProps & { settings: InvoiceSettings }) {
  const client = useQueryClient();
  const plans = useQuery(invoicePlansQuery()).data ?? [];
  const form = useForm({
    initial: {
      invoiced: settings.invoiced ? 'yes' : '',
      plan_id: settings.plan_id ?? '',
      schedule: settings.schedule ?? '',
      discount_percent: settings.discount_percent,
    },
    check: ({ discount_percent = '' }): Problems =>
      /^(?:100(?:\.0{1,6})?|\d{1,2}(?:\.\d{1,6})?)$/u.test(discount_percent.trim())
        ? {}
        : { discount_percent: 'From 0 to 100, with a point before its decimals.' },
    send: async (values) => {
      await setInvoiceSettings(customer.id, {
        invoiced: values['invoiced'] !== '',
        plan_id: values['plan_id'] || null,
        schedule: SCHEDULES.find((schedule) => schedule === values['schedule']) ?? null,
        discount_percent: values['discount_percent']?.trim() ?? '0',
      });
      onClose();
      toast(`Invoicing of ${customerName(customer)} saved`);
      await client.invalidateQueries({ queryKey: ['invoices'] });
    },
  });
  // A plan is of somebody above: whoever it is for has none for itself.
  const offered = plans.filter((plan) => plan.customer_id !== customer.id);
  const title = `Invoicing of ${customerName(customer)}`;
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <CheckField name="invoiced" label="It is invoiced" hint="A trial never is." />
          <SelectField
            name="plan_id"
            label="Plan"
            hint="Whoever has the plan issues the invoices."
            options={[
              { value: '', label: 'The default one of whoever stands above it' },
              ...offered.map(({ id, name, customer_name }) => ({ value: id, label: `${name}, of ${customer_name}` })),
            ]}
          />
          <SelectField
            name="schedule"
            label="Made"
            hint="What the schedule makes is a draft, unless the plan issues by itself."
            options={[
              { value: '', label: 'As the plan says' },
              ...SCHEDULES.map((value) => ({ value, label: SCHEDULE[value] })),
            ]}
          />
          <TextField
            name="discount_percent"
            label="Discount"
            inputMode="decimal"
            hint="Per cent, off what the lines come to."
          />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Save
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
