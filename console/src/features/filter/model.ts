/**
 * A filter as the pane shows it: what is asked of each field, as far as its controls can say it. The text stays the
 * truth: what the pane changes replaces the parts of one field, everything else is left as it was typed. Pure.
 */

import type { Field } from '../../api/schema';
import { parse, quoted, written, type Literal, type Tree } from './language';

/** A limit; `strict`: itself not included. */
export type Bound = { value: string; strict: boolean };

/** So long ago: `2d`. */
export type Length = { count: number; unit: Unit };
export const UNITS = ['m', 'h', 'd', 'w'] as const;
export type Unit = (typeof UNITS)[number];

export type Test =
  | { is: 'values'; values: string[] }
  | { is: 'contains'; text: string }
  | { is: 'range'; from?: Bound; to?: Bound }
  | { is: 'age'; older?: Length; newer?: Length }
  /** Days in UTC: from the beginning of the one, before that of the other. */
  | { is: 'days'; from?: string; before?: string };

/** `none` beside a test: or it has no value. `some`: it has one, whichever. */
export type Condition = { test?: Test; presence?: 'some' | 'none' };

export type Model = {
  conditions: ReadonlyMap<string, Condition>;
  /** What the pane has no controls for, as it was written. */
  others: string[];
};

type Segment = { source: string; field?: string; condition?: Condition };

export function isEmpty({ test, presence }: Condition): boolean {
  return test === undefined && presence === undefined;
}

/** Whether the pane has controls for a field: an id that nothing is counted by is only typed. */
export function hasControls({ kind, countable }: Field): boolean {
  return kind !== 'id' || countable;
}

/** Whether a field is shown as a list of its values. */
export function hasValues({ kind, countable }: Field): boolean {
  return countable || kind === 'word' || kind === 'flag' || kind === 'code';
}

/** `undefined` where the text can't be read. */
export function readFilter(text: string, fields: Field[]): Model | undefined {
  const segments = segmentsOf(text, fields);
  if (!segments) return undefined;
  const conditions = new Map<string, Condition>();
  for (const { field, condition } of segments) {
    if (field === undefined || !condition) continue;
    const known = conditions.get(field);
    const merged = known ? joined(known, condition) : condition;
    if (merged) conditions.set(field, merged);
  }
  return { conditions, others: segments.filter(({ field }) => field === undefined).map(({ source }) => source) };
}

/** The text with another condition on one field, in the place where that field was asked for. */
export function withCondition(text: string, fields: Field[], field: Field, condition: Condition): string {
  const segments = segmentsOf(text, fields);
  // A text that can't be read has no parts that could be kept.
  if (!segments) return compose(field, condition);
  const made: Segment = { field: field.name, source: compose(field, condition) };
  const place = segments.findIndex((segment) => segment.field === field.name);
  const next: Segment[] = [];
  for (const [at, segment] of segments.entries()) {
    if (at === place) next.push(made);
    else if (segment.field !== field.name) next.push(segment);
  }
  if (place === -1) next.push(made);
  return join(next.filter(({ source }) => source !== ''));
}

function join(segments: Segment[]): string {
  if (segments.length < 2) return segments[0]?.source ?? '';
  return segments
    .map(({ source }) => (parse(source)?.is === 'any' && !isClosed(source) ? `(${source})` : source))
    .join(' and ');
}

/** Whether parentheses stand around the whole. */
function isClosed(source: string): boolean {
  const tree = parse(source);
  return tree !== undefined && source.startsWith('(') && parse(source.slice(1, -1)) !== undefined;
}

/** The parts that all have to hold. */
function segmentsOf(text: string, fields: Field[]): Segment[] | undefined {
  if (text.trim() === '') return [];
  const tree = parse(text);
  if (!tree) return undefined;
  const known = new Map<string, Condition>();
  const segments: Segment[] = [];
  for (const part of partsOf(tree)) {
    const source = text.slice(part.from, part.to);
    const piece = pieceOf(part, fields);
    const former = piece && known.get(piece.field);
    const merged = former ? joined(former, piece.condition) : piece?.condition;
    // Asked twice in a way that the controls can't show: the second stays text.
    if (piece && merged) {
      known.set(piece.field, merged);
      segments.push({ source, ...piece });
    } else segments.push({ source });
  }
  return segments;
}

