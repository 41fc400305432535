import { expect, test } from 'vitest';
import { countries, countryName } from './countries';

test('there are as many countries as ISO 3166 has', () => {
  expect(countries()).toHaveLength(249);
});

test('they are sorted by name and each appears once', () => {
  const names = countries().map((country) => country.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe('Afghanistan');
  expect(names.indexOf('Åland Islands')).toBeLessThan(names.indexOf('Bahrain'));
});

test('former countries and reserved codes are left out', () => {
  const codes = new Set(countries().map((country) => country.code));
  for (const code of ['DD', 'SU', 'YU', 'EU', 'UN', 'ZZ', 'AN', 'UK']) expect(codes).not.toContain(code);
  for (const code of ['GB', 'DE', 'SX', 'SS', 'TW']) expect(codes).toContain(code);
});

test('an unknown code stands for itself', () => {
  expect(countryName('GB')).toBe('United Kingdom');
  expect(countryName('??')).toBe('??');
});
