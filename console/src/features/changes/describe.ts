/** A change in words. Pure. */

import type { Change } from '../../api/schema';
import { isId, isSilent, nameOf, NOTHING, nounOf, wordsOf } from './fields';

export type Difference = {
  /** The field as on the wire. */
  key: string;
  /** What it is called. */
  field: string;
  before: string | undefined;
  after: string | undefined;
};

/** What the program does at its time, and nobody at the host. */
const BY_ITSELF = new Set<Change['action']>([
  'event.opened',
  'event.worsened',
  'event.resolved',
  'customer.trial_ended',
  'customer.deleted',
  'device.deleted',
  'device.licensed',
  'device.unlicensed',
  'licence.renewed',
]);

/** Who did it. */
export function actorName({ actor, action }: Pick<Change, 'actor' | 'action'>): string {
  switch (actor.kind) {
    case 'above':
      return 'Somebody above';
    case 'system':
      return actor.name ?? (BY_ITSELF.has(action) ? 'Tenantry' : 'The operator of the host');
    case 'device':
      return actor.name ?? 'A machine';
    default:
      return `${actor.name ?? 'Somebody'}${actor.token ? ` (token ${actor.token})` : ''}`;
  }
}

/**
 * Field by field what it was and what it is; nested fields are looked into. `names` gives the names of what fields
 * refer to by id: where it doesn't know one, nothing is told of it.
 */
export function differencesOf(
  { action, before, after }: Pick<Change, 'action' | 'before' | 'after'>,
  names: ReadonlyMap<string, string> = new Map(),
): Difference[] {
  const noun = nounOf({ action });
  // What a setting holds is told as a whole.
  const isWhole = action.includes('.setting_');
  const was = flat(before, isWhole);
  const is = flat(after, isWhole);
  const inWords = (field: string, side: ReadonlyMap<string, unknown>) => {
    const value = side.get(field);
    return names.get(String(value)) ?? wordsOf({ noun, path: field }, value, side);
  };
  const isTold = (field: string) =>
    !isSilent(field) &&
    (!isId(field) || [was, is].every((side) => !side.get(field) || names.has(String(side.get(field)))));
  const fields = [...new Set([...was.keys(), ...is.keys()])].filter(isTold);
  return fields
    .map((field) => ({ field, was: was.get(field), is: is.get(field) }))
    .filter((pair) => text(pair.was) !== text(pair.is))
    .map((pair) => ({
      key: pair.field,
      field: nameOf({ noun, path: pair.field }),
      before: was.has(pair.field) ? inWords(pair.field, was) : undefined,
      after: is.has(pair.field) ? inWords(pair.field, is) : undefined,
    }));
}

/** As many stand in the line of a change. */
const TOLD = 3;
const LONGEST = 60;

export type Summary = {
  told: Difference[];
  /** How many differences are not told, or not whole. */
  more: number;
};

/** What tells most of a change, first. */
const WEIGHTS = ['reason', 'level', 'role', 'mode', 'email', 'country'];

/** The first differences, in short: what a list says of a change. What its own sentence says already is left out. */
export function summaryOf(change: Pick<Change, 'action' | 'subject_name'>, differences: Difference[]): Summary {
  if (isSession(change)) return { told: [], more: 0 };
  const news = differences
    .filter(
      ({ key, before, after }) => key !== 'account_state' && (before !== undefined || after !== change.subject_name),
    )
    .toSorted((a, b) => weightOf(a) - weightOf(b));
  const whole = news.slice(0, TOLD);
  const told = whole.map(shortened);
  const cut = told.filter(({ after }, at) => after !== whole[at]!.after);
  return { told, more: news.length - told.length + cut.length };
}

function shortened({ key, field, before, after }: Difference): Difference {
  return {
    key,
    field,
    before: before === NOTHING ? undefined : before && clipped(before),
    after: after && clipped(after),
  };
}

function weightOf({ key }: Difference): number {
  const at = WEIGHTS.indexOf(key);
  return at < 0 ? WEIGHTS.length : at;
}

/** Somebody came or went: of these there are more than of everything else together. */
export function isSession({ action }: Pick<Change, 'action'>): boolean {
  return action.startsWith('session.');
}

function clipped(value: string): string {
  return value.length > LONGEST ? `${value.slice(0, LONGEST - 1).trimEnd()}…` : value;
}

function flat(value: unknown, isWhole: boolean, prefix = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return found;
  for (const [name, inner] of Object.entries(value)) {
    const path = prefix + name;
    if (!isWhole && typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      for (const [nested, deepest] of flat(inner, isWhole, `${path}.`)) found.set(nested, deepest);
    } else {
      found.set(path, inner);
    }
  }
  return found;
}

/** `undefined` and `null` are the same absence. */
function text(value: unknown): string {
  return JSON.stringify(value ?? null);
}
