import { expect, test } from 'vitest';
import { countries } from '../../lib/countries';
import folding from './folding.json';
import { fold, meaningOf, ranked, type Choice } from './match';

const COUNTRIES: Choice[] = countries().map(({ code, name }) => ({ id: code, name, also: [code] }));
const named = (...names: string[]): Choice[] => names.map((name) => ({ id: name, name }));
const names = (choices: Choice[]) => choices.map(({ name }) => name);
const meant = (choices: Choice[], text: string) => {
  const meaning = meaningOf(ranked(choices, text), text);
  return meaning.kind === 'one' ? meaning.choice.name : meaning.kind;
};

test('the very name first, then beginnings, then beginnings of words, then the rest', () => {
  const choices = named('Réunion', 'Community Uni', 'Commune Unit', 'Union', 'Uni', 'Tunis', 'Sparkasse');
  expect(names(ranked(choices, 'uni'))).toEqual(['Uni', 'Union', 'Community Uni', 'Commune Unit', 'Réunion', 'Tunis']);
  expect(
    names(ranked(COUNTRIES, 'uni'))
      .slice(0, 3)
      .every((name) => name.startsWith('United ')),
  ).toBe(true);
  expect(names(ranked(COUNTRIES, 'uni'))).toContain('Réunion');
});

test('without a text everything is there, in its own order', () => {
  expect(ranked(COUNTRIES, ' ')).toEqual(COUNTRIES);
});

test('case, accents, apostrophes and blanks make no difference', () => {
  expect(fold('  CÔTE   d’Ivoire ')).toBe("cote d'ivoire");
  for (const text of ["cote d'ivoire", 'CÔTE D’IVOIRE', 'ci']) expect(meant(COUNTRIES, text)).toBe('Côte d’Ivoire');
  expect(meant(COUNTRIES, 'reunion')).toBe('Réunion');
});

test('texts are folded as the server does', () => {
  for (const [text, folded] of folding) expect(fold(text!)).toBe(folded);
  expect(meant(named('Mühlenhof', 'Straße 7'), 'muhlen')).toBe('Mühlenhof');
  expect(meant(named('Mühlenhof', 'Straße 7'), '7 STRASSE')).toBe('Straße 7');
});

test('a name that others have in theirs means itself', () => {
  expect(meant(COUNTRIES, 'Niger')).toBe('Niger');
  expect(meant(COUNTRIES, 'oman')).toBe('Oman');
  expect(meant(COUNTRIES, 'DE')).toBe('Germany');
});

test('the only one that fits is meant, of several none is', () => {
  expect(meant(COUNTRIES, 'germ')).toBe('Germany');
  expect(meant(COUNTRIES, 'uni')).toBe('many');
  expect(meant(COUNTRIES, 'Atlantis')).toBe('none');
});

test('two of the same name are told apart by nobody', () => {
  const twins = [
    { id: '1', name: 'Calderwick IT' },
    { id: '2', name: 'calderwick it' },
  ];
  expect(meaningOf(twins, 'Calderwick IT')).toEqual({ kind: 'many', alike: true });
});

test('where not all were fetched, only the very name is certain', () => {
  const found = named('Calderwick IT');
  expect(meaningOf(found, 'calder', true)).toEqual({ kind: 'many', alike: false });
  expect(meaningOf(found, 'calderwick it', true)).toEqual({ kind: 'one', choice: found[0] });
});

test('what somebody else found stays, though its name does not have the text', () => {
  const found = named('Acme', 'Wick');
  expect(names(ranked(found, 'wick', true))).toEqual(['Wick', 'Acme']);
  expect(meaningOf(named('Acme'), 'it@acme.example')).toMatchObject({ kind: 'one' });
});
