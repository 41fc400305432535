import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Customer, Invoice } from '../../api/schema';
import { utcDay } from '../../lib/format';
import { useMay } from '../../app/useMe';
import { customerName, problemText, refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Fact, Facts } from '../../ui/Facts';
import { lazyDialog } from '../../ui/lazily';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { ExportButton } from '../export/ExportButton';
import { deleteInvoice, invoiceSettingsQuery, invoicesQuery, stepInvoice, type Step } from './api';
import { money, nameOf, NOT_INVOICED, SCHEDULE, STATE } from './words';
import './invoices.css';

const InvoiceDialog = lazyDialog(async () => (await import('./InvoiceDialogs')).InvoiceDialog);
const ExportInvoicesDialog = lazyDialog(async () => (await import('./ExportInvoicesDialog')).ExportInvoicesDialog);
const MakeDialog = lazyDialog(async () => (await import('./InvoiceDialogs')).MakeDialog);
const SettingsDialog = lazyDialog(async () => (await import('./InvoiceDialogs')).SettingsDialog);

type Asked = { what: 'settings' } | { what: 'make' } | { what: 'export' } | { what: 'show'; id: string };

/** By what a customer is invoiced, and what became of it. */
export function InvoicesTab({ customer }: { customer: Customer }) {
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  return (
    <>
      <SettingsCard customer={customer} onEdit={() => setAsked({ what: 'settings' })} />
      <InvoicesCard
        customer={customer}
        onMake={() => setAsked({ what: 'make' })}
        onExport={() => setAsked({ what: 'export' })}
        onShow={(id) => setAsked({ what: 'show', id })}
      />
      {asked?.what === 'settings' && <SettingsDialog customer={customer} onClose={close} />}
      {asked?.what === 'make' && <MakeDialog customer={customer} onClose={close} />}
      {asked?.what === 'export' && <ExportInvoicesDialog customer={customer} onClose={close} />}
      {asked?.what === 'show' && <InvoiceDialog id={asked.id} onClose={close} />}
    </>
  );
}

