import { expect, test } from 'vitest';
import type { Change } from '../../api/schema';
import { actorName, differencesOf, isSession, summaryOf } from './describe';

test('only what differs is told, in words', () => {
  const differences = differencesOf({
    action: 'customer.suspended',
    before: { account_state: 'active', mode: null, profile: { phone: '1', city: 'Bonn' } },
    after: { account_state: 'suspended', mode: 'stop_backups', profile: { phone: '2', city: 'Bonn' } },
  });
  expect(differences).toEqual([
    { key: 'account_state', field: 'State', before: 'active', after: 'suspended' },
    { key: 'mode', field: 'Mode', before: 'none', after: 'No new backups; restores work' },
    { key: 'profile.phone', field: 'Phone', before: '1', after: '2' },
  ]);
});

test('something new had nothing before, something gone has nothing after', () => {
  expect(differencesOf({ action: 'customer.created', before: null, after: { name: 'hq', email: null } })).toEqual([
    { key: 'name', field: 'Name', before: undefined, after: 'hq' },
  ]);
  expect(differencesOf({ action: 'customer.deleted', before: { name: 'hq' }, after: null })).toEqual([
    { key: 'name', field: 'Name', before: 'hq', after: undefined },
  ]);
});

test('ids become names where these are known, and are left out where they say nothing', () => {
  const names = new Map([['loc_1', 'Germany']]);
  expect(
    differencesOf(
      {
        action: 'customer.created',
        before: null,
        after: { id: 'cus_1', storage_location_id: 'loc_1', parent_id: 'cus_0', country: 'GB' },
      },
      names,
    ).map(({ field, after }) => [field, after]),
  ).toEqual([
    ['Storage location', 'Germany'],
    ['Country', 'United Kingdom'],
  ]);
});

test('a field that nobody named is shown by its own name', () => {
  expect(differencesOf({ action: 'customer.updated', before: null, after: { brand_new_thing: [1, 2] } })).toEqual([
    { key: 'brand_new_thing', field: 'brand new thing', before: undefined, after: '1, 2' },
  ]);
});

const by = (actor: Partial<Change['actor']>, action: Change['action'] = 'customer.updated') =>
  actorName({ actor, action } as Pick<Change, 'actor' | 'action'>);

test('whoever stands above stays unnamed', () => {
  expect(by({ kind: 'above', name: null })).toBe('Somebody above');
  expect(by({ kind: 'user', name: 'Ana' })).toBe('Ana');
  expect(by({ kind: 'system', name: null })).toBe('The operator of the host');
  expect(by({ kind: 'system', name: null }, 'event.opened')).toBe('Tenantry');
});

const made = { action: 'user.created', subject_name: 'Ana' } as const;
const told = (n: number) =>
  Array.from({ length: n }, (_, at) => ({ key: `f${at}`, field: `Field ${at}`, before: undefined, after: `${at}` }));

test('a list tells the first differences, and how many there are besides', () => {
  expect(summaryOf(made, told(2))).toEqual({ told: told(2), more: 0 });
  expect(summaryOf(made, told(7))).toEqual({ told: told(3), more: 4 });
});

test('what the sentence says already is not told twice', () => {
  const name = { key: 'name', field: 'Name', before: undefined, after: 'Ana' };
  expect(summaryOf(made, [name, ...told(1)]).told).toEqual(told(1));
  const renamed = { key: 'name', field: 'Name', before: 'Anna', after: 'Ana' };
  expect(summaryOf(made, [renamed]).told).toEqual([renamed]);
});

test('a long value is cut, and can be seen whole', () => {
  const { told: line, more } = summaryOf(made, [
    { key: 'notes', field: 'Notes', before: undefined, after: 'x'.repeat(200) },
  ]);
  expect(line[0]?.after).toHaveLength(60);
  expect(more).toBe(1);
});

test('who came and went has no differences worth a line', () => {
  expect(summaryOf({ action: 'session.created', subject_name: 'Ana' }, told(3))).toEqual({ told: [], more: 0 });
  expect(isSession({ action: 'session.deleted' })).toBe(true);
  expect(isSession(made)).toBe(false);
});

test('the reason of a suspension comes before all else, and what is plain or was nothing is left out', () => {
  const differences = differencesOf({
    action: 'customer.suspended',
    before: { account_state: 'active', mode: null, reason: null },
    after: { account_state: 'suspended', mode: 'full_stop', reason: 'Unpaid' },
  });
  const { told: line, more } = summaryOf({ action: 'customer.suspended', subject_name: 'Acme' }, differences);
  expect(line.map(({ field, before, after }) => [field, before, after])).toEqual([
    ['Reason', undefined, 'Unpaid'],
    ['Mode', undefined, 'Neither backups nor restores'],
  ]);
  expect(more).toBe(0);
});
