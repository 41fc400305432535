import { expect, test } from 'vitest';
import { EVERYTHING, isSelected, NOTHING, sizeOf, toggled, withRows } from './selection';

test('rows are added and taken away one by one', () => {
  const one = toggled(NOTHING, 'a');
  expect(isSelected(one, 'a')).toBe(true);
  expect(sizeOf(one, 10)).toBe(1);
  expect(sizeOf(toggled(one, 'a'), 10)).toBe(0);
});

test('all that match is a filter, not a list: it counts what is not loaded', () => {
  expect(sizeOf(EVERYTHING, 100_000)).toBe(100_000);
  expect(isSelected(EVERYTHING, 'never seen')).toBe(true);
  const butTwo = withRows(EVERYTHING, ['a', 'b'], false);
  expect(sizeOf(butTwo, 100_000)).toBe(99_998);
  expect(isSelected(butTwo, 'a')).toBe(false);
  expect(isSelected(toggled(butTwo, 'a'), 'a')).toBe(true);
});

test('a range may overlap what is selected already', () => {
  const range = withRows(toggled(NOTHING, 'b'), ['a', 'b', 'c'], true);
  expect(sizeOf(range, 10)).toBe(3);
  expect(sizeOf(withRows(range, ['b', 'z'], false), 10)).toBe(2);
});

test('a former selection is never changed', () => {
  const one = toggled(NOTHING, 'a');
  withRows(one, ['b'], true);
  expect(sizeOf(one, 10)).toBe(1);
  expect(sizeOf(NOTHING, 10)).toBe(0);
});

test('a list that shrank leaves no negative count', () => {
  expect(sizeOf(withRows(EVERYTHING, ['a', 'b'], false), 1)).toBe(0);
});
