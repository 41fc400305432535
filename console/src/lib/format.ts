/** Numbers, sizes and times as the console writes them. Everything here is pure: "now" is a parameter. */

const LOCALE = 'en-GB';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const whole = new Intl.NumberFormat(LOCALE);
const short = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const three = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });
const date = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' });
const moment = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
  timeZoneName: 'short',
});
const clock = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit', hour12: false });

const timeZone = 'UTC';
const dateInUtc = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric', timeZone });
const weekdayInUtc = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'short', timeZone });
const monthInUtc = new Intl.DateTimeFormat(LOCALE, { month: 'long', year: 'numeric', timeZone });

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** `16,524`. */
export function count(n: number): string {
  return whole.format(n);
}

/** `16,524`, or `10,000+` where the rest isn't counted. */
export function countedTo({ total, beyond }: { total: number; beyond: boolean }): string {
  return beyond ? `${count(total)}+` : count(total);
}

/** `1.8k`: for places where only the order of magnitude matters. */
export function compact(n: number): string {
  return n < 1000 ? whole.format(n) : short.format(n).toLowerCase();
}

/** `1 device`, `3 devices`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Decimal units with three significant digits, as the invoice has them: `851 GB`, `6.4 TB`. */
export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  // 999.5 would be rounded to 1,000 of the smaller unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? whole.format(value) : three.format(value)}\u00a0${BYTE_UNITS[unit]}`;
}

/** `23 Jan 2025`, in the reader's zone. */
export function day(iso: string): string {
  return september(date.format(new Date(iso)));
}

/** A day in UTC, as invoices count them: `2025-01-23` is `23 Jan 2025`. */
export function utcDay(name: string): string {
  return september(dateInUtc.format(new Date(`${name}T00:00:00Z`)));
}

/** The same as people speak of last nights: `Thursday 23 Jan`. */
export function utcWeekday(name: string): string {
  return september(weekdayInUtc.format(new Date(`${name}T00:00:00Z`))).replace(',', '');
}

/** `2025-01` is `January 2025`. */
export function utcMonth(name: string): string {
  return monthInUtc.format(new Date(`${name}-01T00:00:00Z`));
}

/** `23 Jan 2025, 14:03:07 CET`: what a relative time says on hover. */
export function exact(iso: string): string {
  return september(moment.format(new Date(iso)));
}

/** `14:03`. */
export function time(iso: string): string {
  return clock.format(new Date(iso));
}

/** `5 minutes ago`, `yesterday`, and the date itself for what is older than a month. */
export function ago(iso: string, now: number): string {
  const distance = Date.parse(iso) - now;
  const size = Math.abs(distance);
  // Clocks differ by a little, and the page looks at its own twice a minute.
  if (size < 45_000) return 'just now';
  if (size < 55 * MINUTE) return relative.format(Math.round(distance / MINUTE), 'minute');
  if (size < 36 * HOUR) return relative.format(Math.round(distance / HOUR), 'hour');
  if (size < 31 * DAY) return relative.format(Math.round(distance / DAY), 'day');
  return day(iso);
}

/** The two letters of the account button. */
export function initials(name: string): string {
  const words = name
    .split('@')[0]!
    .split(/[\s._-]+/u)
    .filter(Boolean);
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : [words[0] ?? '?'];
  return letters
    .map((word) => [...word][0] ?? '')
    .join('')
    .toUpperCase();
}

/** British usage abbreviates September to four letters; three keep columns even. */
function september(text: string): string {
  return text.replace('Sept', 'Sep');
}

/** As the IANA database calls it. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
