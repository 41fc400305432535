import { expect, test } from 'vitest';
import { commandOf, type GridKey } from './keys';

const key = (name: string, held: Partial<GridKey> = {}): GridKey => ({
  key: name,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...held,
});

test.each([
  ['ArrowDown', 6],
  ['j', 6],
  ['ArrowUp', 4],
  ['k', 4],
  ['PageDown', 14],
  ['PageUp', 0],
  ['Home', 0],
  ['End', 99],
])('%s moves from row 5 to row %d', (name, to) => {
  expect(commandOf(key(name), 5, 100, 10)).toEqual({ do: 'move', to, extend: false });
});

test('movement ends at the edges', () => {
  expect(commandOf(key('ArrowUp'), 0, 3, 10)).toMatchObject({ to: 0 });
  expect(commandOf(key('PageDown'), 1, 3, 10)).toMatchObject({ to: 2 });
});

test('shift extends', () => {
  expect(commandOf(key('ArrowDown', { shiftKey: true }), 0, 9, 5)).toMatchObject({ extend: true });
  expect(commandOf(key('X', { shiftKey: true }), 0, 9, 5)).toEqual({ do: 'toggle', extend: true });
});

test('control and command select all, and nothing else is taken from the browser', () => {
  expect(commandOf(key('a', { ctrlKey: true }), 0, 9, 5)).toEqual({ do: 'all' });
  expect(commandOf(key('a', { metaKey: true }), 0, 9, 5)).toEqual({ do: 'all' });
  for (const name of ['c', 'f', 'Home', 'ArrowDown']) {
    expect(commandOf(key(name, { ctrlKey: true }), 0, 9, 5)).toBeUndefined();
  }
  expect(commandOf(key('ArrowLeft', { altKey: true }), 0, 9, 5)).toBeUndefined();
  expect(commandOf(key('a'), 0, 9, 5)).toBeUndefined();
});

test('an empty list has no keys', () => {
  expect(commandOf(key('End'), 0, 0, 5)).toBeUndefined();
});
