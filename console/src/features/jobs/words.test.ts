import { expect, test } from 'vitest';
import type { Job } from '../../api/schema';
import { durationText, movedText, outcomeText, unusual } from './words';

test('how long it took is told in two units at most', () => {
  expect([0, 59, 60, 185, 3600, 7800].map(durationText)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '3 min 5 s',
    '1 h',
    '2 h 10 min',
  ]);
});

test('a job tells what it is about', () => {
  const job = { received_bytes: 5_000_000, sent_bytes: 7_000_000, removed_files: 1 };
  expect(movedText({ ...job, kind: 'backup' })).toBe('5\u00a0MB stored');
  expect(movedText({ ...job, kind: 'restore' })).toBe('7\u00a0MB read');
  expect(movedText({ ...job, kind: 'delete' })).toBe('1 file removed');
  expect(outcomeText({ outcome: null })).toBe('Running');
});

const jobOf = (device_id: string, started_at: string, outcome: 'completed' | 'refused' | null) =>
  ({ device_id, started_at, outcome }) as Job;

test('of each device only the newest job counts, and only if it says more than its backup', () => {
  const found = unusual([
    jobOf('a', '2026-11-02', 'completed'),
    jobOf('a', '2026-11-01', 'refused'),
    jobOf('b', '2026-11-01', 'completed'),
    jobOf('b', '2026-11-02', 'refused'),
    jobOf('c', '2026-11-02', null),
  ]);
  expect([...found].map(([device, { outcome }]) => [device, outcome])).toEqual([
    ['b', 'refused'],
    ['c', null],
  ]);
});
