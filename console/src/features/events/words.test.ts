import { expect, test } from 'vitest';
import type { Attention } from '../../api/schema';
import { acknowledgement, helpOf, toldOf } from './words';

const nothing = { action_required: 0, warning: 0 };
const attention: Attention = { threat: nothing, system: nothing, licence: nothing };

test('what has to be done is told before warnings, threats before the rest, and nothing where nothing is', () => {
  expect(toldOf(attention)).toEqual([]);
  expect(toldOf(null)).toEqual([]);
  const told = toldOf({
    threat: { action_required: 0, warning: 1 },
    system: { action_required: 1200, warning: 2 },
    licence: { action_required: 1, warning: 0 },
  });
  expect(told.map(({ text, tone }) => `${tone} ${text}`)).toEqual([
    'danger 1,200 system',
    'danger 1 licence',
    'warning 1 threat',
    'warning 2 system',
  ]);
  expect(told[0]?.full).toBe('1,200 system events: action required');
  expect(told[1]?.filter).toBe('state == open and category == licence and severity == action_required');
});

test('an event leads to where it is mended', () => {
  const event = { customer_id: 'cus_1', device_id: 'dev_1' };
  expect(helpOf({ ...event, type: 'no_backup' })).toEqual({ label: 'Open device', device: 'dev_1' });
  expect(helpOf({ ...event, type: 'space_used_up' })).toMatchObject({ customer: 'cus_1', tab: 'overview' });
  expect(helpOf({ ...event, type: 'licence_ending' })).toMatchObject({ customer: 'cus_1', tab: 'licences' });
});

test('an acknowledgement holds for so many days, or without an end', () => {
  expect(acknowledgement({ reason: ' Known ', days: '1' }, 0)).toEqual({
    reason: 'Known',
    until: '1970-01-02T00:00:00.000Z',
  });
  expect(acknowledgement({ reason: '', days: '' }, 0)).toEqual({});
});
