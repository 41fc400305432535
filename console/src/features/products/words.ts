/** What products and plans are in words. Pure. */

import type { Plan, Product, Terms, Unit } from '../../api/schema';
import { count, counted } from '../../lib/format';

export const UNIT: Record<Unit, string> = {
  device: 'Device',
  server: 'Server',
  workstation: 'Workstation',
  seat: 'Seat',
  tb: 'TB',
  credit: 'Credit',
};

/** `12 months, renewed by itself`. */
export function termsText({ term_months, term_days, auto_renew }: Terms): string {
  const term =
    typeof term_months === 'number'
      ? counted(term_months, 'month')
      : typeof term_days === 'number'
        ? counted(term_days, 'day')
        : 'without an end';
  return auto_renew ? `${term}, renewed by itself` : term;
}

/** What is true of a product, in a few words. */
export function traitsOf(product: Product): string[] {
  return [
    ...(product.usage_billed ? ['billed by use'] : []),
    ...(product.managed_here ? ['managed here'] : []),
    ...(product.has_templates ? ['templates'] : []),
    ...(product.has_firmware ? ['firmware'] : []),
    ...(Object.keys(product.weights).length > 0
      ? [`by weight, ${counted(Object.keys(product.weights).length, 'class', 'classes')}`]
      : []),
  ];
}

/** A whole number of at least `least`, or nothing where there is none. */
export function wholeOf(text: string, least: number, most: number): number | undefined {
  const number = /^\d+$/u.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  return number >= least && number <= most ? number : undefined;
}

/** What is wrong with a number that may be left out. */
export function numberProblem(text: string, least: number, most: number): string | undefined {
  if (!text.trim() || wholeOf(text, least, most) !== undefined) return undefined;
  return `Write a whole number from ${count(least)} to ${count(most)}.`;
}

/** The plans of each product, those that are sold first. */
export function plansOf(plans: readonly Plan[], product: string): Plan[] {
  return plans
    .filter(({ product_id }) => product_id === product)
    .toSorted((a, b) => Number(Boolean(a.retired_at)) - Number(Boolean(b.retired_at)));
}
