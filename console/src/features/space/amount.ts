/** Sizes as people type them. Pure. */

const UNITS: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };

/** The most that a number holds exactly, and so the most that can be allotted. */
const MOST = Number.MAX_SAFE_INTEGER;

/** `1.5 TB` in bytes; `undefined` where it is no size. */
export function bytesOf(text: string): number | undefined {
  const found = /^(\d+(?:[.,]\d+)?)\s*([kmgtp]?b)$/iu.exec(text.trim());
  const unit = UNITS[found?.[2]?.toUpperCase() ?? ''];
  if (!found || !unit) return undefined;
  const bytes = Math.round(Number(found[1]!.replace(',', '.')) * unit);
  return bytes <= MOST ? bytes : undefined;
}

/** The same the other way round, to the byte: what is sent back unchanged is the same. */
export function exactly(bytes: number): string {
  const fits = Object.entries(UNITS)
    .toReversed()
    .find(
      ([word, unit]) =>
        bytes >= unit && Number.isInteger((bytes / unit) * 1000) && bytesOf(`${bytes / unit} ${word}`) === bytes,
    );
  const [word, unit] = fits ?? ['B', 1];
  return `${bytes / unit} ${word === 'KB' ? 'kB' : word}`;
}

/** `1.2` as a number of times; `undefined` where it is none. */
export function timesOf(text: string): number | undefined {
  const times = /^\d+(?:[.,]\d{1,2})?$/u.test(text.trim()) ? Number(text.trim().replace(',', '.')) : Number.NaN;
  return times >= 1 && times <= 10 ? times : undefined;
}
