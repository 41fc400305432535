/** What the country says about the storage location. The server enforces it; the form shows it at once. Pure. */

import type { StorageLocation } from '../../api/schema';

export type Place =
  | { kind: 'unknown' }
  /** The country hosts a location, so it is that one. */
  | { kind: 'forced'; location: StorageLocation }
  /** It hosts none, so one of them has to be chosen. */
  | { kind: 'choice'; locations: StorageLocation[] };

/** `locations`: undefined until they have arrived. */
export function placeOf(country: string, locations: StorageLocation[] | undefined): Place {
  if (country === '' || !locations) return { kind: 'unknown' };
  const own = locations.find((location) => location.country === country);
  return own ? { kind: 'forced', location: own } : { kind: 'choice', locations };
}

/** What to send: nothing where the country decides. */
export function chosenLocation(
  country: string,
  chosen: string,
  locations: StorageLocation[] | undefined,
): string | null {
  return placeOf(country, locations).kind === 'choice' ? chosen || null : null;
}

/** What is wrong with the choice. */
export function locationProblem(
  country: string,
  chosen: string,
  locations: StorageLocation[] | undefined,
): string | undefined {
  const isMissing = placeOf(country, locations).kind === 'choice' && chosen === '';
  return isMissing ? 'Choose one: the country hosts none.' : undefined;
}
