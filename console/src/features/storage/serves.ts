/** Countries as people write them: names or codes, one after the other. Pure. */

import { countries, countryName } from '../../lib/countries';

/** The codes of a text, or what of it is no country. */
export function readCountries(text: string): { codes: string[] } | { unknown: string } {
  const codes = new Set<string>();
  for (const word of text.split(/[,;\n]/u).map((part) => part.trim())) {
    if (word === '') continue;
    const wanted = word.toLowerCase();
    const known = countries().find(({ code, name }) => code.toLowerCase() === wanted || name.toLowerCase() === wanted);
    if (!known) return { unknown: word };
    codes.add(known.code);
  }
  return { codes: [...codes].toSorted() };
}

/** `Austria, Germany`. */
export function countriesText(codes: string[]): string {
  return codes
    .map(countryName)
    .toSorted((a, b) => a.localeCompare(b, 'en-GB'))
    .join(', ');
}
