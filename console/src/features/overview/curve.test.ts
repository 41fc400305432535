import { expect, test } from 'vitest';
import type { MeasuredDay } from '../../api/schema';
import { curveOf } from './curve';

function day(name: string, last: number): MeasuredDay {
  return {
    day: name,
    measured_seconds: 86_400,
    used_bytes: { average: last, high: last, last },
    devices: 1,
    devices_protected: 1,
    devices_backed_up: 0,
  };
}

test('the line begins at nothing and is broken where nobody measured', () => {
  const days = [day('2025-01-01', 0), day('2025-01-02', 50), day('2025-01-04', 100), day('2025-01-05', 100)];
  const { lines, dots, end, greatest } = curveOf(days, 400, 100);
  expect(lines).toEqual(['M0,100L100,50', 'M300,0L400,0']);
  expect(dots).toEqual([]);
  expect(end).toEqual({ x: 400, y: 0 });
  expect(greatest).toBe(100);
});

test('a single day is a dot, and no day is nothing', () => {
  expect(curveOf([day('2025-01-01', 7)], 400, 100)).toEqual({
    lines: [],
    dots: [{ x: 0, y: 0 }],
    end: { x: 0, y: 0 },
    greatest: 7,
  });
  expect(curveOf([], 400, 100).lines).toEqual([]);
});
