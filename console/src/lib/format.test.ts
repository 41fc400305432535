import { expect, test } from 'vitest';
import { ago, bytes, compact, count, counted, day, initials, utcDay, utcMonth, utcWeekday } from './format';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const before = (ms: number) => new Date(NOW - ms).toISOString();
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test.each([
  [0, '0 B'],
  [1, '1 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1536, '1.54 kB'],
  [999_499, '999 kB'],
  [999_500, '1 MB'],
  [851_000_000_000, '851 GB'],
  [6_400_000_000_000, '6.4 TB'],
  [101_490_000_000_000, '101 TB'],
  [9_007_199_254_740_991, '9.01 PB'],
])('%d bytes are %s', (n, text) => {
  expect(plain(bytes(n))).toBe(text);
});

test('counts', () => {
  expect(count(16524)).toBe('16,524');
  expect(compact(999)).toBe('999');
  expect(compact(10_400)).toBe('10.4k');
  expect(counted(1, 'device')).toBe('1 device');
  expect(counted(0, 'device')).toBe('0 devices');
  expect(counted(2, 'key', 'keys')).toBe('2 keys');
});

test.each([
  [10_000, 'just now'],
  [5 * 60_000, '5 minutes ago'],
  [58 * 60_000, '1 hour ago'],
  [11 * 3_600_000, '11 hours ago'],
  [40 * 3_600_000, '2 days ago'],
  [200 * 86_400_000, '7 May 2026'],
])('%d ms before now is %s', (ms, text) => {
  expect(ago(before(ms), NOW)).toBe(text);
});

test('what lies ahead is said as such', () => {
  expect(ago(before(-3 * 86_400_000), NOW)).toBe('in 3 days');
  expect(ago(before(-1000), NOW)).toBe('just now');
});

test('a date is short, and September has three letters', () => {
  expect(day('2025-01-23T12:00:00Z')).toBe('23 Jan 2025');
  expect(day('2025-09-02T12:00:00Z')).toBe('2 Sep 2025');
});

test.each([
  ['Ana Lopes', 'AL'],
  ['ana.maria.lopes@example.org', 'AL'],
  ['acme', 'A'],
  ['', '?'],
])('initials of %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test('days and months that are counted in UTC keep their names in every zone', () => {
  expect(utcDay('2026-09-01')).toBe('1 Sep 2026');
  expect(utcWeekday('2026-11-26')).toBe('Thursday 26 Nov');
  expect(utcMonth('2026-11')).toBe('November 2026');
});
