import { expect, test } from 'vitest';
import type { Customer } from '../api/schema';
import { begun, saidOf, sayings } from './verbs';

const ALL = [
  'customer_suspend',
  'customer_activate',
  'customer_update',
  'pass_key_create',
  'user_create',
  'customer_delete',
];
const customer = (company_name: string, ...actions: [string, string?][]) =>
  ({
    company_name,
    actions: actions.map(([name, reason]) => ({ name, allowed: reason === undefined, reason })),
  }) as unknown as Customer;
const said = (text: string) => {
  const found = saidOf(text, ALL);
  return found && [found.verb.id, found.rest];
};

test('a verb and whom it is said of', () => {
  expect(said('suspend brindle & co')).toEqual(['suspend', 'brindle & co']);
  expect(said(' SUSPEND  Mühlenhof ')).toEqual(['suspend', 'muhlenhof']);
  expect(said('add device to brindle')).toEqual(['device', 'brindle']);
  expect(said('add device tooling')).toEqual(['device', 'tooling']);
  expect(said('suspend')).toBeUndefined();
  expect(said('suspended ltd')).toBeUndefined();
  expect(said('brindle')).toBeUndefined();
});

test('what the role never does is not a verb', () => {
  expect(saidOf('suspend brindle', ['customer_list'])).toBeUndefined();
  expect(begun('sus', [])).toEqual([]);
  expect(begun('sus', ALL).map(({ id }) => id)).toEqual(['suspend']);
  expect(begun('add', ALL).map(({ id }) => id)).toEqual(['device', 'person']);
  expect(begun('', ALL)).toEqual([]);
});

test('refused ones come last and say why, those that never fit are left out', () => {
  const { verb } = saidOf('suspend b', ALL)!;
  const found = sayings(
    verb,
    [
      customer('Brook', ['suspend', 'Not below you.']),
      customer('Birch', ['activate']),
      customer('Brindle & Co', ['suspend']),
    ],
    (of) => of.company_name,
  );
  expect(found.map(({ name, refusal }) => [name, refusal])).toEqual([
    ['Suspend Brindle & Co', undefined],
    ['Suspend Brook', 'Not below you.'],
  ]);
});
