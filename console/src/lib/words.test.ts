import { expect, test } from 'vitest';
import { ApiError, Unreachable } from '../api/client';
import type { Customer } from '../api/schema';
import {
  customerName,
  fieldName,
  fieldProblem,
  offers,
  problemText,
  refusalOf,
  stateSentence,
  totalsText,
} from './words';

type State = Parameters<typeof stateSentence>[0];
const state = (effective_state: Omit<State['effective_state'], 'deleting'>): State => ({
  id: 'cus_1',
  level: 'end_customer',
  effective_state: { deleting: false, ...effective_state },
});
const totals = (customers: number, sites: number, devices: number) => ({
  totals: { customers, sites, devices, devices_pending: 0, devices_without_backup: 0, used_bytes: 0 },
});
const refused = (code: string, detail: string) =>
  new ApiError({ type: '', title: '', status: 409, code, detail, request_id: 'r1' });

test('a state names its cause, its extent, and nothing that must not be seen', () => {
  expect(stateSentence(state({ state: 'active' }))).toBe('Active. Devices can back up.');
  expect(stateSentence(state({ state: 'suspended', mode: 'stop_backups', cause: 'cus_1', cause_name: 'Acme' }))).toBe(
    'Suspended here. Backups are refused, restores work.',
  );
  expect(stateSentence(state({ state: 'suspended', mode: 'full_stop', cause: 'cus_0', cause_name: 'Above Ltd' }))).toBe(
    'Suspended because Above Ltd above is. Neither backups nor restores work.',
  );
  expect(stateSentence(state({ state: 'suspended', mode: 'full_stop' }))).toContain('Suspended from above.');
});

test('a site is called by its short name', () => {
  const site = { level: 'site', name: 'hq', company_name: 'Acme headquarters' } as Customer;
  expect(customerName(site)).toBe('hq');
  expect(customerName({ ...site, level: 'end_customer' })).toBe('Acme headquarters');
});

test('an action that is missing differs from one that is refused', () => {
  const subject = {
    actions: [
      { name: 'edit', allowed: true },
      { name: 'delete', allowed: false, reason: 'It still has devices.' },
    ],
  };
  expect(refusalOf(subject, 'edit')).toBeUndefined();
  expect(refusalOf(subject, 'delete')).toBe('It still has devices.');
  expect(offers(subject, 'delete')).toBe(true);
  expect(offers(subject, 'move')).toBe(false);
  expect(refusalOf(undefined, 'edit')).toBeDefined();
});

test('codes that the console knows are worded here, others by the server', () => {
  expect(problemText(refused('version_stale', 'x'))).toBe('Somebody else has changed this in the meantime.');
  expect(problemText(refused('brand_new_code', 'The moon is in the way.'))).toBe('The moon is in the way.');
  expect(problemText(refused('internal', 'Something failed.'))).toBe('Something failed. Request r1.');
  expect(problemText(new Unreachable(undefined))).toContain('does not answer');
  expect(problemText(new TypeError('x'))).toContain('Load it again');
  expect(fieldProblem({ field: 'a', code: 'required', detail: 'x' })).toBe('This is needed.');
  expect(fieldProblem({ field: 'a', code: 'new', detail: 'Too blue.' })).toBe('Too blue.');
});

test('fields have names for people', () => {
  expect(fieldName('profile.phone')).toBe('Phone');
  expect(fieldName('sites[3]')).toBe('Sites');
  expect(fieldName('never_heard_of')).toBe('never heard of');
});

test('totals are counted in words', () => {
  expect(totalsText(totals(4, 12, 60))).toBe('4 customers, 12 sites and 60 devices');
  expect(totalsText(totals(0, 1, 1))).toBe('1 site and 1 device');
  expect(totalsText(totals(0, 0, 0))).toBe('nothing below it yet');
});
