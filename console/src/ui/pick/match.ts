/** Which choice a typed text means. Pure. */

export type Choice = {
  id: string;
  name: string;
  detail?: string;
  /** Other texts that name it, such as a country's code. */
  also?: string[];
  /** Why it can't be chosen now: it is listed, and says so. */
  refusal?: string;
};

/** Letters and signs that can't be taken apart, as people write them who have no key for them. */
const PAIRS = "ß=ss æ=ae œ=oe þ=th ø=o ł=l đ=d ð=d ħ=h ı=i ŋ=n ŧ=t ς=σ ‘=' ’=' ʼ=' ‐=- –=- —=- −=-";
const ALIKE = new Map(PAIRS.split(' ').map((pair) => [pair.charAt(0), pair.slice(2)]));
const ALIKES = new RegExp(`[${[...ALIKE.keys()].join('')}]`, 'gu');
/** Above and below letters. Vowel signs of Indian scripts are letters to those who write them, and stay. */
const MARKS = new RegExp(String.raw`[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u1dc0-\u1dff]`, 'gu');

/** Ignores case, accents, kinds of apostrophes and blanks, as the search of the server does (`base::text::bare`). */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(MARKS, '')
    .replaceAll(ALIKES, (letter) => ALIKE.get(letter)!)
    .replaceAll(/\p{White_Space}+/gu, ' ')
    .replaceAll(/^ | $/gu, '');
}

/** Whether each word occurs in one of the texts. `wanted` is folded. */
export function hasWords(wanted: string, texts: readonly (string | null | undefined)[]): boolean {
  const folded = texts.map((text) => fold(text ?? ''));
  return wanted.split(' ').every((word) => folded.some((text) => text.includes(word)));
}

const EXACT = 0;
const PREFIX = 1;
const WORD_PREFIX = 2;
const INFIX = 3;
const ELSEWHERE = 4;

function rank(choice: Choice, wanted: string): number {
  const name = fold(choice.name);
  if (name === wanted || choice.also?.some((text) => fold(text) === wanted)) return EXACT;
  const at = name.indexOf(wanted);
  if (at === 0) return PREFIX;
  if (at < 0) return hasWords(wanted, [choice.name]) ? INFIX : ELSEWHERE;
  return wordsOf(name).some((start) => name.startsWith(wanted, start)) ? WORD_PREFIX : INFIX;
}

/** Where words begin. */
function wordsOf(name: string): number[] {
  return [...name.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)].map(({ index }) => index);
}

/**
 * Those that fit, the best first: the very name, then names that begin so, then words that do, then whatever has the
 * text in it. `all`: somebody else found them, so those that have it elsewhere than in their name come last.
 */
export function ranked<T extends Choice>(choices: readonly T[], text: string, all = false): T[] {
  const wanted = fold(text);
  if (wanted === '') return [...choices];
  return choices
    .map((choice) => ({ choice, rank: rank(choice, wanted) }))
    .filter((entry) => all || entry.rank < ELSEWHERE)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ choice }) => choice);
}

/** The choice, or how many it could be. */
export type Meaning = { kind: 'one'; choice: Choice } | { kind: 'none' } | { kind: 'many'; alike: boolean };

/**
 * What a text means: the one of exactly this name, or else the only one that fits. `fitting` as {@link ranked} gives
 * them; `more`: there are others that were not fetched.
 */
export function meaningOf(fitting: readonly Choice[], text: string, more = false): Meaning {
  const wanted = fold(text);
  const exact = fitting.filter((choice) => rank(choice, wanted) === EXACT);
  if (exact.length > 1) return { kind: 'many', alike: true };
  const one = exact[0] ?? (fitting.length === 1 && !more ? fitting[0] : undefined);
  if (one) return { kind: 'one', choice: one };
  return fitting.length === 0 ? { kind: 'none' } : { kind: 'many', alike: false };
}
