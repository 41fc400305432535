/** Snapshots by the days on which they were made, in the reader's zone. Pure. */

import type { VaultSnapshot } from '../../api/schema';
import { day } from '../../lib/format';

export type Day = { name: string; snapshots: VaultSnapshot[] };

/** In the order of the snapshots, the newest first. */
export function byDay(snapshots: VaultSnapshot[]): Day[] {
  const days: Day[] = [];
  for (const snapshot of snapshots) {
    const name = day(snapshot.at);
    const last = days.at(-1);
    if (last?.name === name) last.snapshots.push(snapshot);
    else days.push({ name, snapshots: [snapshot] });
  }
  return days;
}

/** The folders from the top down to a path, each with its own path. */
export function stepsTo(path: string): { name: string; path: string }[] {
  const names = path.split('/').filter(Boolean);
  return names.map((name, at) => ({ name, path: `/${names.slice(0, at + 1).join('/')}` }));
}
