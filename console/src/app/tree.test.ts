import { expect, test } from 'vitest';
import { foundRows, moveOf, visibleRows, type Node, type Placed, type TreeRow } from './tree';

const node = (id: string, name = id, mayHaveChildren = true): Node => ({ id, name, mayHaveChildren });
const TREE: Record<string, Node[]> = {
  root: [node('a', 'Alder'), node('b', 'Birch'), node('leaf', 'Leaf', false)],
  a: [node('a1', 'Cedar'), node('a2', 'Ash')],
};
const rowsOf = (open: string[]) =>
  visibleRows({ root: node('root', 'Root'), childrenOf: (id) => TREE[id], open: new Set(open) });
const names = (rows: TreeRow[]) => rows.map((row) => (row.kind === 'node' ? row.node.name : '…'));

test('only what is open is shown, a node without children can not be opened', () => {
  expect(names(rowsOf([]))).toEqual(['Root']);
  expect(names(rowsOf(['root']))).toEqual(['Root', 'Alder', 'Birch', 'Leaf']);
  expect(names(rowsOf(['root', 'a']))).toEqual(['Root', 'Alder', 'Cedar', 'Ash', 'Birch', 'Leaf']);
  expect(rowsOf(['root']).at(-1)).toMatchObject({ open: undefined, position: 3, siblings: 3, depth: 1 });
});

test('what was not fetched yet is announced', () => {
  expect(names(rowsOf(['root', 'b']))).toEqual(['Root', 'Alder', 'Birch', '…', 'Leaf']);
});

test('what was found stands where it does, and nothing beside it', () => {
  const placed = (id: string, name: string, above: string[]): Placed => ({ ...node(id, name), above });
  const rows = foundRows(node('root', 'Root'), [
    placed('a2', 'Ash', ['root', 'a']),
    placed('b', 'Birch', ['root']),
    placed('a', 'Alder', ['root']),
    placed('root', 'Root', []),
  ]);
  expect(names(rows)).toEqual(['Root', 'Birch', 'Alder', 'Ash']);
  expect(rows.map((row) => row.kind === 'node' && row.open)).toEqual([true, undefined, true, undefined]);
  expect(rows.at(-1)).toMatchObject({ depth: 2, position: 1, siblings: 1 });
  expect(names(foundRows(node('root', 'Root'), []))).toEqual(['Root']);
});

test('arrows walk, open, close and lead to the parent', () => {
  const rows = rowsOf(['root', 'a']);
  expect(moveOf('ArrowDown', rows, 0)).toEqual({ to: 1 });
  expect(moveOf('ArrowUp', rows, 0)).toEqual({ to: 0 });
  expect(moveOf('End', rows, 0)).toEqual({ to: 5 });
  expect(moveOf('Home', rows, 5)).toEqual({ to: 0 });
  expect(moveOf('ArrowRight', rows, 1)).toEqual({ to: 2 });
  expect(moveOf('ArrowRight', rows, 4)).toEqual({ toggle: true });
  expect(moveOf('ArrowRight', rows, 5)).toBeUndefined();
  expect(moveOf('ArrowLeft', rows, 1)).toEqual({ toggle: true });
  expect(moveOf('ArrowLeft', rows, 3)).toEqual({ to: 1 });
  expect(moveOf('Enter', rows, 3)).toBeUndefined();
});

test('a line that only says loading is stepped over', () => {
  const rows = rowsOf(['root', 'b']);
  expect(moveOf('ArrowDown', rows, 2)).toEqual({ to: 4 });
  expect(moveOf('ArrowUp', rows, 4)).toEqual({ to: 2 });
});
