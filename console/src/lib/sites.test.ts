import { expect, test } from 'vitest';
import { parseSites } from './sites';

test('names are separated by commas, semicolons or lines, and blanks do not count', () => {
  expect(parseSites(' hq, plant_2;\nDepot7 ,, ')).toEqual({ names: ['hq', 'plant_2', 'Depot7'], problem: undefined });
  expect(parseSites('')).toEqual({ names: [], problem: undefined });
});

test('other characters are named', () => {
  expect(parseSites('hq, plant 2').problem).toBe('“plant 2” may have letters, digits and underscores only.');
  expect(parseSites('café').problem).toContain('café');
});

test('the same name twice is found whatever its case', () => {
  expect(parseSites('hq, HQ').problem).toBe('“HQ” is in the list twice.');
});

test('a name has at most 64 characters', () => {
  expect(parseSites('x'.repeat(64)).problem).toBeUndefined();
  expect(parseSites('x'.repeat(65)).problem).toContain('longer than 64');
});
