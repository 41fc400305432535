import { expect, test } from 'vitest';
import type { BackupDay } from '../../api/schema';
import { nightsWithBackup, nightText, refusalTitle } from './nights';

const night = (outcome: BackupDay['outcome'], rest: Partial<BackupDay> = {}): BackupDay => ({
  day: '2026-11-26',
  outcome,
  backups: 0,
  added_bytes: 0,
  refusals: 0,
  ...rest,
});

const text = (day: BackupDay, isToday = false) => nightText(day, isToday).replaceAll('\u00A0', ' ');

test('a night is told in words', () => {
  expect(text(night('done', { backups: 1, added_bytes: 120e6 }))).toBe('Thursday 26 Nov: 1 backup, 120 MB more');
  expect(text(night('done', { backups: 2, added_bytes: -5e6, refusals: 1 }))).toBe(
    'Thursday 26 Nov: 2 backups, 5 MB less, 1 try refused',
  );
  expect(text(night('refused', { refusals: 3 }))).toBe('Thursday 26 Nov: no backup, 3 tries refused');
  expect(text(night('nothing'))).toBe('Thursday 26 Nov: no backup');
  expect(text(night('nothing'), true)).toBe('Thursday 26 Nov: nothing yet today');
  expect(text(night('absent'))).toBe('Thursday 26 Nov: not registered yet');
  expect(text(night('unknown'))).toBe('Thursday 26 Nov: not recorded');
});

test('nights before the device was there, and the one that is not over, are not missed ones', () => {
  const days = [night('unknown'), night('absent'), night('done'), night('refused'), night('nothing'), night('nothing')];
  expect(nightsWithBackup(days)).toEqual({ done: 1, of: 3 });
  expect(nightsWithBackup([night('absent'), night('done')])).toEqual({ done: 1, of: 1 });
  expect(nightsWithBackup([night('absent'), night('nothing')])).toEqual({ done: 0, of: 0 });
});

test('a refusal says what was tried, and how often', () => {
  expect(refusalTitle({ operation: 'upload', count: 1 })).toBe('Backup refused');
  expect(refusalTitle({ operation: 'sign_in', count: 4 })).toBe('Sign-in refused, 4 times');
});