function partsOf(tree: Tree): Tree[] {
  return tree.is === 'all' ? tree.parts.flatMap(partsOf) : [tree];
}

type Piece = { field: string; condition: Condition };

function pieceOf(tree: Tree, fields: Field[]): Piece | undefined {
  switch (tree.is) {
    case 'exists':
      return presenceOf(tree.field, 'some', fields);
    case 'not':
      return tree.part.is === 'exists' ? presenceOf(tree.part.field, 'none', fields) : undefined;
    case 'compare':
    case 'in': {
      const field = fields.find(({ name }) => name === tree.field);
      const test = field && hasControls(field) ? testOf(tree, field) : undefined;
      return test && { field: tree.field, condition: { test } };
    }
    case 'any':
      return alternativeOf(tree.parts, fields);
    case 'all':
      return combinedOf(tree.parts, fields);
  }
}

function presenceOf(name: string, presence: 'some' | 'none', fields: Field[]): Piece | undefined {
  const field = fields.find((candidate) => candidate.name === name);
  if (!field || !hasControls(field) || !field.comparisons.includes('exists')) return undefined;
  // A list of values has a box for none, and none for all the others together.
  if (presence === 'some' && hasValues(field)) return undefined;
  return { field: name, condition: { presence } };
}

/** Values of one field, or a test and that the field has none. */
function alternativeOf(parts: Tree[], fields: Field[]): Piece | undefined {
  const pieces = parts.map((part) => pieceOf(part, fields));
  const [first] = pieces;
  if (!first || !pieces.every((piece): piece is Piece => piece?.field === first.field)) return undefined;
  const missing = pieces.some(({ condition }) => condition.presence === 'none');
  const tests = pieces.flatMap(({ condition }) => condition.test ?? []);
  if (pieces.some(({ condition }) => condition.presence === 'some' || (condition.test && condition.presence))) {
    return undefined;
  }
  const values = tests.flatMap((test) => (test.is === 'values' ? test.values : []));
  const test: Test | undefined = tests.every(({ is }) => is === 'values')
    ? { is: 'values', values: [...new Set(values)] }
    : tests[0];
  if (!test || (test.is !== 'values' && tests.length > 1)) return undefined;
  return { field: first.field, condition: { test, ...(missing && { presence: 'none' as const }) } };
}

/** Two limits of one field. */
function combinedOf(parts: Tree[], fields: Field[]): Piece | undefined {
  const pieces = parts.map((part) => pieceOf(part, fields));
  const [first, ...rest] = pieces;
  let condition = first?.condition;
  for (const piece of rest) {
    if (!condition || piece?.field !== first?.field) return undefined;
    condition = piece && joined(condition, piece.condition);
  }
  return first && condition && { field: first.field, condition };
}

/** What two conditions on a field say together, where the controls can show it. */
function joined(one: Condition, other: Condition): Condition | undefined {
  if (one.presence || other.presence || !one.test || !other.test || one.test.is !== other.test.is) return undefined;
  if (one.test.is === 'values' || one.test.is === 'contains') return undefined;
  const both = Object.keys(one.test).some((key) => key !== 'is' && key in other.test!);
  return both ? undefined : { test: { ...one.test, ...other.test } as Test };
}

function testOf(tree: Extract<Tree, { is: 'compare' | 'in' }>, field: Field): Test | undefined {
  if (tree.is === 'in') return hasValues(field) ? valuesOf(tree.values, field) : undefined;
  const { comparison, value } = tree;
  if (comparison === '~') return value.kind === 'text' ? { is: 'contains', text: value.text } : undefined;
  if (hasValues(field)) return comparison === '==' ? valuesOf([value], field) : undefined;
  if (field.kind === 'number' || field.kind === 'bytes') return rangeOf(comparison, value);
  if (field.kind === 'time') return timeOf(comparison, value);
  return undefined;
}

