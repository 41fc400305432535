/** What reports are called, and why one isn't sent. Pure. */

import type { Report, ReportKind, ReportOff } from '../../api/schema';

export const REPORT: Record<ReportKind, string> = {
  backup_jobs: 'Backups',
  restore_jobs: 'Restores',
  delete_jobs: 'Deletions',
  status: 'Backup status',
  consolidated: 'Consolidated report',
};

export const OFF: Record<ReportOff, string> = {
  switched_off: 'Switched off',
  global_off: 'The provider sends none',
  no_address: 'The customer has no email address',
  stopped: 'Everybody has stopped it',
  not_active: 'The customer is suspended or to be deleted',
  mail_off: 'Mail is off: it waits',
};

const EVERY: Record<Report['every'], string> = {
  day: 'Every day',
  week: 'Every Monday',
  month: 'On the first',
};

/** How often, and for whom it is decided. */
export function rhythmText({ every, is_global }: Pick<Report, 'every' | 'is_global'>): string {
  return is_global ? `${EVERY[every]}, as for all customers` : EVERY[every];
}
