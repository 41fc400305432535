import type { Consequences as Numbers } from '../../api/schema';
import { Consequences, type Consequence } from '../../ui/Consequences';

type ConsequenceListProps = { action: 'suspend' | 'activate'; consequences: Numbers };

/** What follows below. */
export function ConsequenceList({ action, consequences }: ConsequenceListProps) {
  return <Consequences list={switched(action, consequences)} none="No device is affected." />;
}

/** What follows from suspending or activating, the heaviest first. */
export function switched(action: 'suspend' | 'activate', numbers: Numbers): Consequence[] {
  const { customers, devices, devices_with_recent_backup } = numbers;
  const stops = action === 'suspend';
  return [
    { n: devices, text: plural(devices, 'device', stops ? 'can no longer back up' : 'can back up again') },
    {
      n: devices_with_recent_backup,
      text: `of these ${devices_with_recent_backup === 1 ? 'has' : 'have'} backed up within the last two days`,
    },
    {
      n: customers,
      text: plural(customers, 'customer or site', stops ? 'is suspended' : 'is active again', 'customers and sites'),
    },
  ];
}

function plural(n: number, one: string, verb: string, many = `${one}s`): string {
  return n === 1 ? `${one} ${verb}` : `${many} ${verb.replace(/^is /u, 'are ')}`;
}
