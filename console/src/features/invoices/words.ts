/** What invoices are called, and amounts and days as they stand on them. Pure. */

import type { Invoice, InvoiceSchedule, InvoiceSettings, InvoiceState } from '../../api/schema';
import type { Problems, Values } from '../../ui/form';
import type { Format } from '../export/download';

export const STATE: Record<InvoiceState, string> = {
  draft: 'Draft',
  issued: 'Issued',
  paid: 'Paid',
  overdue: 'Overdue',
  credited: 'Taken back',
};

export const SCHEDULE: Record<InvoiceSchedule, string> = {
  manual: 'By hand',
  week: 'Each week, to Saturday',
  month: 'Each month',
  quarter: 'Each quarter',
};

export const NOT_INVOICED: Record<NonNullable<InvoiceSettings['not_invoiced']>, string> = {
  on_trial: 'It is on trial, which is not invoiced.',
  switched_off: 'It is set not to be invoiced.',
  no_plan: 'Nobody above it has a plan.',
};

/** `Invoice 12`, `Credit note 13`, `Draft`. */
export function nameOf({ kind, number }: Pick<Invoice, 'kind' | 'number'>): string {
  if (number === null || number === undefined) return 'Draft';
  return `${kind === 'credit_note' ? 'Credit note' : 'Invoice'} ${number}`;
}

/** `€1,234.50`: whole numbers of the smallest unit, in the currency’s own places. */
export function money(amount: number, { currency, places }: Pick<Invoice, 'currency' | 'places'>): string {
  const format = new Intl.NumberFormat('en-GB', {
    style: 'currency',
    currency,
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  });
  return format.format(amount / 10 ** places);
}

/** The last whole month in UTC, which is what is mostly invoiced. */
export function lastMonth(now: Date): { from: string; to: string } {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { from: isoDay(year, month - 1, 1), to: isoDay(year, month, 0) };
}

function isoDay(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
}

/** That a form has a first day and a last, in this order. */
export function checkDays({ from, to }: Values): Problems {
  const problems: Problems = {};
  if (!from) problems['from'] = 'This is needed.';
  if (!to) problems['to'] = 'This is needed.';
  if (from && to && to < from) problems['to'] = 'It ends before it begins.';
  return problems;
}

/** Where what was issued in a period is as a file. Spreadsheets know by a mark at its beginning that it is UTF-8. */
export function exportOf(
  customer: string,
  role: 'issuer_id' | 'customer_id',
  { from, to }: { from: string; to: string },
  format: Format,
): string {
  const query = new URLSearchParams({ from, to, [role]: customer, format });
  if (format === 'csv') query.set('bom', 'true');
  return `/api/v1/invoices/export?${query}`;
}
