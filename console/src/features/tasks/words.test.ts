import { expect, test } from 'vitest';
import type { OutcomeCounts as Counts, Task } from '../../api/schema';
import { countsText, endText, hasTrouble, outcomesOf, reasonsOf, stateText } from './words';

const NONE: Counts = { pending: 0, done: 0, unchanged: 0, refused: 0, failed: 0, skipped: 0 };

function task(state: Task['state'], counts: Partial<Counts> = {}, rest: Partial<Task> = {}): Task {
  const title = 'Suspend 3 customers';
  return { title, state, counts: { ...NONE, ...counts }, progress: { done: 1, total: 3 }, ...rest } as Task;
}

test('counts tell what happened and leave out what did not', () => {
  expect(countsText({ ...NONE, done: 1200, refused: 1 })).toBe('1,200 done, 1 refused');
  expect(countsText({ ...NONE, skipped: 2, unchanged: 1 })).toBe('1 unchanged, 2 left out');
  expect(countsText(NONE)).toBe('nothing done');
  expect(outcomesOf({ ...NONE, pending: 3, done: 1 })).toEqual([{ outcome: 'done', n: 1 }]);
});

test('each state says where it is', () => {
  expect(stateText(task('running'))).toBe('1 of 3');
  expect(stateText(task('done', { done: 3 }))).toBe('3 done');
  expect(stateText(task('stopped', { done: 1, skipped: 2 }))).toBe('Stopped: 1 done, 2 left out');
  expect(stateText(task('failed', {}, { detail: 'The account is gone.' }))).toBe('The account is gone.');
  expect(endText(task('stopped', { done: 1 }))).toBe('Suspend 3 customers: stopped: 1 done');
});

test('a refusal wants another look, and what was so already does not', () => {
  expect(hasTrouble(task('done', { done: 2, unchanged: 1 }))).toBe(false);
  expect(hasTrouble(task('done', { refused: 1 }))).toBe(true);
  expect(hasTrouble(task('failed'))).toBe(true);
});

test('the most frequent reason comes first', () => {
  const refused = [
    { code: 'forbidden', detail: 'Not yours.', count: 1 },
    { code: 'not_found', detail: 'Gone.', count: 4 },
  ];
  expect(reasonsOf({ refused }).map(({ detail }) => detail)).toEqual(['Gone.', 'Not yours.']);
});
