/** What credits are in words. Pure. */

import type { CreditAccount, CreditEntry, CreditMonth } from '../../api/schema';
import { count } from '../../lib/format';

const KIND: Record<CreditEntry['kind'], [comes: string, goes: string]> = {
  added: ['Bought', 'Taken out'],
  received: ['From above', 'Back to above'],
  handed_on: ['Back from', 'Handed on to'],
  used: ['Given back by', 'Taken by'],
  counter: ['Taken back', 'Taken back'],
};

/** `Taken by till 3` */
export function entryText({ kind, units, about }: Pick<CreditEntry, 'kind' | 'units' | 'about'>): string {
  const [comes, goes] = KIND[kind];
  const verb = units > 0 ? comes : goes;
  return about ? `${kind === 'received' || kind === 'counter' ? `${verb}:` : verb} ${about}` : verb;
}

/** `+5`, `−5` */
export function signed(units: number): string {
  return units < 0 ? `−${count(-units)}` : `+${count(units)}`;
}

/** For how long it lasts. */
export function lastsText({ balance, forecast }: Pick<CreditAccount, 'balance' | 'forecast'>): string | undefined {
  if (typeof balance !== 'number' || !forecast) return undefined;
  const { days_left, is_short } = forecast;
  const days = `${count(days_left)} ${days_left === 1 ? 'day' : 'days'} left`;
  return is_short ? `${days}: too little for next month` : days;
}

/** Whole units, also back; nothing where it is no such number. */
export function unitsOf(text: string | undefined): number | undefined {
  const plain = (text ?? '').trim().replaceAll(/[\s,]/gu, '').replace('−', '-');
  if (!/^[+-]?\d{1,10}$/u.test(plain)) return undefined;
  const units = Number(plain);
  return units === 0 || Math.abs(units) > 1_000_000_000 ? undefined : units;
}

/** Whether any of the months has something in this column. */
export function has(months: readonly CreditMonth[], column: 'handed_on' | 'corrected'): boolean {
  return months.some((month) => month[column] !== 0);
}

function isBare({ opening, added, handed_on, used, corrected }: CreditMonth): boolean {
  return [opening, added, handed_on, used, corrected].every((units) => units === 0);
}

/** Months before anything was there say nothing. */
export function told(months: readonly CreditMonth[]): CreditMonth[] {
  const last = months.findLastIndex((month) => !isBare(month));
  return months.slice(0, Math.max(last, 0) + 1);
}
