import { expect, test } from 'vitest';
import { checkThrottle, newPart, nowText, throttleText, throttleValues, throttleWire, weekGrid } from './throttle';

const WORKING = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;
const hours = {
  enabled: true,
  bytes_per_second: 1_250_000,
  window: { from: '08:00', to: '18:00' },
  off_on_weekend: true,
  time_zone: 'Europe/Berlin',
};
const week = {
  enabled: true,
  week: [
    { days: [...WORKING], from: '08:00', to: '18:00', bytes_per_second: 1_250_000 },
    { days: ['sat' as const, 'mon' as const], from: '22:00', to: '06:00', bytes_per_second: 62_500 },
  ],
  time_zone: 'Europe/Berlin',
};

test('rates are told as lines are sold, with their hours', () => {
  expect(throttleText({ enabled: false })).toBe('Not limited');
  expect(throttleText({ enabled: true, bytes_per_second: 312_500 })).toBe('2.5 Mbit/s');
  expect(throttleText(hours)).toBe('10 Mbit/s from 08:00 to 18:00, not at weekends (Europe/Berlin)');
  expect(throttleText(week)).toBe(
    '10 Mbit/s Mon to Fri from 08:00 to 18:00; 500 kbit/s Mon, Sat from 22:00 to 06:00 (Europe/Berlin)',
  );
  expect(nowText({ bytes_per_second: null, until: null })).toBe('Now not limited');
});

test('a form begins with what holds, and unchanged sends the same', () => {
  for (const value of [hours, week]) {
    const values = throttleValues(value, true, 'UTC');
    expect(values['locked']).toBe('yes');
    expect(checkThrottle(values)).toEqual({});
  }
  expect(throttleWire(throttleValues(hours, false, 'UTC'))).toEqual(hours);
  const [first, second] = week.week;
  expect(throttleWire(throttleValues(week, false, 'UTC'))).toEqual({
    ...week,
    week: [first, { ...second, days: ['mon', 'sat'] }],
  });
  expect(throttleWire(throttleValues({ enabled: false }, false, 'Europe/Vienna'))).toEqual({ enabled: false });
});

function typed(more: Record<string, string>) {
  return throttleWire({ ...throttleValues({ enabled: false }, false, 'UTC'), value: 'rate', ...more });
}

test('what is typed is taken as it is meant', () => {
  expect(typed({ rate: '2,5' })?.bytes_per_second).toBe(312_500);
  expect(typed({ rate: '64', unit: 'kbit' })?.bytes_per_second).toBe(8000);
  expect(typed({ rate: '1', unit: 'gbit', between: 'yes', from: '8', to: '2400' })?.window).toEqual({
    from: '08:00',
    to: '24:00',
  });
  expect(typed({ rate: '' })).toBe(undefined);
  expect(typed({ rate: '1', unit: 'kbit' })).toBe(undefined);
});

test('what cannot be is said where it was typed', () => {
  const values = { ...throttleValues(week, false, 'UTC'), parts: '0 1 2', ...newPart('2') };
  expect(checkThrottle({ ...values, part2_rate: '5' })).toEqual({ part2_from: 'Overlaps with a part above.' });
  expect(checkThrottle({ ...values, part2_days: '', part2_from: '25:00' })).toEqual({
    part2_days: 'Choose at least one day.',
    part2_rate: 'Say how fast, as a number.',
    part2_to: 'Give both times, as 08:00.',
  });
  expect(checkThrottle({ ...values, value: 'rate', rate: '5', between: 'yes', from: '8:00', to: '0800' })).toEqual({
    to: 'Must be another time than the one it begins with.',
  });
});

test('the picture of a week has its half hours', () => {
  const grid = weekGrid(week);
  expect(grid).toHaveLength(7);
  expect(grid[0]!.slice(0, 13)).toEqual([...Array.from({ length: 12 }, () => 62_500), undefined]);
  expect(grid[0]![16]).toBe(1_250_000);
  expect(grid[1]![0]).toBe(undefined);
  expect(grid[5]![47]).toBe(62_500);
  expect(weekGrid(hours)[6]!.every((rate) => rate === undefined)).toBe(true);
});
