/** How fast backups may be: what the form holds, what the API is sent, and both in words. Pure. */

import type { RateInForce, Throttle, Weekday, WeekPart } from '../../api/schema';
import { exact } from '../../lib/format';
import type { Problems, Values } from '../../ui/form';

export const WEEK: readonly { value: Weekday; label: string; short: string }[] = [
  { value: 'mon', label: 'Monday', short: 'Mon' },
  { value: 'tue', label: 'Tuesday', short: 'Tue' },
  { value: 'wed', label: 'Wednesday', short: 'Wed' },
  { value: 'thu', label: 'Thursday', short: 'Thu' },
  { value: 'fri', label: 'Friday', short: 'Fri' },
  { value: 'sat', label: 'Saturday', short: 'Sat' },
  { value: 'sun', label: 'Sunday', short: 'Sun' },
];

/** Bits per second of each, as lines are sold. */
export const UNITS: readonly { value: string; label: string; bits: number }[] = [
  { value: 'kbit', label: 'kbit/s', bits: 1e3 },
  { value: 'mbit', label: 'Mbit/s', bits: 1e6 },
  { value: 'gbit', label: 'Gbit/s', bits: 1e9 },
];

/** What the API takes, in bytes per second. */
const SLOWEST = 8000;
const FASTEST = 1e12;

const DAY = 24 * 60;

/** `10 Mbit/s`. */
export function rateText(bytesPerSecond: number): string {
  const { amount, unit } = inUnit(bytesPerSecond);
  return `${amount} ${UNITS.find(({ value }) => value === unit)!.label}`;
}

function inUnit(bytesPerSecond: number): { amount: string; unit: string } {
  const bits = bytesPerSecond * 8;
  const unit = UNITS.findLast((known) => bits >= known.bits) ?? UNITS[0]!;
  return { amount: String(Number((bits / unit.bits).toFixed(3))), unit: unit.value };
}

/** Bytes per second; `undefined` for what is no number. */
function rateOf(amount: string | undefined, unit: string | undefined): number | undefined {
  const number = Number((amount ?? '').trim().replace(',', '.') || Number.NaN);
  const bits = UNITS.find(({ value }) => value === unit)?.bits ?? 1e6;
  return Number.isFinite(number) ? Math.round((number * bits) / 8) : undefined;
}

export function isThrottle(value: unknown): value is Throttle {
  return typeof value === 'object' && value !== null && 'enabled' in value;
}

export function throttleText(value: Throttle): string {
  if (!value.enabled) return 'Not limited';
  const zone = value.time_zone ?? 'UTC';
  if (value.week) return `${value.week.map(partText).join('; ')} (${zone})`;
  const hours = value.window ? ` from ${value.window.from} to ${value.window.to}` : '';
  const weekend = value.off_on_weekend ? ', not at weekends' : '';
  return `${rateText(value.bytes_per_second ?? 0)}${hours}${weekend}${hours || weekend ? ` (${zone})` : ''}`;
}

function partText({ days, from, to, bytes_per_second }: WeekPart): string {
  return `${rateText(bytes_per_second)} ${daysText(days)} from ${from} to ${to}`;
}

function daysText(days: readonly Weekday[]): string {
  const named = WEEK.filter(({ value }) => days.includes(value)).map(({ short }) => short);
  if (named.length === 7) return 'daily';
  const first = WEEK.findIndex(({ short }) => short === named[0]);
  const isRow = named.length > 1 && named.every((short, at) => WEEK[first + at]?.short === short);
  return isRow ? `${named[0]} to ${named.at(-1)}` : named.join(', ');
}

/** What holds at this moment. */
export function nowText({ bytes_per_second, until }: RateInForce): string {
  const rate = typeof bytes_per_second === 'number' ? rateText(bytes_per_second) : 'not limited';
  return until ? `Now ${rate}, until ${exact(until)}` : `Now ${rate}`;
}

/** The ids of the parts of a week that a form holds. */
export function partsOf(values: Values): string[] {
  return (values['parts'] ?? '').split(' ').filter(Boolean);
}

/** What a new part begins with. */
export function newPart(id: string): Values {
  return {
    [`part${id}_days`]: 'mon tue wed thu fri',
    [`part${id}_from`]: '08:00',
    [`part${id}_to`]: '18:00',
    [`part${id}_rate`]: '',
    [`part${id}_unit`]: 'mbit',
  };
}

/** What a form begins with. */
export function throttleValues(value: unknown, locked: boolean, browserZone: string): Values {
  const throttle: Partial<Throttle> = isThrottle(value) ? value : {};
  const rate = throttle.bytes_per_second ? inUnit(throttle.bytes_per_second) : { amount: '', unit: 'mbit' };
  const parts = throttle.week ?? [];
  const values: Values = {
    value: throttle.enabled ? (throttle.week ? 'week' : 'rate') : 'off',
    rate: rate.amount,
    unit: rate.unit,
    between: throttle.window ? 'yes' : '',
    from: throttle.window?.from ?? '08:00',
    to: throttle.window?.to ?? '18:00',
    weekend: throttle.off_on_weekend ? 'yes' : '',
    time_zone: throttle.enabled ? (throttle.time_zone ?? 'UTC') : browserZone,
    locked: locked ? 'yes' : '',
  };
  if (parts.length === 0) return { ...values, parts: '0', ...newPart('0') };
  const of = parts.map((part, at) => {
    const { amount, unit } = inUnit(part.bytes_per_second);
    return {
      [`part${at}_days`]: part.days.join(' '),
      [`part${at}_from`]: part.from,
      [`part${at}_to`]: part.to,
      [`part${at}_rate`]: amount,
      [`part${at}_unit`]: unit,
    };
  });
  return Object.assign(values, { parts: parts.map((_, at) => at).join(' ') }, ...of);
}

