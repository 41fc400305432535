import { expect, test } from 'vitest';
import { newsOf } from './feed';

test('what the server tells is read', () => {
  const change = { action: 'customer.suspended', subject_kind: 'customer', subject_id: 'c', path: 'p/c/' };
  expect(newsOf({ event: 'change', data: JSON.stringify(change) })).toEqual({
    kind: 'change',
    change: { action: 'customer.suspended', subject_id: 'c', path: 'p/c/' },
  });
  expect(newsOf({ event: 'usage', data: '{"paths":["p/c/"]}' })).toEqual({ kind: 'usage', paths: ['p/c/'] });
  expect(newsOf({ event: 'usage', data: '{"paths":null}' })).toEqual({ kind: 'usage', paths: null });
  expect(newsOf({ event: 'reset', data: '{}' })).toEqual({ kind: 'reset' });
  const moved = { id: 'tsk_1', state: 'running', progress: { done: 120, total: 1000 } };
  expect(newsOf({ event: 'task', data: JSON.stringify(moved) })).toEqual({ kind: 'task', moved });
});

test('what it tells beyond that is left alone, and what can’t be read may have been anything', () => {
  expect(newsOf({ event: 'weather', data: '{}' })).toBeUndefined();
  expect(newsOf({ event: 'ready', data: '{}' })).toBeUndefined();
  expect(newsOf({ event: 'change', data: '{}' })).toEqual({ kind: 'reset' });
  expect(newsOf({ event: 'usage', data: 'oh' })).toEqual({ kind: 'reset' });
});
