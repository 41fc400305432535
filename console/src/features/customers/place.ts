/** What the country says about the storage location. The server enforces it; the form shows it at once. Pure. */

import type { StorageLocation as Whole } from '../../api/schema';

/** What of a location decides. */
export type StorageLocation = Pick<Whole, 'id' | 'name' | 'country' | 'serves' | 'withdrawn_at'>;

export type Place =
  | { kind: 'unknown' }
  /** A location serves the country, so it is that one. */
  | { kind: 'forced'; location: StorageLocation }
  /** None does, so one of them has to be chosen. */
  | { kind: 'choice'; locations: StorageLocation[] };

/** `locations`: undefined until they have arrived. */
export function placeOf(country: string, locations: StorageLocation[] | undefined): Place {
  if (country === '' || !locations) return { kind: 'unknown' };
  const own = locations.find((location) => location.serves.includes(country));
  if (own) return { kind: 'forced', location: own };
  return { kind: 'choice', locations: locations.filter(({ withdrawn_at }) => !withdrawn_at) };
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
  return isMissing ? 'Choose one: none serves the country.' : undefined;
}