/** The part that a form holds under this id, as far as it is filled in. */
function partOf(values: Values, id: string): Omit<WeekPart, 'bytes_per_second'> & { bytes_per_second?: number } {
  const text = (what: string) => values[`part${id}_${what}`] ?? '';
  const days = text('days').split(' ');
  const rate = rateOf(text('rate'), text('unit'));
  return {
    days: WEEK.map(({ value }) => value).filter((day) => days.includes(day)),
    from: text('from'),
    to: text('to'),
    ...(rate !== undefined && { bytes_per_second: rate }),
  };
}

/** What is wrong with what was typed. */
export function checkThrottle(values: Values): Problems {
  const problems: Problems = {};
  const rate = (field: string, amount: string | undefined, unit: string | undefined) => {
    const found = rateOf(amount, unit);
    if (found === undefined) problems[field] = 'Say how fast, as a number.';
    else if (found < SLOWEST || found > FASTEST) problems[field] = 'Between 64 kbit/s and 8,000 Gbit/s.';
  };
  const hours = (field: string, from: string | undefined, to: string | undefined) => {
    const [begin, end] = [minuteOf(from), minuteOf(to)];
    if (begin === undefined || end === undefined || begin === DAY) problems[field] = 'Give both times, as 08:00.';
    else if (begin === end) problems[field] = 'Must be another time than the one it begins with.';
  };
  if (values['value'] === 'rate') {
    rate('rate', values['rate'], values['unit']);
    if (values['between']) hours('to', values['from'], values['to']);
  }
  if (values['value'] === 'week') {
    const earlier: Stretch[] = [];
    for (const id of partsOf(values)) {
      const part = partOf(values, id);
      if (part.days.length === 0) problems[`part${id}_days`] = 'Choose at least one day.';
      rate(`part${id}_rate`, values[`part${id}_rate`], values[`part${id}_unit`]);
      hours(`part${id}_to`, part.from, part.to);
      const own = stretches(part);
      if (own.some((one) => earlier.some((other) => overlap(one, other)))) {
        problems[`part${id}_from`] ??= 'Overlaps with a part above.';
      }
      earlier.push(...own);
    }
  }
  return problems;
}

/** What the API is sent; `undefined`: too little is filled in, or it can't be. */
export function throttleWire(values: Values): Throttle | undefined {
  const time_zone = values['time_zone'] || 'UTC';
  if (Object.keys(checkThrottle(values)).length > 0) return undefined;
  switch (values['value']) {
    case 'rate': {
      const window = values['between'] ? { from: timeText(values['from']), to: timeText(values['to']) } : undefined;
      const off_on_weekend = Boolean(values['weekend']);
      const bytes_per_second = rateOf(values['rate'], values['unit'])!;
      return { enabled: true, bytes_per_second, ...(window && { window }), off_on_weekend, time_zone };
    }
    case 'week': {
      const week = partsOf(values).map((id) => {
        const { days, from, to, bytes_per_second = 0 } = partOf(values, id);
        return { days, from: timeText(from), to: timeText(to), bytes_per_second };
      });
      return { enabled: true, week, time_zone };
    }
    default:
      return { enabled: false };
  }
}

type Stretch = { day: number; from: number; to: number; rate: number };

/** `8`, `8:30`, `0830` and `08:30` are times of the day, and `24:00` is its end. */
function minuteOf(text: string | undefined): number | undefined {
  const found = /^(\d{1,2})(?::?(\d\d))?$/u.exec((text ?? '').trim());
  if (!found) return undefined;
  const [hour, minute] = [Number(found[1]), Number(found[2] ?? 0)];
  return minute < 60 && hour * 60 + minute <= DAY ? hour * 60 + minute : undefined;
}

/** As the API has it. */
function timeText(text: string | undefined): string {
  const minute = minuteOf(text) ?? 0;
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function stretches({ days, from, to, bytes_per_second = 0 }: Partial<WeekPart> & { days: Weekday[] }): Stretch[] {
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  if (begin === undefined || end === undefined || begin === end) return [];
  const hours =
    begin < end
      ? [[begin, end]]
      : [
          [begin, DAY],
          [0, end],
        ];
  return days.flatMap((name) => {
    const day = WEEK.findIndex(({ value }) => value === name);
    return hours.map(([first, last]) => ({ day, from: first!, to: last!, rate: bytes_per_second }));
  });
}

function overlap(one: Stretch, other: Stretch): boolean {
  return one.day === other.day && one.from < other.to && other.from < one.to;
}

/** A week in half hours, seven rows of 48: bytes per second, or nothing where it isn't limited. */
export function weekGrid(value: Throttle): (number | undefined)[][] {
  const parts: Stretch[] = value.week
    ? value.week.flatMap(stretches)
    : stretches({
        days: WEEK.map((day) => day.value).slice(0, value.off_on_weekend ? 5 : 7),
        from: value.window?.from ?? '00:00',
        to: value.window?.to ?? '24:00',
        bytes_per_second: value.bytes_per_second ?? 0,
      });
  return WEEK.map((_, day) =>
    Array.from({ length: 48 }, (__, half) => {
      const minute = half * 30;
      return parts.find((part) => part.day === day && part.from < minute + 30 && minute < part.to)?.rate;
    }),
  );
}
