import { describe, expect, it } from 'vitest';
import { checkPolicy, LISTS, listProblem, listText, listWords, policyOf, readList } from './lists';

describe('settings that are lists', () => {
  it('are sent as they were read', () => {
    const values: Record<string, unknown[]> = {
      exclusions: ['*.tmp', '/var/cache'],
      retention: [
        { keep: 'daily', count: 7 },
        { keep: 'within', period: '1y6m' },
      ],
      allowed_hours: [
        { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '06:00' },
        { days: ['sat', 'sun'], from: '00:00', to: '24:00' },
      ],
    };
    expect(Object.keys(values).toSorted()).toEqual(Object.keys(LISTS).toSorted());
    for (const [name, value] of Object.entries(values)) {
      expect(readList(name, `\n ${listText(name, value)} \n`)).toEqual(value);
      expect(listProblem(name, listText(name, value))).toBeUndefined();
    }
    expect(listText('allowed_hours', values['allowed_hours'])).toBe('mon-fri 22:00-06:00\nsat,sun 00:00-24:00');
    expect(listWords('retention', values['retention'])).toBe('7 daily, within 1y6m');
    expect(listWords('retention', [])).toBe('Everything');
  });

  it('say which line is not understood', () => {
    for (const [name, line] of [
      ['retention', 'daily'],
      ['retention', '0 daily'],
      ['retention', '3 fortnightly'],
      ['retention', 'within soon'],
      ['allowed_hours', 'mon 25:00-06:00'],
      ['allowed_hours', 'fri-mon 22:00-06:00'],
      ['allowed_hours', 'mon 22:00-22:00'],
    ] as const) {
      expect(listProblem(name, line)).toContain(`“${line}”`);
    }
  });

  it('are deployed as a policy', () => {
    expect(policyOf({ exclusions_mode: '' })).toBeUndefined();
    expect(policyOf({ exclusions_mode: 'append', exclusions_items: '*.iso', retention_mode: '' })).toEqual({
      lists: { exclusions: { mode: 'append', items: ['*.iso'] } },
    });
    expect(checkPolicy({})).toHaveProperty('exclusions_mode');
    expect(checkPolicy({ exclusions_mode: 'append' })).toEqual({ exclusions_items: 'Say which.' });
    expect(checkPolicy({ exclusions_mode: 'overwrite' })).toEqual({});
  });
});
