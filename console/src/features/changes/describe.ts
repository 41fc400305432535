/** A change in words. Pure. */

import type { Change } from '../../api/schema';
import { fieldName, valueText } from '../../lib/words';

export type Difference = { field: string; before: string | undefined; after: string | undefined };

/** Who did it. */
export function actorName({ actor }: Pick<Change, 'actor'>): string {
  switch (actor.kind) {
    case 'above':
      return 'Somebody above';
    case 'system':
      return actor.name ?? 'The operator of the host';
    case 'device':
      return actor.name ?? 'A machine';
    default:
      return actor.name ?? 'Somebody';
  }
}

/** Fields that say nothing to a person beyond what stands beside them. */
const SILENT = new Set(['id', 'path', 'parent_id', 'customer_id']);

/**
 * Field by field what it was and what it is; nested fields are looked into. `names` gives the names of what fields
 * refer to by id.
 */
export function differencesOf(
  { before, after }: Pick<Change, 'before' | 'after'>,
  names: ReadonlyMap<string, string> = new Map(),
): Difference[] {
  const was = flat(before);
  const is = flat(after);
  const inWords = (value: unknown) => names.get(String(value)) ?? valueText(value);
  const fields = [...new Set([...was.keys(), ...is.keys()])].filter((field) => !SILENT.has(field));
  return fields
    .map((field) => ({ field, was: was.get(field), is: is.get(field) }))
    .filter((pair) => text(pair.was) !== text(pair.is))
    .map((pair) => ({
      field: fieldName(pair.field),
      before: was.has(pair.field) ? inWords(pair.was) : undefined,
      after: is.has(pair.field) ? inWords(pair.is) : undefined,
    }));
}

function flat(value: unknown, prefix = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return found;
  for (const [name, inner] of Object.entries(value)) {
    const path = prefix + name;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      for (const [nested, deepest] of flat(inner, `${path}.`)) found.set(nested, deepest);
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
