import { expect, test } from 'vitest';
import { chosenLocation, placeOf } from './place';

const LOCATIONS = [
  { id: 'loc_de', name: 'Germany', country: 'DE' },
  { id: 'loc_fr', name: 'France', country: 'FR' },
];

test('a country that hosts a location decides it', () => {
  expect(placeOf('DE', LOCATIONS)).toEqual({ kind: 'forced', location: LOCATIONS[0] });
  expect(chosenLocation('DE', 'loc_fr', LOCATIONS)).toBeNull();
});

test('any other country leaves the choice, also that of choosing later', () => {
  expect(placeOf('AT', LOCATIONS)).toEqual({ kind: 'choice', locations: LOCATIONS });
  expect(chosenLocation('AT', 'loc_fr', LOCATIONS)).toBe('loc_fr');
  expect(chosenLocation('AT', '', LOCATIONS)).toBeNull();
});

test('without a country nothing is known', () => {
  expect(placeOf('', LOCATIONS)).toEqual({ kind: 'unknown' });
});
