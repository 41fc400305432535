import { expect, test } from 'vitest';
import { chosenLocation, locationProblem, placeOf } from './place';

const LOCATIONS = [
  { id: 'loc_de', name: 'Germany', country: 'DE' },
  { id: 'loc_fr', name: 'France', country: 'FR' },
];

test('a country that hosts a location decides it', () => {
  expect(placeOf('DE', LOCATIONS)).toEqual({ kind: 'forced', location: LOCATIONS[0] });
  expect(chosenLocation('DE', 'loc_fr', LOCATIONS)).toBeNull();
});

test('any other country demands a choice', () => {
  expect(placeOf('AT', LOCATIONS)).toEqual({ kind: 'choice', locations: LOCATIONS });
  expect(chosenLocation('AT', 'loc_fr', LOCATIONS)).toBe('loc_fr');
  expect(locationProblem('AT', '', LOCATIONS)).toBe('Choose one: the country hosts none.');
  expect(locationProblem('AT', 'loc_fr', LOCATIONS)).toBeUndefined();
  expect(locationProblem('DE', '', LOCATIONS)).toBeUndefined();
});

test('without a country, or before the locations are there, nothing is known', () => {
  expect(placeOf('', LOCATIONS)).toEqual({ kind: 'unknown' });
  expect(placeOf('AT', undefined)).toEqual({ kind: 'unknown' });
  expect(locationProblem('', '', LOCATIONS)).toBeUndefined();
});
