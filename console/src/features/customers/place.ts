/** How the country decides the storage location. The server enforces it; the form shows it at once. Pure. */

import type { StorageLocation } from '../../api/schema';

export type Place =
  | { kind: 'unknown' }
  /** The country hosts a location, so the data goes there. */
  | { kind: 'forced'; location: StorageLocation }
  | { kind: 'choice'; locations: StorageLocation[] };

export function placeOf(country: string, locations: StorageLocation[]): Place {
  if (country === '') return { kind: 'unknown' };
  const own = locations.find((location) => location.country === country);
  return own ? { kind: 'forced', location: own } : { kind: 'choice', locations };
}

/** What to send: nothing where the country decides. */
export function chosenLocation(country: string, chosen: string, locations: StorageLocation[]): string | null {
  return placeOf(country, locations).kind === 'choice' ? chosen || null : null;
}
