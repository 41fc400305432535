import { expect, test } from 'vitest';
import { checkEdit, checkNew, conflictsOf, createOf, emptyValues, follows, isSaved, updateOf, valuesOf } from './edit';
import type { Customer } from '../../api/schema';

const LOCATIONS = [{ id: 'loc_de', name: 'Germany', country: 'DE', serves: ['DE'] }];
const PASSWORD = 'violet harbour siphon';
const filled = { ...emptyValues('cus_r'), company_name: ' Acme Ltd ', country: 'DE' };

test('name, parent and country alone are enough', () => {
  expect(checkNew(filled, 'end_customer', LOCATIONS)).toEqual({});
  expect(createOf(filled, 'end_customer', LOCATIONS)).toEqual({
    parent_id: 'cus_r',
    level: 'end_customer',
    company_name: 'Acme Ltd',
    country: 'DE',
    storage_location_id: null,
    email: null,
    sites: [],
    max_devices: null,
    account_state: 'active',
  });
});

test('a country that hosts no location demands one, unless it was chosen before', () => {
  const abroad = { ...filled, country: 'AT' };
  expect(Object.keys(checkNew(abroad, 'end_customer', LOCATIONS))).toEqual(['storage_location_id']);
  expect(checkNew({ ...abroad, storage_location_id: 'loc_de' }, 'end_customer', LOCATIONS)).toEqual({});
  const values = { ...valuesOf(customer), country: 'AT' };
  expect(checkEdit(values, customer, LOCATIONS)).toEqual({});
  const without = { ...customer, storage_location_id: null };
  expect(checkEdit({ ...valuesOf(without), country: 'AT' }, without, LOCATIONS)).toHaveProperty('storage_location_id');
});

test('a username comes with a password typed twice, and with sites', () => {
  const values = { ...filled, username: 'acme_1', password: PASSWORD, again: PASSWORD, sites: 'hq, plant_2' };
  expect(checkNew(values, 'end_customer', LOCATIONS)).toEqual({});
  expect(createOf(values, 'end_customer', LOCATIONS)).toMatchObject({
    username: 'acme_1',
    password: PASSWORD,
    sites: ['hq', 'plant_2'],
  });
  expect(Object.keys(checkNew({ ...values, username: 'a b', again: 'x' }, 'end_customer', LOCATIONS))).toEqual([
    'username',
    'again',
  ]);
});

test('an invitation needs an address', () => {
  const values = { ...filled, invite_administrator: 'yes' };
  expect(checkNew(values, 'reseller', LOCATIONS)).toHaveProperty('email');
  expect(createOf({ ...values, email: 'ana@acme.example' }, 'reseller', LOCATIONS)).toMatchObject({
    email: 'ana@acme.example',
    invite_administrator: true,
  });
});

test('sites belong to end customers only', () => {
  const values = { ...filled, sites: 'not a site!' };
  expect(checkNew(values, 'end_customer', LOCATIONS)).toHaveProperty('sites');
  expect(checkNew(values, 'reseller', LOCATIONS)).toEqual({});
  expect(createOf(values, 'reseller', LOCATIONS)).not.toHaveProperty('sites');
});

test('what is missing is named', () => {
  expect(Object.keys(checkNew(emptyValues(''), undefined, LOCATIONS)).toSorted()).toEqual([
    'company_name',
    'country',
    'parent_id',
  ]);
  expect(checkNew({ ...filled, max_devices: '-1' }, 'reseller', LOCATIONS)).toHaveProperty('max_devices');
});

const customer = {
  company_name: 'Acme Ltd',
  country: 'DE',
  storage_location_id: 'loc_de',
  email: 'it@acme.example',
  username: 'acme',
  max_devices: 5,
  profile: { phone: '1', city: 'Bonn' },
} as Customer;

test('only what differs is sent, and what was emptied is cleared', () => {
  const began = valuesOf(customer);
  const values = { ...began, email: '', max_devices: '', 'profile.phone': ' 2 ', 'profile.city': '' };
  expect(updateOf(began, began, LOCATIONS)).toEqual({});
  expect(updateOf(values, began, LOCATIONS)).toEqual({
    email: null,
    max_devices: null,
    profile: { phone: '2', city: null },
  });
});

test('a username is never sent twice, a new one is checked', () => {
  const began = valuesOf({ ...customer, username: null });
  const values = { ...began, username: 'acme', password: PASSWORD, again: PASSWORD };
  expect(updateOf(values, began, LOCATIONS)).toEqual({ username: 'acme', password: PASSWORD });
  expect(updateOf({ ...values, username: 'other' }, valuesOf(customer), LOCATIONS)).toEqual({});
  expect(checkEdit({ ...values, again: '' }, { ...customer, username: null }, LOCATIONS)).toHaveProperty('again');
  expect(checkEdit({ ...values, again: '' }, customer, LOCATIONS)).toEqual({});
});

test('a country can be changed, but what was cleared is not silently kept', () => {
  const values = { ...valuesOf(customer), country: '' };
  expect(checkEdit(values, customer, LOCATIONS)).toHaveProperty('country');
  expect(checkEdit(values, { ...customer, country: null }, LOCATIONS)).toEqual({});
});

test('what somebody else changed is told', () => {
  const began = valuesOf(customer);
  expect(conflictsOf(began, valuesOf({ ...customer, email: 'new@acme.example' }))).toEqual([
    { field: 'email', was: 'it@acme.example', is: 'new@acme.example' },
  ]);
});

test('what was saved although its answer was lost is known by what it is', () => {
  const values = { ...valuesOf(customer), email: ' new@acme.example ' };
  expect(isSaved(values, valuesOf(customer), LOCATIONS)).toBe(false);
  expect(isSaved(values, valuesOf({ ...customer, email: 'new@acme.example' }), LOCATIONS)).toBe(true);
  const now = valuesOf({ ...customer, username: 'acme' });
  expect(isSaved({ ...values, email: 'it@acme.example', password: PASSWORD }, now, LOCATIONS)).toBe(false);
});

test('what was saved without an answer is nobody else’s change, and what was edited since follows it', () => {
  const began = valuesOf(customer);
  const sent = { ...began, company_name: 'Acme GmbH ' };
  const now = valuesOf({ ...customer, company_name: 'Acme GmbH' });
  const values = { ...sent, 'profile.phone': '2' };
  expect(follows(sent, values, now, LOCATIONS)).toBe(true);
  expect(follows(sent, values, began, LOCATIONS)).toBe(false);
  expect(follows({ ...sent, password: PASSWORD }, values, now, LOCATIONS)).toBe(false);
  expect(conflictsOf(began, now, [sent])).toEqual([]);
  const theirs = { ...now, email: 'new@acme.example' };
  expect(follows(sent, values, theirs, LOCATIONS)).toBe(false);
  expect(conflictsOf(began, theirs, [sent]).map(({ field }) => field)).toEqual(['email']);
});
