import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { MeasuredDay, Overview } from '../../api/schema';
import { bytes, count, counted, day } from '../../lib/format';
import { Button } from '../../ui/Button';
import { measurementsQuery } from './api';
import { curveOf } from './curve';
import { growthText } from './words';

const WIDTH = 400;
const HEIGHT = 72;

/** What is used, and how it came to that. */
export function Space({ overview }: { overview: Overview }) {
  const days = useQuery(measurementsQuery(overview.id)).data ?? [];
  const [table, setTable] = useState(false);
  const { seven_days, thirty_days } = overview.growth;
  // What wasn't measured then isn't known.
  const grown = [
    ...(typeof seven_days === 'number' ? [`${growthText(seven_days)} in 7 days`] : []),
    ...(typeof thirty_days === 'number' ? [`${growthText(thirty_days)} in 30 days`] : []),
  ];
  return (
    <section className="card" aria-label="Space">
      <header className="card-head">
        <h2>Space</h2>
        {days.length > 1 && (
          <Button size="s" kind="quiet" aria-pressed={table} onPress={() => setTable(!table)}>
            {table ? 'Show as a line' : 'Show as a table'}
          </Button>
        )}
      </header>
      <p className="figure">
        <Link to="/devices" search={{ under: overview.id, sort: '-used_bytes' }} className="plain-link">
          <b className="number">{bytes(overview.used_bytes)}</b>
        </Link>
        <span className="quiet">
          used by{' '}
          <Link to="/devices" search={{ under: overview.id }} className="plain-link">
            {counted(overview.devices, 'device')}
          </Link>
        </span>
      </p>
      {grown.length > 0 && <p className="quiet number">{grown.join(', ')}</p>}
      {table ? <Days days={days} /> : days.length > 1 && <Line days={days} />}
    </section>
  );
}

function Line({ days }: { days: readonly MeasuredDay[] }) {
  const { lines, dots, end } = curveOf(days, WIDTH, HEIGHT);
  const first = days[0]!;
  const last = days.at(-1)!;
  const label = `Used space from ${bytes(first.used_bytes.last)} on ${day(first.day)} to ${bytes(last.used_bytes.last)} on ${day(last.day)}`;
  return (
    <figure className="curve">
      <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <line x1={0} y1={HEIGHT} x2={WIDTH} y2={HEIGHT} className="curve-ground" />
        {lines.map((line) => (
          <path key={line} d={line} className="curve-line" />
        ))}
        {[...dots, ...(end ? [end] : [])].map(({ x, y }) => (
          <line key={x} x1={x} x2={x} y1={y} y2={y} className="curve-dot" />
        ))}
      </svg>
      <figcaption aria-hidden>
        <span>{day(first.day)}</span>
        <span>{day(last.day)}</span>
      </figcaption>
    </figure>
  );
}

/** The newest first. */
function Days({ days }: { days: readonly MeasuredDay[] }) {
  return (
    // It scrolls by keyboard, too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="days" role="region" aria-label="Days" tabIndex={0}>
      <table className="mini">
        <thead>
          <tr>
            <th scope="col">Day in UTC</th>
            <th scope="col" className="number">
              Average
            </th>
            <th scope="col" className="number">
              Most
            </th>
            <th scope="col" className="number">
              Devices
            </th>
            <th scope="col" className="number">
              Backed up
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((measured) => (
            <tr key={measured.day}>
              <td>{day(measured.day)}</td>
              <td className="number">{bytes(measured.used_bytes.average)}</td>
              <td className="number">{bytes(measured.used_bytes.high)}</td>
              <td className="number">{count(measured.devices)}</td>
              <td className="number">{count(measured.devices_backed_up)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
