import type { Consequences } from '../../api/schema';
import { count } from '../../lib/format';

type ConsequenceListProps = { action: 'suspend' | 'activate'; consequences: Consequences };

/** What follows below, the heaviest first. */
export function ConsequenceList({ action, consequences }: ConsequenceListProps) {
  const { customers, devices, devices_with_recent_backup } = consequences;
  const stops = action === 'suspend';
  const rows = [
    { n: devices, text: plural(devices, 'device', stops ? 'can no longer back up' : 'can back up again') },
    {
      n: devices_with_recent_backup,
      text: `of these ${devices_with_recent_backup === 1 ? 'has' : 'have'} backed up within the last two days`,
    },
    {
      n: customers,
      text: plural(customers, 'customer or site', stops ? 'is suspended' : 'is active again', 'customers and sites'),
    },
  ].filter(({ n }) => n > 0);
  if (rows.length === 0) return <p>No device is affected.</p>;
  return (
    <ul className="consequences">
      {rows.map(({ n, text }) => (
        <li key={text}>
          <b>{count(n)}</b>
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}

function plural(n: number, one: string, verb: string, many = `${one}s`): string {
  return n === 1 ? `${one} ${verb}` : `${many} ${verb.replace(/^is /u, 'are ')}`;
}