function SettingsCard({ customer, onEdit }: { customer: Customer; onEdit: () => void }) {
  const settings = useQuery(invoiceSettingsQuery(customer.id));
  const may = useMay('invoice_settings_set');
  const data = settings.data;
  return (
    <Card
      title="Invoicing"
      end={
        may && (
          <Button size="s" onPress={onEdit}>
            Edit
          </Button>
        )
      }
    >
      {settings.isPending && <Skeletons lines={3} />}
      {settings.error && !data && (
        <Failed what="How it is invoiced" error={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {data && (
        <>
          {data.not_invoiced && <Notice>{NOT_INVOICED[data.not_invoiced]}</Notice>}
          <Facts>
            <Fact name="Plan">
              {data.effective_plan_name ?? 'None'}
              {data.effective_plan_name && !data.plan_id && <span className="quiet"> (the default one)</span>}
            </Fact>
            {data.issuer_name && <Fact name="Issued by">{data.issuer_name}</Fact>}
            <Fact name="Made">{SCHEDULE[data.effective_schedule]}</Fact>
            <Fact name="Discount">{data.discount_percent} %</Fact>
          </Facts>
        </>
      )}
    </Card>
  );
}

type InvoicesCardProps = {
  customer: Customer;
  onMake: () => void;
  onExport: () => void;
  onShow: (id: string) => void;
};

function InvoicesCard({ customer, onMake, onExport, onShow }: InvoicesCardProps) {
  // Where each page but the first begins; the last of these is shown.
  const [pages, setPages] = useState<string[]>([]);
  const invoices = useQuery(invoicesQuery(customer.id, pages.at(-1)));
  const settings = useQuery(invoiceSettingsQuery(customer.id)).data;
  const mayMake = useMay('invoice_create');
  const mayExport = useMay('invoice_export');
  const refusal =
    settings?.not_invoiced && settings.not_invoiced !== 'on_trial' ? NOT_INVOICED[settings.not_invoiced] : undefined;
  const { items = [], next } = invoices.data ?? {};
  return (
    <Card
      title="Invoices"
      end={
        <>
          {mayExport && <ExportButton onPress={onExport} />}
          {mayMake && (
            <Button size="s" refusal={refusal} onPress={onMake}>
              Make an invoice
            </Button>
          )}
        </>
      }
    >
      {invoices.isPending && <Skeletons lines={4} />}
      {invoices.error && !invoices.data && (
        <Failed what="The invoices" error={invoices.error} onRetry={() => void invoices.refetch()} />
      )}
      {invoices.data && items.length === 0 && <p className="quiet">No invoice of {customerName(customer)} yet.</p>}
      {items.length > 0 && (
        <table className="table amounts">
          <thead>
            <tr>
              <th scope="col">Invoice</th>
              <th scope="col">For</th>
              <th scope="col" className="number">
                Total
              </th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((invoice) => (
              <Row key={invoice.id} invoice={invoice} onShow={() => onShow(invoice.id)} />
            ))}
          </tbody>
        </table>
      )}
      {(pages.length > 0 || next) && (
        <footer className="card-foot">
          <Button size="s" isDisabled={pages.length === 0} onPress={() => setPages(pages.slice(0, -1))}>
            Newer
          </Button>
          <Button size="s" isDisabled={!next} onPress={() => next && setPages([...pages, next])}>
            Older
          </Button>
        </footer>
      )}
    </Card>
  );
}

const TONE: Partial<Record<Invoice['state'], 'warning' | 'danger'>> = { overdue: 'danger' };

const DONE: Record<Step, (name: string) => string> = {
  issue: (name) => `${name} issued`,
  pay: (name) => `${name} is paid`,
  credit: (name) => `${name} takes it back`,
};

const LABEL: Record<Step, string> = { issue: 'Issue', pay: 'Paid', credit: 'Take back' };

function Row({ invoice, onShow }: { invoice: Invoice; onShow: () => void }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const name = nameOf(invoice);
  const renew = () => client.invalidateQueries({ queryKey: ['invoices'] });
  const run = async (work: () => Promise<string>) => {
    setBusy(true);
    try {
      toast(await work());
    } catch (error) {
      toast(problemText(error));
    }
    setBusy(false);
    await renew();
  };
  const fits = (action: string) => refusalOf(invoice, action) === undefined;
  return (
    <tr>
      <td data-title="Invoice">
        <Button kind="quiet" size="s" aria-label={`Show ${name}, ${utcDay(invoice.from)}`} onPress={onShow}>
          {name}
        </Button>
      </td>
      <td data-title="For">
        {utcDay(invoice.from)} to {utcDay(invoice.to)}
      </td>
      <td data-title="Total" className="number">
        {money(invoice.total, invoice)}
      </td>
      <td data-title="State">
        <Badge tone={TONE[invoice.state]}>{STATE[invoice.state]}</Badge>
        {(invoice.state === 'issued' || invoice.state === 'overdue') && invoice.due_on && (
          <div className="quiet">Due on {utcDay(invoice.due_on)}</div>
        )}
      </td>
      <td className="table-actions">
        {(['issue', 'pay', 'credit'] as const)
          .filter((step) => fits(step))
          .map((step) => (
            <Button
              key={step}
              size="s"
              kind="quiet"
              isPending={busy}
              aria-label={`${LABEL[step]}: ${name}, ${utcDay(invoice.from)}`}
              onPress={() => void run(async () => DONE[step](nameOf(await stepInvoice(invoice, step))))}
            >
              {LABEL[step]}
            </Button>
          ))}
        {fits('delete') && (
          <Button
            size="s"
            kind="quiet"
            isPending={busy}
            aria-label={`Throw away: ${name}, ${utcDay(invoice.from)}`}
            onPress={() =>
              void run(async () => {
                await deleteInvoice(invoice);
                return 'The draft is gone; it can be made again.';
              })
            }
          >
            Throw away
          </Button>
        )}
      </td>
    </tr>
  );
}
