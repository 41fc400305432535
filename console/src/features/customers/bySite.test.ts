import { expect, test } from 'vitest';
import { customersOf, sitesOf } from './bySite';

const some = (...ids: string[]) => ({ kind: 'some', ids: new Set(ids) }) as const;
const filter = { under: 'cus_r', rows: 'site' } as const;

test('a customer is acted on once, however many of its rows are selected', () => {
  const { selection } = customersOf({ selection: some('cus_a cus_1', 'cus_a cus_2', 'cus_b'), filter });
  expect(selection).toEqual(some('cus_a', 'cus_b'));
});

test('only sites that are there are removed', () => {
  expect(sitesOf({ selection: some('cus_a cus_1', 'cus_b'), filter }).selection).toEqual(some('cus_1'));
});

test('all rows stand for the customers that the list is narrowed to, not for their sites', () => {
  const all = { kind: 'all', except: new Set(['cus_a cus_1']) } as const;
  expect(customersOf({ selection: all, filter: { ...filter, filter: 'country == DE or devices > 3' } })).toEqual({
    selection: { kind: 'all', except: new Set(['cus_a']) },
    filter: { under: 'cus_r', filter: '(country == DE or devices > 3) and level != site' },
  });
  expect(sitesOf({ selection: all, filter })).toEqual({
    selection: { kind: 'all', except: new Set(['cus_1']) },
    filter,
  });
});
