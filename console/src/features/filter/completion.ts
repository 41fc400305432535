/** What may come next in a filter that is being typed. Pure. */

import type { Field } from '../../api/schema';
import { isComparison, keyword, quoted, tokensOf, written, type Token } from './language';

export type Completion = {
  /** What takes the place of what was begun. */
  insert: string;
  label: string;
  /** What it means. */
  hint?: string | undefined;
  /** How far before its end typing goes on: between quotes. */
  back?: number;
};

/** `from` and `to`: what is replaced. */
export type Completions = { from: number; to: number; items: Completion[] };

export type Vocabulary = {
  fields: Field[];
  /** What a field is called. */
  title: (field: string) => string;
  /** What a field may be, with what it is called; empty where nobody can list it. */
  values: (field: Field) => { value: string; name: string }[];
  /** Today, as the language writes it. */
  today: string;
};

type Expects = 'term' | 'operator' | 'set' | 'value' | 'length' | 'more' | 'exists' | 'exists_field' | 'close' | 'join';

type State = { expects: Expects; field: string; inSet: boolean; depth: number };

const SHOWN = 60;

export function complete(text: string, caret: number, vocabulary: Vocabulary): Completions {
  const tokens = tokensOf(text);
  const begun = tokens.find((token) => token.from < caret && caret <= token.to);
  const before = tokens.filter((token) => token.to <= caret && token !== begun);
  const none = { from: caret, to: caret, items: [] };
  let state: State | undefined = { expects: 'term', field: '', inSet: false, depth: 0 };
  for (const token of before) {
    state = state && after(state, token);
  }
  if (!state || begun?.kind === 'open_text' || begun?.kind === 'text') return none;
  // A sign that has been typed may be the beginning of a longer one; else it stands, and something new begins.
  if (begun && !isWordly(begun) && state.expects !== 'operator') {
    const next = after(state, begun);
    return next ? { from: caret, to: caret, items: offers(next, '', vocabulary) } : none;
  }
  const prefix = begun ? text.slice(begun.from, caret) : '';
  const range = begun ? { from: begun.from, to: begun.to } : { from: caret, to: caret };
  const items = offers(state, prefix, vocabulary);
  // It stands there already.
  if (items.length === 1 && items[0]!.insert.trim() === text.slice(range.from, range.to)) return none;
  return { ...range, items: items.slice(0, SHOWN) };
}

/** The text with a completion in it, and where typing goes on. */
export function accept(text: string, { from, to }: Completions, { insert, back = 0 }: Completion): [string, number] {
  // One blank is enough.
  const rest = text.slice(to);
  const made = insert.endsWith(' ') && rest.startsWith(' ') ? insert.slice(0, -1) : insert;
  const caret = from + made.length - back + (made === insert ? 0 : 1);
  return [text.slice(0, from) + made + rest, caret];
}

function isWordly({ kind }: Token): boolean {
  return kind === 'word' || kind === 'number' || kind === 'time';
}

/** What is expected behind a token; `undefined` where it can't stand there. */
function after(state: State, token: Token): State | undefined {
  const word = keyword(token);
  const to = (expects: Expects, change: Partial<State> = {}): State => ({ ...state, expects, ...change });
  switch (state.expects) {
    case 'term':
      if (word === 'not') return state;
      if (word === 'exists') return to('exists');
      if (token.text === '(') return to('term', { depth: state.depth + 1 });
      return token.kind === 'word' && !word ? to('operator', { field: token.text }) : undefined;
    case 'exists':
      return token.text === '(' ? to('exists_field') : undefined;
    case 'exists_field':
      return token.kind === 'word' ? to('close') : undefined;
    case 'close':
      return token.text === ')' ? to('join') : undefined;
    case 'operator':
      if (word === 'in') return to('set');
      return isComparison(token.text) ? to('value', { inSet: false }) : undefined;
    case 'set':
      return token.text === '(' ? to('value', { inSet: true }) : undefined;
    case 'value':
      if (token.text === '-') return state;
      return isWordly(token) || token.kind === 'text' ? to(state.inSet ? 'more' : 'join') : undefined;
    case 'length':
      return token.kind === 'number' ? to(state.inSet ? 'more' : 'join') : undefined;
    case 'more':
      if (token.text === '-' || token.text === '+') return to('length');
      if (token.text === ',') return to('value');
      return token.text === ')' ? to('join') : undefined;
    case 'join':
      if (token.text === '-' || token.text === '+') return to('length');
      if (word === 'and' || word === 'or') return to('term');
      return token.text === ')' && state.depth > 0 ? to('join', { depth: state.depth - 1 }) : undefined;
  }
}

function offers(state: State, prefix: string, vocabulary: Vocabulary): Completion[] {
  const field = vocabulary.fields.find(({ name }) => name === state.field);
  switch (state.expects) {
    case 'term':
      return [...fieldsLike(prefix, vocabulary.fields, vocabulary, ' '), ...begunBy(prefix, TERMS)];
    case 'exists_field': {
      const optional = vocabulary.fields.filter(({ comparisons }) => comparisons.includes('exists'));
      return fieldsLike(prefix, optional, vocabulary, ') ');
    }
    case 'exists':
    case 'set':
      return begunBy(prefix, [{ insert: '(', label: '(' }]);
    case 'close':
      return begunBy(prefix, [{ insert: ') ', label: ')' }]);
    case 'operator':
      return field
        ? begunBy(
            prefix,
            OPERATORS.filter(({ label }) => field.comparisons.includes(label)),
          )
        : [];
    case 'value':
      return field ? valuesLike(prefix, field, state.inSet, vocabulary) : [];
    case 'length':
      return lengths(prefix);
    case 'more':
      return begunBy(prefix, [
        { insert: ', ', label: ',', hint: 'another value' },
        { insert: ') ', label: ')', hint: 'no more values' },
      ]);
    case 'join':
      return begunBy(prefix, state.depth > 0 ? [...JOINS, { insert: ') ', label: ')' }] : JOINS);
  }
}

