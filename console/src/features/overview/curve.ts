/** A line of measured days as a path. Pure. */

import type { MeasuredDay } from '../../api/schema';

const DAY = 86_400_000;

export type Curve = {
  /** One for each stretch without a gap. */
  lines: string[];
  /** Stretches of a single day. */
  dots: { x: number; y: number }[];
  /** Where the last day is. */
  end: { x: number; y: number } | undefined;
  greatest: number;
};

/** Days at their place in time, so that a gap is seen as one; sizes from nothing upwards, so that no change looks larger. */
export function curveOf(days: readonly MeasuredDay[], width: number, height: number): Curve {
  const first = days[0];
  const last = days.at(-1);
  const greatest = days.reduce((most, { used_bytes }) => Math.max(most, used_bytes.last), 0);
  if (!first || !last) return { lines: [], dots: [], end: undefined, greatest };
  const begin = Date.parse(first.day);
  const span = Math.max(Date.parse(last.day) - begin, DAY);
  const place = ({ day, used_bytes }: MeasuredDay) => ({
    x: round(((Date.parse(day) - begin) / span) * width),
    y: round(height - (used_bytes.last / Math.max(greatest, 1)) * height),
  });
  const stretches: MeasuredDay[][] = [];
  for (const day of days) {
    const stretch = stretches.at(-1);
    const before = stretch?.at(-1);
    if (stretch && before && Date.parse(day.day) - Date.parse(before.day) <= DAY) stretch.push(day);
    else stretches.push([day]);
  }
  const lines = stretches
    .filter((stretch) => stretch.length > 1)
    .map(
      (stretch) =>
        `M${stretch
          .map(place)
          .map(({ x, y }) => `${x},${y}`)
          .join('L')}`,
    );
  const dots = stretches.filter((stretch) => stretch.length === 1).map(([day]) => place(day!));
  return { lines, dots, end: place(last), greatest };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
