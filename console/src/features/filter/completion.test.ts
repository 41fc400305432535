import { expect, test } from 'vitest';
import type { Field } from '../../api/schema';
import { accept, complete, type Vocabulary } from './completion';

const field = (name: string, kind: Field['kind'], comparisons: string[], values: string[] = []): Field => ({
  name,
  kind,
  values,
  comparisons,
  sortable: false,
  searchable: false,
  countable: false,
});

const VOCABULARY: Vocabulary = {
  fields: [
    field('level', 'word', ['==', '!=', 'in'], ['reseller', 'end_customer', 'site']),
    field('last_backup_at', 'time', ['==', '!=', 'in', '<', '<=', '>', '>=', 'exists']),
    field('totals.used_bytes', 'bytes', ['==', '<', '>']),
    field('company_name', 'text', ['==', '~']),
    field('country', 'code', ['==', '!=', 'in', 'exists']),
  ],
  title: (name) => ({ 'totals.used_bytes': 'Storage used', last_backup_at: 'Last backup' })[name] ?? name,
  values: ({ kind, values }) =>
    kind === 'code'
      ? [
          { value: 'DE', name: 'Germany' },
          { value: 'IN', name: 'India' },
        ]
      : values.map((value) => ({ value, name: value.replace('_', ' ') })),
  today: '2026-11-26',
};

/** `|` is where the caret stands. */
function offered(marked: string) {
  const caret = marked.indexOf('|');
  return complete(marked.replace('|', ''), caret, VOCABULARY);
}
const labels = (marked: string) => offered(marked).items.map(({ label }) => label);

function taken(marked: string, label: string): string {
  const found = offered(marked);
  const [text, caret] = accept(
    marked.replace('|', ''),
    found,
    found.items.find((item) => item.label === label)!,
  );
  return `${text.slice(0, caret)}|${text.slice(caret)}`;
}

test('what may come next, place by place', () => {
  expect(labels('|')).toEqual([...VOCABULARY.fields.map(({ name }) => name), 'not', 'exists(…)', '(…)']);
  expect(labels('le|')).toEqual(['level']);
  expect(labels('level |')).toEqual(['==', '!=', 'in']);
  expect(labels('level !|')).toEqual(['!=']);
  expect(labels('level == |')).toEqual(['reseller', 'end_customer', 'site']);
  expect(labels('level == cust|')).toEqual(['end_customer']);
  expect(labels('level == site |')).toEqual(['and', 'or']);
  expect(labels('(level == site |')).toEqual(['and', 'or', ')']);
  expect(labels('level in (site |')).toEqual([',', ')']);
  expect(labels('level in (site, |')).toEqual(['reseller', 'end_customer', 'site']);
  expect(labels('not exists(|')).toEqual(['last_backup_at', 'country']);
  expect(labels('level == site and |')).toContain('company_name');
});

test('fields are found by what they are called, too', () => {
  expect(labels('stor|')).toEqual(['totals.used_bytes']);
  expect(labels('used|')).toEqual(['totals.used_bytes']);
  expect(labels('backup|')).toEqual(['last_backup_at']);
});

test('values by their kinds', () => {
  expect(labels('totals.used_bytes > 500|')).toEqual(['500kB', '500MB', '500GB', '500TB']);
  expect(labels('totals.used_bytes > 1.5t|')).toEqual(['1.5TB']);
  expect(labels('last_backup_at < 3|')).toEqual(['now-3m', 'now-3h', 'now-3d', 'now-3w']);
  expect(labels('last_backup_at < now-3|')).toEqual(['3m', '3h', '3d', '3w']);
  expect(labels('last_backup_at < |')).toEqual(['now-1d', 'now-2d', 'now-7d', 'now-30d', '2026-11-26']);
  expect(labels('company_name ~ acme|')).toEqual(['"acme"']);
  expect(labels('country == germ|')).toEqual(['DE']);
  // A code that is a word of the language needs quotes.
  expect(labels('country == ind|')).toEqual(['"IN"']);
});

test('nothing is offered where it would be in the way', () => {
  for (const marked of [
    'level == site|',
    'company_name ~ "acme|',
    'level site |',
    'shoe == |',
    'level == site) |',
    'le|vel ==',
  ]) {
    expect(labels(marked), marked).toEqual([]);
  }
});

test('what is taken stands in the place of what was begun, and typing goes on behind it', () => {
  expect(taken('le|', 'level')).toBe('level |');
  expect(taken('le| == site', 'level')).toBe('level |== site');
  expect(taken('level |', 'in')).toBe('level in (|');
  expect(taken('level in (si|', 'site')).toBe('level in (site|');
  expect(taken('company_name ~ |', '"…"')).toBe('company_name ~ "|"');
  expect(taken('company_name ~ acme|', '"acme"')).toBe('company_name ~ "acme" |');
  expect(taken('not exists(cou|', 'country')).toBe('not exists(country) |');
  expect(taken('last_backup_at < now-3|', '3d')).toBe('last_backup_at < now-3d |');
});
