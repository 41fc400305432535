import { expect, test } from 'vitest';
import type { Attention } from '../../api/schema';
import { acknowledgement, helpOf, toldOf, worstOf } from './words';

const nothing = { action_required: 0, warning: 0 };
const attention: Attention = { threat: nothing, system: nothing, licence: nothing, action_required: 0, warning: 0 };

test('what has to be done is told before warnings, threats before the rest, and nothing where nothing is', () => {
  expect(toldOf(attention)).toEqual([]);
  expect(toldOf(null)).toEqual([]);
  const told = toldOf({
    ...attention,
    threat: { action_required: 0, warning: 1 },
    system: { action_required: 1200, warning: 2 },
    licence: { action_required: 1, warning: 0 },
  });
  expect(told.map(({ text, tone }) => `${tone} ${text}`)).toEqual([
    'danger 1,200 system events',
    'danger 1 licence event',
    'warning 1 threat',
    'warning 2 system events',
  ]);
  expect(told[0]?.full).toBe('1,200 system events: action required');
  expect(told[1]?.filter).toBe('state == open and category == licence and severity == action_required');
});

test('the worst is told by its name, with how many there are besides', () => {
  const system = { action_required: 1, warning: 2 };
  expect(worstOf({ ...attention, system, worst: 'no_backup' })).toMatchObject({
    tone: 'danger',
    text: 'No backup',
    filter: 'state == open and type == no_backup',
    others: 2,
  });
  // A server may know one that this console doesn't.
  const newer = { ...attention, system, worst: 'brand_new' as 'no_backup' };
  expect(worstOf(newer)).toMatchObject({ text: '1 system event', others: 2 });
  expect(worstOf(attention)).toBeUndefined();
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
