import type { Throttle } from '../../api/schema';
import { rateText, throttleText, weekGrid, WEEK } from './throttle';

const HOURS = [0, 6, 12, 18];

/** A picture of a week: the slower, the darker. */
export function WeekGrid({ value }: { value: Throttle }) {
  const rows = weekGrid(value);
  const rates = [...new Set(rows.flat().filter((rate) => rate !== undefined))].toSorted((a, b) => a - b);
  const shade = (rate: number | undefined) => (rate === undefined ? undefined : Math.min(rates.indexOf(rate), 3));
  return (
    <div className="week-grid" role="img" aria-label={throttleText(value)}>
      <div className="week-grid-rows" aria-hidden>
        <span />
        {HOURS.map((hour) => (
          <span key={hour} className="week-grid-hour">
            {String(hour).padStart(2, '0')}:00
          </span>
        ))}
        {rows.map((cells, day) => (
          <div key={WEEK[day]!.value} className="week-grid-day">
            <span>{WEEK[day]!.short}</span>
            <span className="week-grid-cells">
              {cells.map((rate, half) => (
                // oxlint-disable-next-line no-array-index-key
                <i key={half} data-shade={shade(rate)} />
              ))}
            </span>
          </div>
        ))}
      </div>
      <p className="week-grid-key" aria-hidden>
        {rates.map((rate) => (
          <span key={rate}>
            <i data-shade={shade(rate)} /> {rateText(rate)}
          </span>
        ))}
        <span>
          <i /> not limited
        </span>
      </p>
    </div>
  );
}
