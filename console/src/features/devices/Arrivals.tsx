import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Check, Hourglass } from 'lucide-react';
import { useState } from 'react';
import { listDevices } from './api';

/** Devices that are looked at: more don't register while somebody watches. */
const LOOKED_AT = 20;

/** Shows machines below a customer as they register, from now on: the feed tells of them. */
export function Arrivals({ under }: { under: string }) {
  const newest = useQuery({
    queryKey: ['devices', 'arrived', { under }],
    queryFn: ({ signal }) => listDevices({ under }, '-created_at', { offset: 0, limit: LOOKED_AT }, signal),
    // What is there when it opens has not arrived while it was open.
    gcTime: 0,
  }).data;
  const [before, setBefore] = useState<ReadonlySet<string>>();
  if (!before && newest) setBefore(new Set(newest.items.map(({ id }) => id)));
  const arrived = before ? (newest?.items.filter(({ id }) => !before.has(id)) ?? []) : [];
  return (
    <div className="arrivals" role="status">
      {arrived.length === 0 && (
        <p>
          <Hourglass className="icon-s" aria-hidden />
          <span>Waiting for the machine. It appears here as soon as it has registered.</span>
        </p>
      )}
      {arrived.map((device) => (
        <p key={device.id}>
          <Check className="icon-s" aria-hidden />
          <span>
            <Link to="/devices/$id" params={{ id: device.id }} className="link">
              {device.name}
            </Link>{' '}
            {device.status === 'pending_approval' ? 'has registered and waits for approval.' : 'has registered.'}
            {device.last_backup_at ? ' Its first backup is there.' : ''}
          </span>
        </p>
      ))}
    </div>
  );
}
