import { useQuery } from '@tanstack/react-query';
import type { Backup, Device, DeviceHistory, Refusal } from '../../api/schema';
import { bytes } from '../../lib/format';
import { Failed, Skeletons } from '../../ui/Blank';
import { Card } from '../../ui/Card';
import { When } from '../../ui/When';
import { historyQuery } from './api';
import './backups.css';
import { nightsWithBackup, nightText, refusalTitle } from './nights';

/** The evidence of one device: how its nights were, what arrived, what was refused. */
export function Nights({ device }: { device: Device }) {
  const history = useQuery(historyQuery(device));
  if (history.error && !history.data) {
    return <Failed what="The last nights" error={history.error} onRetry={() => void history.refetch()} />;
  }
  return (
    <>
      <Card title="Last 14 nights" end={history.data && <Summary days={history.data.days} />}>
        {history.data ? <Strip days={history.data.days} /> : <Skeletons />}
      </Card>
      {history.data && <Recent history={history.data} />}
    </>
  );
}

function Summary({ days }: Pick<DeviceHistory, 'days'>) {
  const { done, of } = nightsWithBackup(days);
  if (of === 0) return null;
  return (
    <span className="quiet">
      <span className="number">{done}</span> of <span className="number">{of}</span> with a backup
    </span>
  );
}

function Strip({ days }: Pick<DeviceHistory, 'days'>) {
  return (
    <ol className="nights">
      {days.map((day, at) => {
        const text = nightText(day, at === days.length - 1);
        return (
          <li key={day.day}>
            <span className="night" role="img" aria-label={text} title={text} data-outcome={day.outcome} />
            <span className="night-day number" aria-hidden>
              {Number(day.day.slice(-2))}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

type Entry = { at: string; key: string } & ({ backup: Backup } | { refusal: Refusal });

/** As many as tell enough on one screen. */
const SHOWN = 12;

/** Backups and refusals in one order, the newest first. */
function Recent({ history: { backups, refusals } }: { history: DeviceHistory }) {
  const entries: Entry[] = [
    ...backups.map((backup) => ({ at: backup.at, key: `b${backup.at}`, backup })),
    ...refusals.map((refusal) => ({
      at: refusal.last_at,
      key: `r${refusal.first_at}${refusal.operation}${refusal.sentence}`,
      refusal,
    })),
  ]
    .toSorted((a, b) => b.at.localeCompare(a.at))
    .slice(0, SHOWN);
  if (entries.length === 0) return null;
  return (
    <Card title="Recent backups and refusals">
      <ol className="runs">
        {entries.map((entry) => (
          <li key={entry.key} className="run" data-refused={'refusal' in entry || undefined}>
            <span className="quiet">
              <When at={entry.at} />
            </span>
            {'backup' in entry ? <Done backup={entry.backup} /> : <Refused refusal={entry.refusal} />}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Done({ backup: { added_bytes: added } }: { backup: Backup }) {
  const isKnown = added !== null && added !== undefined;
  return (
    <p>
      Backup
      {isKnown && <span className="quiet"> {added < 0 ? `${bytes(-added)} less` : `${bytes(added)} more`}</span>}
    </p>
  );
}

function Refused({ refusal }: { refusal: Refusal }) {
  const { sentence, count, first_at, address } = refusal;
  return (
    <div>
      <p className="run-refused">{refusalTitle(refusal)}</p>
      <p>“{sentence}”</p>
      {(count > 1 || address) && (
        <p className="quiet">
          {count > 1 && (
            <>
              First <When at={first_at} />
              {address && ', '}
            </>
          )}
          {address && `from ${address}`}
        </p>
      )}
    </div>
  );
}
