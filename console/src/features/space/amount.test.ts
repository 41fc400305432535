import { expect, test } from 'vitest';
import { bytesOf, exactly, timesOf } from './amount';

test('sizes are read as people type them', () => {
  expect(['500 GB', '1.5TB', '1,5 tb', '0 B', ' 20 kb '].map(bytesOf)).toEqual([5e11, 1.5e12, 1.5e12, 0, 20_000]);
  expect(['', '500', 'GB', '-1 GB', '1.2.3 GB', '1 GiB', '10 EB', '10000 PB'].map(bytesOf)).toEqual(
    Array(8).fill(undefined),
  );
});

test('what is shown in a field is the same to the byte when it is sent back', () => {
  expect([5e11, 1.5e12, 0, 999, 1_234_567, 20_000].map(exactly)).toEqual([
    '500 GB',
    '1.5 TB',
    '0 B',
    '999 B',
    '1234.567 kB',
    '20 kB',
  ]);
  for (const bytes of [1, 1001, 123_456_789, 9_007_199_254_740_991, 2_500_000_000_000]) {
    expect(bytesOf(exactly(bytes))).toBe(bytes);
  }
});

test('how often something is promised has two decimals at most', () => {
  expect(['1', '1.2', '1,25', '10'].map(timesOf)).toEqual([1, 1.2, 1.25, 10]);
  expect(['', '0.9', '11', '1.234', 'two', '-1'].map(timesOf)).toEqual(Array(6).fill(undefined));
});
