import { expect, test } from 'vitest';
import { expiryOf } from './choices';

test('days become an instant, nothing becomes never', () => {
  const now = Date.parse('2026-11-23T10:00:00Z');
  expect(expiryOf('7', now)).toBe('2026-11-30T10:00:00.000Z');
  expect(expiryOf('', now)).toBeNull();
});