const TERMS: Completion[] = [
  { insert: 'not ', label: 'not', hint: 'the opposite of what follows' },
  { insert: 'exists(', label: 'exists(…)', hint: 'has a value' },
  { insert: '(', label: '(…)', hint: 'together' },
];

const JOINS: Completion[] = [
  { insert: 'and ', label: 'and', hint: 'both have to hold' },
  { insert: 'or ', label: 'or', hint: 'either is enough' },
];

const OPERATORS: Completion[] = [
  { insert: '~ ', label: '~', hint: 'contains' },
  { insert: '== ', label: '==', hint: 'is' },
  { insert: '!= ', label: '!=', hint: 'is something else' },
  { insert: 'in (', label: 'in', hint: 'is one of' },
  { insert: '< ', label: '<', hint: 'is less, or earlier' },
  { insert: '<= ', label: '<=', hint: 'is at most' },
  { insert: '> ', label: '>', hint: 'is more, or later' },
  { insert: '>= ', label: '>=', hint: 'is at least' },
];

function begunBy(prefix: string, completions: Completion[]): Completion[] {
  return completions.filter(({ insert }) => insert.startsWith(prefix.toLowerCase()));
}

/** Those that begin with it, then those in which it occurs, by name or by what they are called. */
function fieldsLike(prefix: string, fields: Field[], { title }: Vocabulary, behind: string): Completion[] {
  const wanted = prefix.toLowerCase();
  const rank = ({ name }: Field) => {
    if (name.startsWith(wanted)) return 0;
    if (name.split('.').some((part) => part.startsWith(wanted)) || title(name).toLowerCase().startsWith(wanted))
      return 1;
    return name.includes(wanted) || title(name).toLowerCase().includes(wanted) ? 2 : 3;
  };
  return fields
    .map((field) => ({ field, rank: rank(field) }))
    .filter((candidate) => candidate.rank < 3)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ field }) => ({ insert: field.name + behind, label: field.name, hint: title(field.name) }));
}

function valuesLike(prefix: string, field: Field, inSet: boolean, vocabulary: Vocabulary): Completion[] {
  const behind = inSet ? '' : ' ';
  const plain = (text: string, hint?: string) => ({ insert: text + behind, label: text, hint });
  switch (field.kind) {
    case 'number':
      return [];
    case 'bytes':
      return /^\d+(?:\.\d+)?[a-z]*$/iu.test(prefix) ? sizes(prefix).map((size) => plain(size)) : [];
    case 'time':
      return times(prefix, vocabulary.today).map(({ label, hint }) => plain(label, hint));
    case 'text':
      return prefix === ''
        ? [{ insert: '""', label: '"…"', hint: 'a text', back: 1 }]
        : [plain(quoted(prefix), 'a text, in quotes')];
    default: {
      const wanted = prefix.toLowerCase();
      return vocabulary
        .values(field)
        .filter(({ value, name }) => value.toLowerCase().startsWith(wanted) || name.toLowerCase().includes(wanted))
        .map(({ value, name }) => plain(written(value), name));
    }
  }
}

function sizes(prefix: string): string[] {
  const number = prefix.replace(/[a-z]+$/iu, '');
  return ['kB', 'MB', 'GB', 'TB']
    .map((unit) => number + unit)
    .filter((size) => size.toLowerCase().startsWith(prefix.toLowerCase()));
}

const LENGTHS: [unit: string, one: string, many: string][] = [
  ['m', 'minute', 'minutes'],
  ['h', 'hour', 'hours'],
  ['d', 'day', 'days'],
  ['w', 'week', 'weeks'],
];

function lengths(prefix: string): Completion[] {
  const number = /^\d+/u.exec(prefix)?.[0];
  if (number === undefined) return [];
  return LENGTHS.map(([unit, one, many]) => ({
    insert: `${number}${unit} `,
    label: number + unit,
    hint: `${number} ${number === '1' ? one : many}`,
  })).filter(({ label }) => label.startsWith(prefix));
}

function times(prefix: string, today: string): { label: string; hint: string }[] {
  if (/^\d{1,4}[a-z]?$/iu.test(prefix)) {
    return lengths(prefix).map(({ label, hint = '' }) => ({ label: `now-${label}`, hint: `${hint} ago` }));
  }
  return [
    { label: 'now-1d', hint: 'a day ago' },
    { label: 'now-2d', hint: 'two days ago' },
    { label: 'now-7d', hint: 'a week ago' },
    { label: 'now-30d', hint: '30 days ago' },
    { label: today, hint: 'the beginning of today, in UTC' },
  ].filter(({ label }) => label.startsWith(prefix.toLowerCase()));
}
