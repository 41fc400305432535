import { expect, test } from 'vitest';
import type { AllotmentRow } from '../../api/schema';
import { changesOf, edited, heldIn, keyOf, problemOf, type Edits } from './cells';

const NUMBERS = { used: 0, handed: 0, drawn: 0, free: null };

function row(fields: Partial<AllotmentRow>): AllotmentRow {
  return {
    version: 4,
    depth: 0,
    name: 'Bakery',
    space: { allotted_bytes: 5e11, overcommit: 1, used_bytes: 0, handed_bytes: 0, drawn_bytes: 0, free_bytes: 5e11 },
    max_devices: null,
    pools: [{ product_id: 'prd_a', quantity: 'auto', ...NUMBERS }],
    actions: [],
    ...fields,
  };
}

const bakery = row({ customer_id: 'cus_a' });
const till = row({ device_id: 'dev_a', pools: [] });

test('cells say what is held, and nothing where there is no such number', () => {
  expect(['space', 'devices', 'prd_a'].map((column) => heldIn(bakery, column))).toEqual(['500 GB', '', '']);
  expect(['space', 'devices', 'prd_a'].map((column) => heldIn(till, column))).toEqual(['500 GB', undefined, undefined]);
});

test('what is typed and taken back is no change', () => {
  let edits: Edits = new Map();
  edits = edited(edits, { row: bakery, column: 'space', text: '1 TB' });
  expect(edits.size).toBe(1);
  edits = edited(edits, { row: bakery, column: 'space', text: '500 GB ' });
  expect(edits.size).toBe(0);
});

test('a row is one change, and each refusal finds its cell', () => {
  let edits: Edits = new Map();
  for (const [of, column, text] of [
    [till, 'space', ''],
    [bakery, 'space', '1 TB'],
    [bakery, 'devices', '1,200'],
    [bakery, 'prd_a', '7'],
  ] as const) {
    edits = edited(edits, { row: of, column, text });
  }
  const { changes, cells } = changesOf(edits);
  expect(changes).toEqual([
    { device_id: 'dev_a', version: 4, allotted_bytes: null, pools: [] },
    {
      customer_id: 'cus_a',
      version: 4,
      allotted_bytes: 1e12,
      max_devices: 1200,
      pools: [{ product_id: 'prd_a', quantity: 7 }],
    },
  ]);
  expect(cells.get('changes.1.pools.0.quantity')).toBe(keyOf(bakery, 'prd_a'));
  expect(cells.get('changes.0.allotted_bytes')).toBe(keyOf(till, 'space'));
});

test('what is wrong by itself is said before it is sent', () => {
  expect(problemOf('space', '500')).toContain('number and a unit');
  expect(problemOf('devices', '1.5')).toContain('whole number');
  expect(['', '12', '1,200'].map((text) => problemOf('prd_a', text))).toEqual([undefined, undefined, undefined]);
});