function valuesOf(literals: Literal[], { kind }: Field): Test | undefined {
  if (literals.some((literal) => literal.kind === 'now' || literal.kind === 'time')) return undefined;
  const values = literals.map(({ text }) => {
    if (kind === 'code') return text.toUpperCase();
    return kind === 'flag' ? text.toLowerCase() : text;
  });
  return { is: 'values', values: [...new Set(values)] };
}

function rangeOf(comparison: string, { kind, text: value }: Literal): Test | undefined {
  if (kind !== 'number') return undefined;
  switch (comparison) {
    case '==':
      return { is: 'range', from: { value, strict: false }, to: { value, strict: false } };
    case '>':
    case '>=':
      return { is: 'range', from: { value, strict: comparison === '>' } };
    case '<':
    case '<=':
      return { is: 'range', to: { value, strict: comparison === '<' } };
    default:
      return undefined;
  }
}

const AGO = /^-(\d{1,6})([mhdw])$/u;
const DAY = /^\d{4}-\d\d-\d\d$/u;

function timeOf(comparison: string, { kind, text }: Literal): Test | undefined {
  if (kind === 'now') {
    const [, count, unit] = AGO.exec(text) ?? [];
    if (count === undefined) return undefined;
    const length = { count: Number(count), unit: unit as Unit };
    if (comparison === '<') return { is: 'age', older: length };
    return comparison === '>' ? { is: 'age', newer: length } : undefined;
  }
  if (kind !== 'time' || !DAY.test(text)) return undefined;
  if (comparison === '>=') return { is: 'days', from: text };
  return comparison === '<' ? { is: 'days', before: text } : undefined;
}

/** A condition in the language; empty where nothing is asked. */
export function compose(field: Field, { test, presence }: Condition): string {
  const asked = test ? testText(field, test) : '';
  if (presence === 'none') {
    const none = `not exists(${field.name})`;
    return asked ? `(${asked} or ${none})` : none;
  }
  return asked || (presence === 'some' ? `exists(${field.name})` : '');
}

function testText({ name, kind }: Field, test: Test): string {
  switch (test.is) {
    case 'values': {
      const values = test.values.map((value) => (kind === 'text' ? quoted(value) : written(value)));
      return values.length === 1
        ? `${name} == ${values[0]!}`
        : values.length > 1
          ? `${name} in (${values.join(', ')})`
          : '';
    }
    case 'contains':
      return test.text === '' ? '' : `${name} ~ ${quoted(test.text)}`;
    case 'range': {
      const { from, to } = test;
      if (from && to && from.value === to.value && !from.strict && !to.strict) return `${name} == ${from.value}`;
      return all(
        from && `${name} ${from.strict ? '>' : '>='} ${from.value}`,
        to && `${name} ${to.strict ? '<' : '<='} ${to.value}`,
      );
    }
    case 'age':
      return all(
        test.older && `${name} < now-${test.older.count}${test.older.unit}`,
        test.newer && `${name} > now-${test.newer.count}${test.newer.unit}`,
      );
    case 'days':
      return all(test.from && `${name} >= ${test.from}`, test.before && `${name} < ${test.before}`);
  }
}

function all(...parts: (string | undefined)[]): string {
  return parts.filter(Boolean).join(' and ');
}

/** What was typed for a number, as the language writes it; `undefined`: it is none. */
export function wholeOf(text: string): string | undefined {
  const digits = text.replaceAll(/[\s,]/gu, '');
  return /^\d{1,15}$/u.test(digits) ? String(Number(digits)) : undefined;
}

const SIZES = ['kB', 'MB', 'GB', 'TB'];

/** `1.5 tb` as `1.5TB`. */
export function sizeOf(text: string): string | undefined {
  const [, number, unit] = /^(\d{1,15}(?:\.\d{1,12})?)\s*([a-z]*)$/iu.exec(text.replaceAll(',', '').trim()) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const known = SIZES.find(
    (size) => size.toLowerCase() === unit.toLowerCase() || size[0]!.toLowerCase() === unit.toLowerCase(),
  );
  if (known) return number + known;
  return (unit === '' || unit.toLowerCase() === 'b') && !number.includes('.') ? number : undefined;
}
