import { expect, test } from 'vitest';
import type { VaultSnapshot } from '../../api/schema';
import { archiveAddress, pathOf, type Thing } from './api';
import { byDay, stepsTo } from './days';

const thing = (folder: string, name: string) => ({ folder, entry: { name } }) as Thing;
const snapshot = (at: string) => ({ id: at, at }) as VaultSnapshot;

test('snapshots stand under their days', () => {
  const days = byDay(['2026-03-02T10:00:00Z', '2026-03-02T08:00:00Z', '2026-02-28T10:00:00Z'].map(snapshot));
  expect(days.map(({ name, snapshots }) => [name, snapshots.length])).toEqual([
    ['2 Mar 2026', 2],
    ['28 Feb 2026', 1],
  ]);
});

test('a path is a way from the top', () => {
  expect(stepsTo('/')).toEqual([]);
  expect(stepsTo('/home/mia')).toEqual([
    { name: 'home', path: '/home' },
    { name: 'mia', path: '/home/mia' },
  ]);
});

test('names of all kinds arrive in addresses as they are', () => {
  expect(pathOf(thing('/', 'a'))).toBe('/a');
  expect(pathOf(thing('/home/', 'a & b'))).toBe('/home/a & b');
  expect(pathOf(thing('/home', 'ä'))).toBe('/home/ä');
  const address = archiveAddress('vlt_1', 's', ['/a & b', '/ä?#'], 'zip');
  expect(new URL(address, 'http://x').searchParams.getAll('path')).toEqual(['/a & b', '/ä?#']);
});
