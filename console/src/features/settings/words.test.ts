import { expect, test } from 'vitest';
import { settingTitle, settingValue, sourceText, valuesOf, wireValue } from './words';

test('values are told in words, those of a newer server as they are', () => {
  expect(settingValue('append_only', true)).toBe('On');
  expect(settingValue('auto_authorise', false)).toBe('Off');
  expect(settingValue('prune_window', null)).toBe('Closed');
  expect(settingValue('prune_window', { until: '2026-05-01T12:00:00Z', reason: 'Full' })).toMatch(
    /^Open until .*: Full$/u,
  );
  expect(settingValue('something_new', { a: 1 })).toBe('{"a":1}');
  expect(settingTitle('something_new')).toBe('something new');
});

test('a source is named, unless it is this one, or nobody, or above what is seen', () => {
  const source = { kind: 'customer' as const, id: 'cus_1', name: 'Meridian', level: 'reseller' as const };
  expect(sourceText(source, 'cus_2')).toBe('From Meridian');
  expect(sourceText(source, 'cus_1')).toBe('Set here');
  expect(sourceText({ kind: 'default', id: null, name: null, level: null }, 'cus_1')).toBe('By default');
  expect(sourceText({ kind: 'above', id: null, name: null, level: null }, 'cus_1')).toBe('From above');
});

test('a form begins with what holds and sends what is chosen', () => {
  expect(valuesOf({ name: 'append_only', value: true, own: null })).toEqual({ value: 'on', locked: '' });
  const own = { value: false, locked: true, set_at: '2026-05-01T12:00:00Z', set_by: null };
  expect(valuesOf({ name: 'append_only', value: true, own })).toEqual({ value: 'off', locked: 'yes' });
  expect(wireValue('append_only', { value: 'on' }, 0)).toBe(true);
  expect(wireValue('prune_window', { hours: '4', reason: ' ' }, 0)).toBe(undefined);
  expect(wireValue('prune_window', { hours: '4', reason: ' Full ' }, 0)).toEqual({
    until: '1970-01-01T04:00:00.000Z',
    reason: 'Full',
  });
});

test('what is said by a word of its own is shown, begun with and sent as that word', () => {
  expect(settingValue('two_factor', 'required')).toBe('Required');
  const own = { value: 'off', locked: true, set_at: '', set_by: null };
  expect(valuesOf({ name: 'two_factor', value: 'required', own })).toEqual({ value: 'off', locked: 'yes' });
  expect(valuesOf({ name: 'two_factor', value: 'required', own: null })).toEqual({ value: 'required', locked: '' });
  expect(valuesOf({ name: 'two_factor', value: false, own: null })).toEqual({ value: 'on', locked: '' });
  expect(wireValue('two_factor', { value: 'required' }, 0)).toBe('required');
  expect(wireValue('append_only', { value: 'on' }, 0)).toBe(true);
});
