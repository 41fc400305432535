/** Settings that are lists, an item on each line: what is typed, told and sent. Pure. */

import type { Problems, Values } from '../../ui/form';
import type { Known } from './words';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Day = (typeof DAYS)[number];

const KEEPS = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

type List = {
  title: string;
  about: string;
  /** How a line is written. */
  hint: string;
  /** What an empty list means. */
  none: string;
  read: (line: string) => unknown;
  write: (item: unknown) => string;
};

export const LISTS: Record<string, List> = {
  exclusions: {
    title: 'Left out of backups',
    about: 'What “tenantry backup” leaves out on each device, beside what the device itself leaves out.',
    hint: 'A pattern on each line, as restic takes them: *.tmp',
    none: 'Nothing',
    read: (line) => line,
    write: (item) => (typeof item === 'string' ? item : ''),
  },
  retention: {
    title: 'Kept backups',
    about:
      'What “tenantry backup” keeps on each machine; what no rule keeps is removed after a backup, unless backups are append-only.',
    hint: 'A rule on each line: 7 daily, 4 weekly, within 30d',
    none: 'Everything',
    read: readRule,
    write: writeRule,
  },
  allowed_hours: {
    title: 'Hours of backups',
    about: 'When “tenantry backup” may begin a backup, by the clock of the customer’s time zone.',
    hint: 'Days and hours on each line: mon-fri 22:00-06:00',
    none: 'Always',
    read: readHours,
    write: writeHours,
  },
};

export function isListSetting(name: string): boolean {
  return name in LISTS;
}

export const LIST_SETTINGS: Record<string, Known> = Object.fromEntries(
  Object.entries(LISTS).map(([name, { title, about }]) => [name, { title, about, form: 'list' } satisfies Known]),
);

function readRule(line: string): unknown {
  const [first = '', second = ''] = line.toLowerCase().split(/\s+/u);
  if (first === 'within' && /^(\d{1,4}y)?(\d{1,4}m)?(\d{1,4}d)?(\d{1,4}h)?$/u.test(second) && second) {
    return { keep: 'within', period: second };
  }
  const count = Number(first);
  const keep = KEEPS.find((known) => known === second);
  if (!keep || !Number.isInteger(count) || count < 1 || count > 10_000) return undefined;
  return { keep, count };
}

function writeRule(item: unknown): string {
  const { keep, count, period } = item as { keep: string; count?: number; period?: string };
  return keep === 'within' ? `within ${period ?? ''}` : `${count ?? ''} ${keep}`;
}

const HOURS = /^([01]\d|2[0-3]):[0-5]\d$/u;

function readHours(line: string): unknown {
  const [days = '', hours = ''] = line.toLowerCase().split(/\s+/u);
  const [from = '', to = ''] = hours.split('-');
  const found = days === 'daily' ? [...DAYS] : days.split(',').flatMap(readDays);
  if (found.includes(undefined) || !HOURS.test(from) || !(HOURS.test(to) || to === '24:00') || from === to)
    return undefined;
  return { days: DAYS.filter((day) => found.includes(day)), from, to };
}

/** `fri`, or `mon-fri`. */
function readDays(text: string): (Day | undefined)[] {
  const [first, last = first] = text.split('-').map((day) => DAYS.indexOf(day.slice(0, 3) as Day));
  if (first === undefined || last === undefined || first < 0 || last < first) return [undefined];
  return DAYS.slice(first, last + 1);
}

function writeHours(item: unknown): string {
  const { days, from, to } = item as { days: Day[]; from: string; to: string };
  const [first, last] = [DAYS.indexOf(days[0]!), DAYS.indexOf(days.at(-1)!)];
  const isRun = days.length > 2 && last - first === days.length - 1;
  const which = days.length === DAYS.length ? 'daily' : isRun ? `${days[0]}-${days.at(-1)}` : days.join(',');
  return `${which} ${from}-${to}`;
}

function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An item on each line, as it is typed. */
export function listText(name: string, value: unknown): string {
  return itemsOf(value).map(LISTS[name]!.write).join('\n');
}

/** A value in words. */
export function listWords(name: string, value: unknown): string {
  const { none, write } = LISTS[name]!;
  return itemsOf(value).map(write).join(', ') || none;
}

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** What the API is sent; lines that are none are left out, and named by `listProblem`. */
export function readList(name: string, text: string): unknown[] {
  return linesOf(text).flatMap((line) => LISTS[name]!.read(line) ?? []);
}

export function listProblem(name: string, text: string): string | undefined {
  const { hint, read } = LISTS[name]!;
  const wrong = linesOf(text).find((line) => read(line) === undefined);
  return wrong === undefined ? undefined : `“${wrong}” is not understood. ${hint}.`;
}

export function checkList(name: string, values: Values): Problems {
  const items = listProblem(name, values['items'] ?? '');
  return items ? { items } : {};
}

/** What is done to a list at many. */
export const MODES: readonly { value: string; label: string }[] = [
  { value: '', label: 'Leave it as it is' },
  { value: 'append', label: 'Add these' },
  { value: 'delete', label: 'Take these out' },
  { value: 'overwrite', label: 'Set it to these' },
];

/** What a policy does to which list; nothing where it does nothing. */
export function policyOf(values: Values): object | undefined {
  const lists = Object.keys(LISTS).filter((name) => values[`${name}_mode`]);
  if (lists.length === 0) return undefined;
  return {
    lists: Object.fromEntries(
      lists.map((name) => [
        name,
        { mode: values[`${name}_mode`], items: readList(name, values[`${name}_items`] ?? '') },
      ]),
    ),
  };
}

export function checkPolicy(values: Values): Problems {
  const problems: Problems = {};
  if (!policyOf(values)) problems['exclusions_mode'] = 'Choose what is done to at least one list.';
  for (const name of Object.keys(LISTS).filter((list) => values[`${list}_mode`])) {
    const text = values[`${name}_items`] ?? '';
    const problem =
      listProblem(name, text) ??
      (linesOf(text).length === 0 && values[`${name}_mode`] !== 'overwrite' ? 'Say which.' : undefined);
    if (problem) problems[`${name}_items`] = problem;
  }
  return problems;
}
