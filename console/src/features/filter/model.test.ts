import { expect, test } from 'vitest';
import type { Field } from '../../api/schema';
import { faultOf, parse, placeOf, quoted, tokensOf, written } from './language';
import { both } from './both';
import { readFilter, sizeOf, wholeOf, withCondition, type Condition } from './model';

const ORDER = ['==', '!=', 'in', '<', '<=', '>', '>='];
const field = (name: string, kind: Field['kind'], rest: Partial<Field> = {}): Field => ({
  name,
  kind,
  values: [],
  comparisons: [...ORDER, '~', 'exists'],
  sortable: false,
  searchable: false,
  countable: ['word', 'code', 'flag'].includes(kind),
  ...rest,
});

const FIELDS: Record<string, Field> = Object.fromEntries(
  [
    field('level', 'word', { values: ['reseller', 'end_customer', 'site'], comparisons: ['==', '!=', 'in'] }),
    field('country', 'code'),
    field('is_default', 'flag'),
    field('os', 'text', { countable: true }),
    field('name', 'text'),
    field('parent_id', 'id'),
    field('max_devices', 'number'),
    field('totals.used_bytes', 'bytes'),
    field('last_backup_at', 'time'),
  ].map((one) => [one.name, one]),
);
const ALL = Object.values(FIELDS);

const read = (text: string) => {
  const model = readFilter(text, ALL);
  return model && { ...Object.fromEntries(model.conditions), others: model.others };
};
const put = (text: string, name: string, condition: Condition) => withCondition(text, ALL, FIELDS[name]!, condition);

/** What the pane shows, and how it writes the same. */
const SHOWN: [name: string, text: string, condition: Condition][] = [
  ['level', 'level == site', { test: { is: 'values', values: ['site'] } }],
  ['level', 'level in (site, reseller)', { test: { is: 'values', values: ['site', 'reseller'] } }],
  ['country', 'country == "IN"', { test: { is: 'values', values: ['IN'] } }],
  ['country', '(country == DE or not exists(country))', { test: { is: 'values', values: ['DE'] }, presence: 'none' }],
  ['country', 'not exists(country)', { presence: 'none' }],
  ['is_default', 'is_default == false', { test: { is: 'values', values: ['false'] } }],
  [
    'os',
    'os in ("macOS 15", "a \\"b\\" \\\\")',
    { test: { is: 'values', values: ['macOS 15', String.raw`a "b" \ `.trim()] } },
  ],
  ['name', 'name ~ "bäckerei"', { test: { is: 'contains', text: 'bäckerei' } }],
  ['max_devices', 'exists(max_devices)', { presence: 'some' }],
  [
    'max_devices',
    'max_devices == 3',
    { test: { is: 'range', from: { value: '3', strict: false }, to: { value: '3', strict: false } } },
  ],
  [
    'totals.used_bytes',
    'totals.used_bytes > 1.5TB and totals.used_bytes <= 9TB',
    { test: { is: 'range', from: { value: '1.5TB', strict: true }, to: { value: '9TB', strict: false } } },
  ],
  [
    'last_backup_at',
    '(last_backup_at < now-2d and last_backup_at > now-4w or not exists(last_backup_at))',
    { test: { is: 'age', older: { count: 2, unit: 'd' }, newer: { count: 4, unit: 'w' } }, presence: 'none' },
  ],
  [
    'last_backup_at',
    'last_backup_at >= 2025-01-31 and last_backup_at < 2025-02-28',
    { test: { is: 'days', from: '2025-01-31', before: '2025-02-28' } },
  ],
];

test.each(SHOWN)('%s: %s', (name, text, condition) => {
  expect(read(text)).toEqual({ [name]: condition, others: [] });
  expect(put('', name, condition)).toBe(text);
});

test('what means the same is shown the same', () => {
  const values = { test: { is: 'values', values: ['DE', 'AT'] } };
  for (const text of [
    'country in (de, "at")',
    'country == DE OR country == AT',
    '((country == DE) or country in (at))',
  ]) {
    expect(read(text)).toEqual({ country: values, others: [] });
  }
});

