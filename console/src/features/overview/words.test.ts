import { expect, test } from 'vitest';
import type { Count } from '../../api/schema';
import { growthText, numberOf, wordsOf } from './words';

const silent: Count = { finding: 'devices_silent', count: 1, is_exact: true, noun: 'devices', filter: '' };

test('one is one, and what is counted no further says so', () => {
  expect(`${numberOf(silent)} ${wordsOf(silent)}`).toBe('1 device has been silent for more than three days');
  expect(wordsOf({ ...silent, count: 2 })).toBe('devices have been silent for more than three days');
  expect(numberOf({ count: 10_000, is_exact: false })).toBe('10,000+');
});

test('growth has a sign', () => {
  expect(growthText(1_500_000)).toBe('+1.5\u00a0MB');
  expect(growthText(-2000)).toBe('−2\u00a0kB');
  expect(growthText(0)).toBe('±0');
});
