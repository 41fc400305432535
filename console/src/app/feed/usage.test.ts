import { expect, test } from 'vitest';
import { goesByUsage, rowsUsed, withNumbers } from './usage';

const customers = (...paths: string[]) => ({
  items: paths.map((path) => ({ id: path.split('/').at(-2)!, path, totals: { used_bytes: 1 } })),
  total: paths.length,
});
const list = ['customers', 'list', {}, 'company_name', 0];

test('used bytes count at the customer and above it', () => {
  const data = customers('p/', 'p/r/', 'p/r/a/', 'p/r/b/', 'p/q/');
  expect(rowsUsed(['p/r/a/'], { queryKey: list, data })).toEqual({ noun: 'customers', ids: ['p', 'r', 'a'] });
  expect(rowsUsed(['p/q/', 'p/r/b/'], { queryKey: list, data })?.ids).toEqual(['p', 'r', 'b', 'q']);
  expect(rowsUsed(['x/'], { queryKey: list, data })).toBeUndefined();
});

test('a path may stand for all that lies below it', () => {
  const data = customers('p/q/', 'p/r/a/', 'p/r/b/', 'p/rx/');
  expect(rowsUsed(['p/r/'], { queryKey: list, data })?.ids).toEqual(['a', 'b']);
});

test('devices have their numbers where they stand', () => {
  const one = { queryKey: ['devices', 'one', 'd1'], data: { id: 'd1', path: 'p/r/a/' } };
  expect(rowsUsed(['p/r/a/'], one)).toEqual({ noun: 'devices', ids: ['d1'] });
  expect(rowsUsed(['p/r/a/s/'], one)).toBeUndefined();
});

test('what has no such numbers is left alone', () => {
  expect(rowsUsed(['p/'], { queryKey: ['users', 'list'], data: customers('p/') })).toBeUndefined();
  expect(rowsUsed(['p/'], { queryKey: ['customers', 'form', 'p'], data: { id: 'p', path: 'p/' } })).toBeUndefined();
  expect(rowsUsed(['p/'], { queryKey: list, data: undefined })).toBeUndefined();
});

test('numbers are written over the rows they belong to, and nothing else changes', () => {
  const numbers = new Map([['a', { totals: { used_bytes: 7 } }]]);
  const data = customers('p/r/a/', 'p/r/b/');
  const now = withNumbers(data, numbers) as typeof data;
  expect(now.items[0]).toEqual({ id: 'a', path: 'p/r/a/', totals: { used_bytes: 7 } });
  expect(now.items[1]).toBe(data.items[1]);
  expect(now.total).toBe(2);
  expect(withNumbers({ id: 'a', name: 'A' }, numbers)).toEqual({ id: 'a', name: 'A', totals: { used_bytes: 7 } });
  expect(withNumbers([{ id: 'b' }], numbers)).toEqual([{ id: 'b' }]);
  expect(withNumbers(undefined, numbers)).toBeUndefined();
});

test('an order by use is known', () => {
  expect(goesByUsage(['customers', 'list', {}, '-used_bytes', 0])).toBe(true);
  expect(goesByUsage(['devices', 'list', {}, 'last_backup_at', 0])).toBe(true);
  expect(goesByUsage(['devices', 'list', { filter: 'used_bytes > 1 GB' }, 'name', 0])).toBe(true);
  expect(goesByUsage(list)).toBe(false);
  expect(goesByUsage(['customers', 'one', 'a'])).toBe(false);
});