test('what the controls can’t show stays text', () => {
  for (const other of [
    'not level == site',
    'level != site',
    '(level == site or country == DE)',
    'name == "x"',
    'parent_id == cus_1',
    'last_backup_at < now',
    'last_backup_at <= now-2d',
    'last_backup_at > now+2d',
    'last_backup_at < 2025-01-31T12:00:00Z',
    'max_devices != 3',
    'shoe_size > 40',
    'exists(country)',
  ]) {
    expect(read(other)).toEqual({ others: [other] });
    const more = put(other, 'is_default', { test: { is: 'values', values: ['true'] } });
    expect(more).toBe(`${other} and is_default == true`);
    expect(put(more, 'is_default', {})).toBe(other);
  }
});

test('a second condition on a field stays text where it can’t be shown with the first', () => {
  expect(read('name ~ "a" and name ~ "b"')).toEqual({
    name: { test: { is: 'contains', text: 'a' } },
    others: ['name ~ "b"'],
  });
  expect(put('name ~ "a" and name ~ "b"', 'name', {})).toBe('name ~ "b"');
});

test('a change replaces the parts of its field and leaves all others as they were typed', () => {
  const text = 'max_devices >= 1 and  LEVEL_x == 1 and max_devices <= 9 and country in ( de )';
  const next = put(text, 'max_devices', { test: { is: 'range', to: { value: '5', strict: false } } });
  expect(next).toBe('max_devices <= 5 and LEVEL_x == 1 and country in ( de )');
});

test('alternatives get their parentheses when something joins them', () => {
  const condition: Condition = { test: { is: 'contains', text: 'x' } };
  expect(put('level == site or is_default == true', 'name', condition)).toBe(
    '(level == site or is_default == true) and name ~ "x"',
  );
  expect(put('(level == site) or (is_default == true)', 'name', condition)).toBe(
    '((level == site) or (is_default == true)) and name ~ "x"',
  );
});

test('what can’t be read has no model', () => {
  for (const text of [
    'level',
    'level = site',
    'level == ',
    '(level == site',
    'name ~ "x',
    'level == in',
    'a == 1 b == 2',
  ]) {
    expect(parse(text), text).toBeUndefined();
    expect(readFilter(text, ALL)).toBeUndefined();
  }
  expect(read('')).toEqual({ others: [] });
});

test('sizes and numbers as people write them', () => {
  expect(['500gb', '1.5 TB', '2t', '1,000', '7 B', '12 apples', '1.5', '-1'].map(sizeOf)).toEqual([
    '500GB',
    '1.5TB',
    '2TB',
    '1000',
    '7',
    undefined,
    undefined,
    undefined,
  ]);
  expect(['1,000', '007', '1.5', 'x', ''].map(wholeOf)).toEqual(['1000', '7', undefined, undefined, undefined]);
});

test('values are in quotes where they would mean something else', () => {
  expect(['DE', 'IN', 'no', 'NOT', 'null', 'cus_06g3', '12', 'a b'].map(written)).toEqual([
    'DE',
    '"IN"',
    'no',
    '"NOT"',
    '"null"',
    'cus_06g3',
    '"12"',
    '"a b"',
  ]);
  expect(tokensOf(quoted(String.raw`"\ `))).toHaveLength(1);
});

test('a refusal tells its place, what is wrong, and what was meant', () => {
  const fault = faultOf('At character 10: level is never `end_custmer`; did you mean `end_customer`?');
  expect(fault).toEqual({
    at: 9,
    what: 'At character 10: level is never `end_custmer`; did you mean `end_customer`?',
    meant: 'end_customer',
  });
  expect(faultOf('At character 10: there.', 1)).toEqual({ at: 8, what: 'At character 9: there.', meant: undefined });
  expect(faultOf('A filter may have at most 4000 characters.').at).toBeUndefined();
  // The server counts characters; an emoji is two of the browser's.
  expect(placeOf('name ~ "😀" and levle == site', 15)).toEqual({ from: 16, to: 21 });
  expect(placeOf('level ==', 8)).toEqual({ from: 8, to: 8 });
});

test('two filters hold together whatever they are', () => {
  expect(both('a == 1 or b == 2', 'c == 3')).toBe('(a == 1 or b == 2) and (c == 3)');
  expect([both('', 'c == 3'), both('a == 1', undefined), both('', undefined)]).toEqual(['c == 3', 'a == 1', undefined]);
});
