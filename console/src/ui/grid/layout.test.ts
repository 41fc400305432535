import { expect, test } from 'vitest';
import { arrange, isLayout, listed, readColumns, withPin, withWidth, writeColumns, type Layout } from './layout';
import type { Column } from './Row';

const column = (id: string, rest: Partial<Column<unknown>> = {}): Column<unknown> => ({
  id,
  title: id,
  width: 10,
  cell: () => id,
  ...rest,
});

const COLUMNS = [
  column('name', { grow: true, card: true, width: 15 }),
  column('state', { from: 40 }),
  column('devices', { card: true }),
  column('added', { optional: true }),
];

const ids = (layout: Layout, width = 100, card = false) =>
  arrange(COLUMNS, layout, { width, card, before: 2.5 }).placed.map(({ column: { id } }) => id);

test('without a choice columns leave as room does, and what is optional is not there', () => {
  expect(ids({})).toEqual(['name', 'state', 'devices']);
  expect(ids({}, 36)).toEqual(['name', 'devices']);
  expect(ids({ columns: ['added'] }, 30, true)).toEqual(['name', 'devices']);
});

test('what is not chosen leaves before the list is wider than its room, what wants most of it first', () => {
  const columns = [
    column('name', { width: 15 }),
    column('site'),
    column('state', { from: 30 }),
    column('who', { from: 40 }),
  ];
  const at = (width: number, layout: Layout = {}) => {
    const { placed, scrollsOver } = arrange(columns, layout, { width, card: false, before: 2.5 });
    return [placed.map(({ column: { id } }) => id).join(' '), scrollsOver];
  };
  expect(at(50)).toEqual(['name site state who', undefined]);
  expect(at(45)).toEqual(['name site state', undefined]);
  expect(at(38)).toEqual(['name site', undefined]);
  expect(at(45, { widths: { site: 12 } })).toEqual(['name site state who', 51]);
});

test('what was chosen is shown in its order whatever room there is, and the first column stays the first', () => {
  expect(ids({ columns: ['added', 'gone', 'state'] }, 36)).toEqual(['name', 'added', 'state']);
  expect(ids({ columns: [] })).toEqual(['name']);
});

test('what can be done with a row stays, whatever was chosen', () => {
  const columns = [...COLUMNS, column('actions', { silent: true })];
  const { placed } = arrange(columns, { columns: ['added'] }, { width: 100, card: false, before: 0 });
  expect(placed.map(({ column: { id } }) => id)).toEqual(['name', 'added', 'actions']);
});

test('where there is not enough room it scrolls: the first column and pinned ones stay', () => {
  const layout = { columns: ['state', 'devices', 'added'], pinned: ['added'], widths: { name: 12 } };
  const wide = arrange(COLUMNS, layout, { width: 90, card: false, before: 2.5 });
  expect(wide.scrollsOver).toBeUndefined();
  expect(wide.placed.every(({ stuckAt }) => stuckAt === undefined)).toBe(true);
  const narrow = arrange(COLUMNS, layout, { width: 36, card: false, before: 2.5 });
  expect(narrow.scrollsOver).toBe(46);
  expect(narrow.placed.map(({ column: { id }, stuckAt }) => [id, stuckAt])).toEqual([
    ['name', 2.5],
    ['added', 14.5],
    ['state', undefined],
    ['devices', undefined],
  ]);
  expect(narrow.placed.some(({ grows }) => grows)).toBe(false);
});

test('widths keep within bounds, and are given back', () => {
  expect(withWidth({}, 'state', 1).widths).toEqual({ state: 4 });
  expect(withWidth({}, 'state', 99).widths).toEqual({ state: 40 });
  expect(withWidth({ widths: { state: 9, devices: 8 } }, 'state', undefined).widths).toEqual({ devices: 8 });
  expect(withPin(withPin({}, 'state', true), 'state', false).pinned).toEqual([]);
});

test('the panel lists what is shown, then what could be', () => {
  expect(listed(COLUMNS, { columns: ['devices'] }).map(({ column: { id }, shown }) => [id, shown])).toEqual([
    ['devices', true],
    ['state', false],
    ['added', false],
  ]);
});

test('the URL has the columns and nothing else; what was stored is looked at before it is believed', () => {
  for (const columns of [['state', 'last_backup'], [], undefined]) {
    expect(readColumns(writeColumns(columns))).toEqual(columns);
  }
  expect(isLayout({ columns: ['a'], widths: { a: 3 }, pinned: [] })).toBe(true);
  for (const wrong of [null, true, { columns: 'a' }, { widths: { a: 'wide' } }, { pinned: [1] }]) {
    expect(isLayout(wrong)).toBe(false);
  }
});
