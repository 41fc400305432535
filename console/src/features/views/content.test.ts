import { expect, test } from 'vitest';
import type { View } from '../../api/schema';
import { contentOf, isBare, isSame, layoutOf, searchOf, shownAt } from './content';

const search = {
  under: 'cus_1',
  q: 'acme',
  sort: '-used_bytes',
  filter: 'level == site',
  level: 'all',
  columns: 'state.used',
};
const layout = { columns: ['state', 'used'], widths: { used: 9 }, pinned: ['state'] };
const content = contentOf(search, layout);
const view: View = {
  id: 'vie_1',
  version: 1,
  noun: 'customers',
  name: 'Late',
  origin: 'own',
  is_default: false,
  content,
  actions: [],
};

test('a view keeps what the address carries, but not where it is narrowed to', () => {
  expect(content).toEqual({
    q: 'acme',
    sort: '-used_bytes',
    filter: 'level == site',
    layout,
    parameters: { level: 'all' },
  });
  expect(searchOf(content)).toEqual({
    q: 'acme',
    sort: '-used_bytes',
    filter: 'level == site',
    level: 'all',
    columns: 'state.used',
  });
  expect(layoutOf(content)).toEqual(layout);
});

test('what is left out is the same as nothing, and order matters only where it is seen', () => {
  const bare = contentOf({}, {});
  expect(isSame(bare, {})).toBe(true);
  expect(isSame(bare, content)).toBe(false);
  const widths = { a: 5, b: 6 };
  expect(isSame(contentOf({}, { widths }), contentOf({}, { widths: { b: 6, a: 5 } }))).toBe(true);
  expect(isSame(contentOf({}, { columns: ['a', 'b'] }), contentOf({}, { columns: ['b', 'a'] }))).toBe(false);
});

test('beside a view stands what differs; once it was changed, everything', () => {
  expect(shownAt({ view: 'vie_1', under: 'cus_2', q: 'mill' }, view)).toMatchObject({
    under: 'cus_2',
    q: 'mill',
    filter: 'level == site',
  });
  const changed = { view: 'vie_1', changed: 'yes' as const, sort: 'devices' };
  expect(shownAt(changed, view)).toEqual(changed);
  expect(shownAt({ view: 'vie_9', q: 'mill' }, undefined)).toEqual({ view: 'vie_9', q: 'mill' });
});

test('only an address without a wish opens the default', () => {
  expect(isBare({ under: 'cus_1', q: undefined })).toBe(true);
  expect(isBare({ view: 'none' })).toBe(false);
  expect(isBare({ filter: 'x' })).toBe(false);
});
