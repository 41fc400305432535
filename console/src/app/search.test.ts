import { expect, test } from 'vitest';
import { parseSearch, readCustomer, readCustomers, writeSearch } from './search';

test('an address is read and written the same', () => {
  const address = '?under=cus_1&q=caf%C3%A9+%26+bar&sort=-used_bytes&level=site';
  const read = readCustomers(parseSearch(address));
  expect(read).toEqual({ under: 'cus_1', q: 'café & bar', level: 'site', sort: '-used_bytes' });
  expect(writeSearch(read)).toBe(address);
});

test('what is empty or unknown is left out', () => {
  expect(writeSearch({ under: undefined, q: '' })).toBe('');
  expect(readCustomers(parseSearch('?level=planet&under='))).toEqual({});
  expect(readCustomer({ tab: 'nonsense' }).tab).toBeUndefined();
});

test('numbers stay text', () => {
  expect(readCustomers(parseSearch('?q=4711')).q).toBe('4711');
});
