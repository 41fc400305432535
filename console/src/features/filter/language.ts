/**
 * The language of filters as far as the console has to understand it: its words, and its tree with where each part
 * stands. Whether fields exist and take what is asked is the server's to say. Pure.
 */

export type Token = {
  kind: 'word' | 'number' | 'time' | 'text' | 'open_text' | 'symbol' | 'foreign';
  text: string;
  from: number;
  to: number;
};

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | '~';

/** `now` has what stands behind it: `-2d`. A text is without its quotes. */
export type Literal = { kind: 'word' | 'number' | 'time' | 'text' | 'now'; text: string };

type Span = { from: number; to: number };

export type Tree = Span &
  (
    | { is: 'all' | 'any'; parts: Tree[] }
    | { is: 'not'; part: Tree }
    | { is: 'exists'; field: string }
    | { is: 'compare'; field: string; comparison: Comparison; value: Literal }
    | { is: 'in'; field: string; values: Literal[] }
  );

const WORDS = new Set(['and', 'or', 'not', 'in', 'exists', 'now']);
const COMPARISONS = new Set<string>(['==', '!=', '<', '<=', '>', '>=', '~']);

const KINDS: [kind: Token['kind'], pattern: RegExp][] = [
  ['text', /"(?:[^"\\]|\\["\\])*"/uy],
  ['open_text', /"[^]*/uy],
  ['time', /\d{4}-\d\d-\d\d[\p{Alphabetic}\p{N}_.:+-]*/uy],
  ['word', /[\p{Alphabetic}\p{N}_.]+/uy],
  ['symbol', /==|!=|<=|>=|[<>~(),+-]/uy],
  ['foreign', /[^]/uy],
];

const NUMBER = /^\d+(?:\.\d+)?\p{Alphabetic}*$/u;

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  while (from < text.length) {
    if (/\s/u.test(text[from]!)) {
      from += 1;
      continue;
    }
    const token = tokenAt(text, from);
    tokens.push(token);
    from = token.to;
  }
  return tokens;
}

function tokenAt(text: string, from: number): Token {
  for (const [kind, pattern] of KINDS) {
    pattern.lastIndex = from;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) {
      const isNumber = kind === 'word' && NUMBER.test(found);
      return { kind: isNumber ? 'number' : kind, text: found, from, to: from + found.length };
    }
  }
  return { kind: 'foreign', text: text.slice(from), from, to: text.length };
}

/** A word of the language, whatever its case. */
export function keyword(token: Token | undefined): string | undefined {
  if (token?.kind !== 'word') return undefined;
  const word = token.text.toLowerCase();
  return WORDS.has(word) ? word : undefined;
}

export function isComparison(text: string): text is Comparison {
  return COMPARISONS.has(text);
}

/** The tree of a filter; `undefined` where it can't be read. */
export function parse(text: string): Tree | undefined {
  const reader = new Reader(tokensOf(text));
  try {
    return reader.whole();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Unreadable extends Error {}

class Reader {
  private at = 0;
  private readonly tokens: Token[];

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  whole(): Tree {
    const tree = this.any();
    if (this.at < this.tokens.length) throw new Unreadable();
    return tree;
  }

  private any(): Tree {
    return this.joined('or', 'any', () => this.joined('and', 'all', () => this.negated()));
  }

  private joined(word: string, is: 'all' | 'any', part: () => Tree): Tree {
    const parts = [part()];
    while (keyword(this.tokens[this.at]) === word) {
      this.at += 1;
      parts.push(part());
    }
    const [first] = parts as [Tree];
    return parts.length === 1 ? first : { is, parts, from: first.from, to: parts.at(-1)!.to };
  }

  private negated(): Tree {
    const token = this.take();
    if (keyword(token) === 'not') {
      const part = this.negated();
      return { is: 'not', part, from: token.from, to: part.to };
    }
    if (token.text === '(') {
      const inner = this.any();
      return { ...inner, from: token.from, to: this.symbol(')').to };
    }
    if (keyword(token) === 'exists') {
      this.symbol('(');
      const field = this.field(this.take());
      return { is: 'exists', field, from: token.from, to: this.symbol(')').to };
    }
    return this.test(this.field(token), token.from);
  }

  private test(field: string, from: number): Tree {
    const sign = this.take();
    if (sign.kind === 'symbol' && isComparison(sign.text)) {
      const value = this.literal();
      return { is: 'compare', field, comparison: sign.text, value, from, to: this.end() };
    }
    if (keyword(sign) !== 'in') throw new Unreadable();
    this.symbol('(');
    const values = [this.literal()];
    let next = this.take();
    while (next.text === ',') {
      values.push(this.literal());
      next = this.take();
    }
    if (next.text !== ')') throw new Unreadable();
    return { is: 'in', field, values, from, to: next.to };
  }

  private literal(): Literal {
    const token = this.take();
    if (keyword(token) === 'now') {
      const sign = this.tokens[this.at]?.text;
      if (sign !== '-' && sign !== '+') return { kind: 'now', text: '' };
      this.at += 1;
      return { kind: 'now', text: sign + this.number() };
    }
    if (token.text === '-') return { kind: 'number', text: `-${this.number()}` };
    if (token.kind === 'text') return { kind: 'text', text: unquoted(token.text) };
    if (token.kind === 'number' || token.kind === 'time') return { kind: token.kind, text: token.text };
    if (token.kind === 'word' && !keyword(token)) return { kind: 'word', text: token.text };
    throw new Unreadable();
  }

  private field(token: Token): string {
    if (token.kind !== 'word' || keyword(token)) throw new Unreadable();
    return token.text;
  }

  private number(): string {
    const token = this.take();
    if (token.kind !== 'number') throw new Unreadable();
    return token.text;
  }

  private symbol(text: string): Token {
    const token = this.take();
    if (token.kind !== 'symbol' || token.text !== text) throw new Unreadable();
    return token;
  }

  private take(): Token {
    const token = this.tokens[this.at];
    if (!token) throw new Unreadable();
    this.at += 1;
    return token;
  }

  private end(): number {
    return this.tokens[this.at - 1]!.to;
  }
}

export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/gu, String.raw`\$&`)}"`;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(["\\])/gu, '$1');
}

/** A word, a code or an id; in quotes where it would mean something else, as India's `IN` would. */
export function written(word: string): string {
  const plain = /^[\p{Alphabetic}_.][\p{Alphabetic}\p{N}_.]*$/u.test(word);
  return plain && !WORDS.has(word.toLowerCase()) && !/^(?:null|none|nil)$/iu.test(word) ? word : quoted(word);
}

/** What the server says is wrong: where, counted in characters from 0, and what. */
export type Fault = { at: number | undefined; what: string; meant: string | undefined };

const PLACE = /^At character (\d+): /u;
const MEANT = /did you mean `([^`]+)`\?/u;

/** `shift`: how many characters stood before the filter in what was sent. */
export function faultOf(detail: string, shift = 0): Fault {
  const place = PLACE.exec(detail)?.[1];
  const at = place === undefined ? undefined : Math.max(Number(place) - 1 - shift, 0);
  const what = at === undefined ? detail : detail.replace(PLACE, `At character ${at + 1}: `);
  return { at, what, meant: MEANT.exec(detail)?.[1] };
}

/** The part of the text that a fault is about. The server counts characters, the browser halves of some. */
export function placeOf(text: string, at: number): Span {
  const from = [...text].slice(0, at).join('').length;
  const token = tokensOf(text).find((candidate) => candidate.from <= from && from < candidate.to);
  return { from, to: token?.to ?? from };
}
