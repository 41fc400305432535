import { expect, test } from 'vitest';
import { chosenLocation, locationProblem, placeOf } from './place';

const LOCATIONS = [
  { id: 'loc_de', name: 'Germany', country: 'DE', serves: ['DE', 'LU'] },
  { id: 'loc_fr', name: 'France', country: 'FR', serves: ['FR'] },
];

test('a country that is served decides it', () => {
  expect(placeOf('DE', LOCATIONS)).toEqual({ kind: 'forced', location: LOCATIONS[0] });
  expect(chosenLocation('DE', 'loc_fr', LOCATIONS)).toBeNull();
  expect(placeOf('LU', LOCATIONS)).toEqual({ kind: 'forced', location: LOCATIONS[0] });
});

test('any other country demands a choice', () => {
  expect(placeOf('AT', LOCATIONS)).toEqual({ kind: 'choice', locations: LOCATIONS });
  expect(chosenLocation('AT', 'loc_fr', LOCATIONS)).toBe('loc_fr');
  expect(locationProblem('AT', '', LOCATIONS)).toBe('Choose one: none serves the country.');
  expect(locationProblem('AT', 'loc_fr', LOCATIONS)).toBeUndefined();
  expect(locationProblem('DE', '', LOCATIONS)).toBeUndefined();
});

test('what was withdrawn cannot be chosen', () => {
  const gone = { id: 'loc_pl', name: 'Poland', country: 'PL', serves: [], withdrawn_at: '2026-01-01T00:00:00Z' };
  expect(placeOf('PL', [...LOCATIONS, gone])).toEqual({ kind: 'choice', locations: LOCATIONS });
});

test('without a country, or before the locations are there, nothing is known', () => {
  expect(placeOf('', LOCATIONS)).toEqual({ kind: 'unknown' });
  expect(placeOf('AT', undefined)).toEqual({ kind: 'unknown' });
  expect(locationProblem('', '', LOCATIONS)).toBeUndefined();
});
