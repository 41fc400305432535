/** What licences are called. Pure. */

import type { Assignment, Licence, LicencePoolMonths, Plan, RenewalBasis } from '../../api/schema';
import { count } from '../../lib/format';

export const LICENCE_STATE: Record<Licence['state'], string> = {
  scheduled: 'Begins later',
  active: 'Active',
  expiring: 'Expires soon',
  grace: 'Past its end',
  expired: 'Expired',
  out_of_force: 'Out of force',
};

/** What wants somebody's eye. */
export const LICENCE_TONE: Partial<Record<Licence['state'], 'muted' | 'warning' | 'danger'>> = {
  scheduled: 'muted',
  expiring: 'warning',
  grace: 'danger',
  expired: 'danger',
  out_of_force: 'muted',
};

const UNIT: Record<Licence['unit'], [one: string, many: string]> = {
  device: ['device', 'devices'],
  server: ['server', 'servers'],
  workstation: ['workstation', 'workstations'],
  seat: ['seat', 'seats'],
  tb: ['TB', 'TB'],
  credit: ['credit', 'credits'],
};

/** `3 servers` */
export function units({ unit }: Pick<Licence, 'unit'>, n: number): string {
  return `${count(n)} ${UNIT[unit][n === 1 ? 0 : 1]}`;
}

/** Which site has how much: `2 at hq, 1 at the customer itself`. */
export function assignedText({ assignments }: Pick<Licence, 'assignments'>, customer: string): string {
  if (!assignments?.length) return 'to no site';
  const at = ({ site_id, site_name, quantity }: Assignment) =>
    `${count(quantity)} ${site_id === customer ? 'at the customer itself' : `at ${site_name}`}`;
  return assignments.map(at).join(', ');
}

/** The most that was held, a row for each month from the newest, with a number for each product that was held at all. */
export function highest(all: readonly LicencePoolMonths[]) {
  const products = all.filter(({ months }) => months.some(({ high }) => high > 0));
  const known = [...new Set(products.flatMap(({ months }) => months.map(({ month }) => month)))]
    .toSorted()
    .toReversed();
  const months = known.map((month) => ({
    month,
    high: products.map((product) => product.months.find((one) => one.month === month)?.high ?? 0),
  }));
  return { products, months };
}

export const BASES: { value: RenewalBasis; label: string; hint: string }[] = [
  { value: 'from_expiry', label: 'From its end', hint: 'A late renewal gives no day away.' },
  { value: 'from_now_if_expired', label: 'From now if it has expired', hint: 'Else from its end.' },
  { value: 'from_now', label: 'From now', hint: 'What was left of it is not added.' },
];

/** For how long a plan is sold. */
export function termText({ terms }: Pick<Plan, 'terms'>): string {
  const { term_months: months, term_days: days } = terms;
  if (months) return months % 12 === 0 ? plural(months / 12, 'year') : plural(months, 'month');
  return days ? plural(days, 'day') : 'without an end';
}

function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? '' : 's'}`;
}

/** A whole number of units that was typed, or what is wrong with it. */
export function quantityOf(text: string | undefined): number | undefined {
  const trimmed = (text ?? '').trim();
  return /^[1-9]\d{0,7}$/u.test(trimmed) ? Number(trimmed) : undefined;
}

export const NO_QUANTITY = 'A whole number, 1 or more.';
