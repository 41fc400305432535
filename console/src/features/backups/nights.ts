/** What the last days say, in words. Pure. */

import type { BackupDay, Refusal, RefusedOperation } from '../../api/schema';
import { bytes, counted, utcWeekday } from '../../lib/format';

/** `Thursday 26 Nov: 1 backup, 120 MB more`. */
export function nightText({ day, outcome, backups, added_bytes, refusals }: BackupDay, isToday: boolean): string {
  const name = utcWeekday(day);
  const refused = refusals > 0 ? `, ${counted(refusals, 'try', 'tries')} refused` : '';
  switch (outcome) {
    case 'done':
      return `${name}: ${counted(backups, 'backup')}${grown(added_bytes)}${refused}`;
    case 'refused':
      return `${name}: no backup${refused}`;
    case 'nothing':
      return isToday ? `${name}: nothing yet today` : `${name}: no backup`;
    case 'absent':
      return `${name}: not registered yet`;
    case 'unknown':
      return `${name}: not recorded`;
  }
}

function grown(added: number): string {
  if (added === 0) return '';
  return added > 0 ? `, ${bytes(added)} more` : `, ${bytes(-added)} less`;
}

/** How many of the days on which there could have been a backup had one. Today isn't over. */
export function nightsWithBackup(days: readonly BackupDay[]): { done: number; of: number } {
  const known = days.filter(({ outcome }, at) => {
    const isToday = at === days.length - 1;
    return outcome === 'done' || (!isToday && outcome !== 'absent' && outcome !== 'unknown');
  });
  return { done: known.filter(({ outcome }) => outcome === 'done').length, of: known.length };
}

const OPERATION: Record<RefusedOperation, string> = {
  sign_in: 'Sign-in',
  read: 'Reading',
  upload: 'Backup',
  delete: 'Deletion',
};

/** What was refused, and how often. */
export function refusalTitle({ operation, count }: Pick<Refusal, 'operation' | 'count'>): string {
  return `${OPERATION[operation]} refused${count > 1 ? `, ${counted(count, 'time')}` : ''}`;
}
