import { expect, test } from 'vitest';
import { checkThresholds, thresholdsText, thresholdsValues, thresholdsWire } from './thresholds';
import { settingTitle, settingValue, valuesOf, wireValue } from './words';

test('thresholds are told in what their type counts', () => {
  expect(settingTitle('event_no_backup')).toBe('No backup');
  expect(settingValue('event_no_backup', { warning: 3, action_required: 7 })).toBe(
    'Warning after 3 days, action required after 7 days',
  );
  expect(thresholdsText('event_licence_ending', { warning: 60, action_required: 0 })).toBe(
    'Warning 60 days before, action required at the end',
  );
  expect(thresholdsText('event_wrong_password', { warning: null, action_required: 1 })).toBe(
    'Action required at the first',
  );
  expect(thresholdsText('event_space_filling', { warning: null, action_required: null })).toBe('Off');
});

test('what is typed is sent, and nothing means never', () => {
  const value = { warning: 3, action_required: null };
  const values = valuesOf({ name: 'event_no_backup', value, own: null });
  expect(values).toEqual({ warning: '3', action_required: '', locked: '' });
  expect(wireValue('event_no_backup', { ...values, action_required: ' 9 ' }, 0)).toEqual({
    warning: 3,
    action_required: 9,
  });
  expect(thresholdsWire({ warning: 'x', action_required: '' })).toBeUndefined();
  expect(thresholdsValues(undefined, true)).toEqual({ warning: '', action_required: '', locked: 'yes' });
});

function check(name: string, warning: string, action_required: string) {
  return checkThresholds(name, { warning, action_required });
}

test('the worse is not reached first', () => {
  expect(check('event_no_backup', '3', '7')).toEqual({});
  expect(check('event_no_backup', '3', '2')).toHaveProperty('action_required');
  expect(check('event_licence_ending', '60', '0')).toEqual({});
  expect(check('event_licence_ending', '10', '11')).toHaveProperty('action_required');
  expect(check('event_no_backup', '0', '')).toHaveProperty('warning');
  expect(check('event_no_backup', '-1', '1.5')).toEqual({
    warning: 'A whole number, 1 or more; or nothing.',
    action_required: 'A whole number, 1 or more; or nothing.',
  });
});
