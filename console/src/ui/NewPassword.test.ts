import { expect, test } from 'vitest';
import { checkPasswords } from './NewPassword';

test('a password is needed, long enough, and typed the same twice', () => {
  expect(checkPasswords({})).toHaveProperty('password');
  expect(checkPasswords({ password: 'short', again: 'short' })['password']).toBe('Has 5 of at least 12 characters.');
  expect(checkPasswords({ password: 'long enough 12', again: 'long enough 1' })).toHaveProperty('again');
  expect(checkPasswords({ password: 'long enough 12', again: 'long enough 12' })).toEqual({});
});

test('characters are counted as people do', () => {
  expect(checkPasswords({ password: '🔑'.repeat(11), again: '' })['password']).toContain('11 of');
});
