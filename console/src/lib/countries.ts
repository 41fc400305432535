/** Countries, from the browser's own tables. The server checks against ISO 3166. */

export type Country = { code: string; name: string };

const names = new Intl.DisplayNames('en-GB', { type: 'region', fallback: 'none' });

/** Reserved codes that browsers name although no customer lives there. */
const NOT_COUNTRIES = new Set([
  'AC',
  'CP',
  'CQ',
  'DG',
  'EA',
  'EU',
  'EZ',
  'IC',
  'QO',
  'TA',
  'UN',
  'XA',
  'XB',
  'XK',
  'ZZ',
]);

let all: Country[] | undefined;

/** `United Kingdom` for `GB`; the code itself where it is unknown. */
export function countryName(code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/** Every country by name. */
export function countries(): Country[] {
  all ??= list();
  return all;
}

function list(): Country[] {
  const found: Country[] = [];
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  for (const first of letters) {
    for (const second of letters) {
      const code = first + second;
      const name = names.of(code);
      if (name && !NOT_COUNTRIES.has(code) && isCurrent(code)) found.push({ code, name });
    }
  }
  return found.toSorted((a, b) => a.name.localeCompare(b.name, 'en-GB'));
}

/** Codes of former countries are turned into the present one by the browser. */
function isCurrent(code: string): boolean {
  return new Intl.Locale(`und-${code}`).region === code;
}
