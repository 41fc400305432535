import { expect, test } from 'vitest';
import { countriesText, readCountries } from './serves';

test('countries are read by name or code, once each', () => {
  expect(readCountries('germany, AT;de\nSwitzerland, ')).toEqual({ codes: ['AT', 'CH', 'DE'] });
  expect(readCountries('')).toEqual({ codes: [] });
  expect(readCountries('Germany, Atlantis')).toEqual({ unknown: 'Atlantis' });
});

test('what is shown is read back as it was', () => {
  const codes = ['AT', 'DE', 'GB', 'US'];
  expect(countriesText(codes)).toBe('Austria, Germany, United Kingdom, United States');
  expect(readCountries(countriesText(codes))).toEqual({ codes });
});
