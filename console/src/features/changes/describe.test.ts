import { expect, test } from 'vitest';
import type { Change } from '../../api/schema';
import { actorName, differencesOf } from './describe';

test('only what differs is told, in words', () => {
  const differences = differencesOf({
    before: { account_state: 'active', mode: null, profile: { phone: '1', city: 'Bonn' } },
    after: { account_state: 'suspended', mode: 'stop_backups', profile: { phone: '2', city: 'Bonn' } },
  });
  expect(differences).toEqual([
    { field: 'State', before: 'active', after: 'suspended' },
    { field: 'Mode', before: 'none', after: 'No new backups; restores work' },
    { field: 'Phone', before: '1', after: '2' },
  ]);
});

test('something new had nothing before, something gone has nothing after', () => {
  expect(differencesOf({ before: null, after: { name: 'hq', email: null } })).toEqual([
    { field: 'Name', before: undefined, after: 'hq' },
  ]);
  expect(differencesOf({ before: { name: 'hq' }, after: null })).toEqual([
    { field: 'Name', before: 'hq', after: undefined },
  ]);
});

test('ids become names where these are known, and are left out where they say nothing', () => {
  const names = new Map([['loc_1', 'Germany']]);
  expect(
    differencesOf({ before: null, after: { id: 'cus_1', storage_location_id: 'loc_1', parent_id: 'cus_0' } }, names),
  ).toEqual([{ field: 'Storage location', before: undefined, after: 'Germany' }]);
});

test('a field that nobody named is shown by its own name', () => {
  expect(differencesOf({ before: null, after: { brand_new_thing: [1, 2] } })).toEqual([
    { field: 'brand new thing', before: undefined, after: '[1,2]' },
  ]);
});

const by = (actor: Partial<Change['actor']>) => actorName({ actor } as Pick<Change, 'actor'>);

test('whoever stands above stays unnamed', () => {
  expect(by({ kind: 'above', name: null })).toBe('Somebody above');
  expect(by({ kind: 'user', name: 'Ana' })).toBe('Ana');
  expect(by({ kind: 'system', name: null })).toBe('The operator of the host');
});
