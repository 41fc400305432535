/** What can be chosen for a new pass key. Pure. */

const DAY = 86_400_000;

export const USES = [
  { value: '1', label: 'One device' },
  { value: '10', label: 'Up to 10 devices' },
  { value: '100', label: 'Up to 100 devices' },
  { value: '', label: 'Any number of devices' },
];

/** In days; empty: for ever. */
export const EXPIRIES = [
  { value: '1', label: 'One day' },
  { value: '7', label: 'One week' },
  { value: '30', label: '30 days' },
  { value: '', label: 'As long as it is not revoked' },
];

export function expiryOf(days: string, now: number): string | null {
  return days === '' ? null : new Date(now + Number(days) * DAY).toISOString();
}
