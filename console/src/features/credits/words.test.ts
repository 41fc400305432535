import { expect, test } from 'vitest';
import { entryText, lastsText, signed, told, unitsOf } from './words';

test('entries say who took what, and the other way round', () => {
  expect(entryText({ kind: 'used', units: -1, about: 'till 3' })).toBe('Taken by till 3');
  expect(entryText({ kind: 'handed_on', units: -5, about: 'Bakery' })).toBe('Handed on to Bakery');
  expect(entryText({ kind: 'handed_on', units: 2, about: 'Bakery' })).toBe('Back from Bakery');
  expect(entryText({ kind: 'counter', units: -5, about: 'Northwind IT' })).toBe('Taken back: Northwind IT');
  expect(entryText({ kind: 'added', units: 9, about: null })).toBe('Bought');
  expect([signed(5), signed(-1200)]).toEqual(['+5', '−1,200']);
});

test('units are whole, may go back, and are never none', () => {
  expect(['5', '+5', '-5', '−5', '1,200', ' 3 '].map(unitsOf)).toEqual([5, 5, -5, -5, 1200, 3]);
  expect(['', '0', '1.5', 'five', '99999999999', '2000000000'].map(unitsOf)).toEqual(Array(6).fill(undefined));
});

test('what runs out says in how many days', () => {
  const forecast = { runs_out_on: '2026-12-01', days_left: 12, is_short: true };
  expect(lastsText({ balance: 30, forecast })).toBe('12 days left: too little for next month');
  expect(lastsText({ balance: 300, forecast: { ...forecast, days_left: 1, is_short: false } })).toBe('1 day left');
  expect(lastsText({ balance: null, forecast })).toBeUndefined();
});

test('months begin with the first that has something', () => {
  const month = { month: '2026-11', opening: 0, added: 0, handed_on: 0, used: 0, corrected: 0, closing: 0 };
  const with_some = { ...month, month: '2026-10', added: 5, closing: 5 };
  expect(told([month, with_some, month]).map(({ added }) => added)).toEqual([0, 5]);
  expect(told([month, month])).toEqual([month]);
  expect(told([])).toEqual([]);
});
