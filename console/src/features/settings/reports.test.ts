import { describe, expect, it } from 'vitest';
import {
  checkReport,
  isLockable,
  parseAddresses,
  REPORT_SETTINGS,
  reportText,
  reportValues,
  reportWire,
} from './reports';

describe('settings of reports', () => {
  it('are sent as they were read', () => {
    const values: Record<string, unknown> = {
      branding: { name: 'Northwind', colour: '#24427a' },
      job_reports: { backup: true, restore: false, delete: true, replication: false },
      status_report: { enabled: true },
      consolidated_report: { enabled: true, every: 'week', recipients: ['a@example.com', 'b@example.com'] },
      global_status_report: { enabled: true, every: 'day', at_hour: 9, filter: 'kind == agent' },
      global_consolidated_report: { enabled: false, every: 'month' },
      time_zone: 'Europe/Berlin',
    };
    expect(Object.keys(values).toSorted()).toEqual(Object.keys(REPORT_SETTINGS).toSorted());
    for (const [name, value] of Object.entries(values)) {
      expect(reportWire(name, reportValues(name, value, { locked: false, isSet: true, zone: 'UTC' }))).toEqual(value);
    }
  });

  it('are told in words', () => {
    expect(reportText('job_reports', { backup: true, restore: false, delete: true, replication: false })).toBe(
      'Backups, Deletions',
    );
    expect(reportText('job_reports', {})).toBe('Off');
    expect(reportText('branding', { name: null, colour: null })).toBe('As the company above');
    expect(reportText('global_status_report', { enabled: true, every: 'week', at_hour: 9, filter: null })).toBe(
      'Every Monday at 09:00',
    );
    expect(reportText('consolidated_report', { enabled: true, every: 'month', recipients: ['a@b.example'] })).toBe(
      'On the first of the month, to a@b.example',
    );
  });

  it('say what is wrong before they are sent', () => {
    expect(checkReport('time_zone', { zone: 'Mars/Base' })).toHaveProperty('zone');
    expect(checkReport('time_zone', { zone: ' Europe/Berlin ' })).toEqual({});
    expect(checkReport('branding', { colour: 'blue' })).toHaveProperty('colour');
    expect(checkReport('consolidated_report', { enabled: 'yes', recipients: ' ' })).toHaveProperty('recipients');
    expect(checkReport('consolidated_report', { enabled: '', recipients: '' })).toEqual({});
    expect(parseAddresses(' a@b.example, c@d.example\n;e@f.example ')).toHaveLength(3);
    expect(isLockable('job_reports') && !isLockable('consolidated_report') && !isLockable('global_status_report')).toBe(
      true,
    );
  });
});
