import { expect, test } from 'vitest';
import type { NotificationRule } from '../../api/schema';
import { check, OWN, valuesOf, whenText, whichText, wireOf } from './words';

const rule = {
  name: 'Night',
  filter: 'type == no_backup',
  recipients: ['a@example.com', 'b@example.com'],
  pace: 'event',
  at_hour: 7,
  time_zone: 'Europe/Berlin',
  delay_minutes: 60,
  quiet: { from: '22:00', to: '06:00' },
  enabled: true,
} as NotificationRule;

test('a rule is told in words', () => {
  expect(whichText(rule)).toBe('type == no_backup');
  expect(whichText({ filter: 'severity == action_required' })).toBe('All that require action');
  expect(whenText(rule)).toBe('After 1 hour, not from 22:00 to 06:00');
  expect(whenText({ ...rule, delay_minutes: 10, quiet: null })).toBe('After 10 minutes');
  expect(whenText({ ...rule, pace: 'day', quiet: null })).toBe('Once a day at 07:00 (Europe/Berlin)');
});

test('what a form begins with is what it sends', () => {
  const values = valuesOf(rule, 'UTC');
  expect(values).toMatchObject({ which: OWN, filter: 'type == no_backup', recipients: 'a@example.com\nb@example.com' });
  const { name, filter, recipients, pace, at_hour, time_zone, delay_minutes, quiet, enabled } = rule;
  expect(wireOf(values)).toEqual({ name, filter, recipients, pace, at_hour, time_zone, delay_minutes, quiet, enabled });
  expect(valuesOf(undefined, 'Europe/London')).toMatchObject({ time_zone: 'Europe/London', enabled: 'yes' });
});

test('what lacks is named', () => {
  expect(check(valuesOf(rule, 'UTC'))).toEqual({});
  expect(Object.keys(check(valuesOf(undefined, 'UTC')))).toEqual(['name', 'recipients']);
  expect(Object.keys(check({ ...valuesOf(rule, 'UTC'), filter: ' ', from: '22', to: '' }))).toEqual([
    'filter',
    'from',
    'to',
  ]);
});
