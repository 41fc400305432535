import { queryOptions } from '@tanstack/react-query';
import { api, done, ifMatch, take } from '../../api/client';
import type {
  Invoice,
  InvoiceCreate,
  InvoiceList,
  InvoicePlan,
  InvoicePreview,
  InvoiceSettings,
  InvoiceSettingsSet,
} from '../../api/schema';

/** By which plan a customer is invoiced, and when. */
export function invoiceSettingsQuery(customer: string) {
  return queryOptions({
    queryKey: ['invoices', 'settings', customer],
    queryFn: ({ signal }): Promise<InvoiceSettings> =>
      take(api.GET('/api/v1/customers/{id}/invoice_settings', { params: { path: { id: customer } }, signal })),
  });
}

export function setInvoiceSettings(customer: string, body: InvoiceSettingsSet): Promise<InvoiceSettings> {
  return take(api.PUT('/api/v1/customers/{id}/invoice_settings', { params: { path: { id: customer } }, body }));
}

export function invoicePlansQuery() {
  return queryOptions({
    queryKey: ['invoices', 'plans'],
    queryFn: async ({ signal }): Promise<InvoicePlan[]> =>
      (await take(api.GET('/api/v1/invoice_plans', { signal }))).items,
  });
}

/** Rows of one look. */
const AT_ONCE = 50;

/** A customer's invoices, the newest first; `after`: those that follow this one. */
export function invoicesQuery(customer: string, after?: string) {
  return queryOptions({
    queryKey: ['invoices', 'list', customer, after],
    queryFn: ({ signal }): Promise<InvoiceList> => {
      const query = { customer_id: customer, limit: AT_ONCE, ...(after && { after }) };
      return take(api.GET('/api/v1/invoices', { params: { query }, signal }));
    },
  });
}

/** One with the days that it stands on. */
export function invoiceQuery(id: string) {
  return queryOptions({
    queryKey: ['invoices', 'one', id],
    queryFn: ({ signal }): Promise<Invoice> =>
      take(api.GET('/api/v1/invoices/{id}', { params: { path: { id } }, signal })),
  });
}

export function previewInvoice(body: InvoiceCreate): Promise<InvoicePreview> {
  return take(api.POST('/api/v1/invoices/preview', { body }));
}

export function draftInvoice(body: InvoiceCreate, key: string): Promise<Invoice> {
  return take(api.POST('/api/v1/invoices', { body, headers: { 'Idempotency-Key': key } }));
}

export type Step = 'issue' | 'pay' | 'credit';

const STEPS = {
  issue: '/api/v1/invoices/{id}/issue',
  pay: '/api/v1/invoices/{id}/pay',
  credit: '/api/v1/invoices/{id}/credit',
} as const;

/** Brings an invoice on, unless somebody has brought it on since it was shown. */
export function stepInvoice({ id, version }: Invoice, step: Step): Promise<Invoice> {
  return take(api.POST(STEPS[step], { params: { path: { id } }, headers: ifMatch(version) }));
}

export function deleteInvoice({ id, version }: Invoice): Promise<void> {
  return done(api.DELETE('/api/v1/invoices/{id}', { params: { path: { id } }, headers: ifMatch(version) }));
}
