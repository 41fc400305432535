/** Which nodes of the customer tree are in view, in order. Pure; fetching is elsewhere. */

export type Node = { id: string; name: string; mayHaveChildren: boolean };

export type TreeRow =
  | { kind: 'node'; node: Node; depth: number; open: boolean | undefined; position: number; siblings: number }
  | { kind: 'loading'; id: string; depth: number };

type Options = {
  root: Node;
  /** `undefined`: not fetched yet. */
  childrenOf: (id: string) => Node[] | undefined;
  open: ReadonlySet<string>;
};

export function visibleRows({ root, childrenOf, open }: Options): TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (node: Node, depth: number, position: number, siblings: number) => {
    const isOpen = node.mayHaveChildren ? open.has(node.id) : undefined;
    rows.push({ kind: 'node', node, depth, open: isOpen, position, siblings });
    if (!isOpen) return;
    const children = childrenOf(node.id);
    if (!children) {
      rows.push({ kind: 'loading', id: `${node.id}/loading`, depth: depth + 1 });
      return;
    }
    for (const [at, child] of children.entries()) visit(child, depth + 1, at + 1, children.length);
  };
  visit(root, 0, 1, 1);
  return rows;
}

/** A node that was found, or stands above one, with the ids of what stands above itself. */
export type Placed = Node & { above: string[] };

/** The ways from the root to what was found, in the order in which it was found. */
export function foundRows(root: Node, placed: readonly Placed[]): TreeRow[] {
  const below = new Map<string, Node[]>();
  for (const node of placed) {
    const parent = node.above.at(-1);
    if (parent === undefined || node.id === root.id) continue;
    below.set(parent, [...(below.get(parent) ?? []), node]);
  }
  const visit = (node: Node, depth: number, position: number, siblings: number): TreeRow[] => {
    const children = below.get(node.id) ?? [];
    const rows = children.flatMap((child, at) => visit(child, depth + 1, at + 1, children.length));
    return [{ kind: 'node', node, depth, open: rows.length > 0 ? true : undefined, position, siblings }, ...rows];
  };
  return visit(root, 0, 1, 1);
}

/** Where a key leads from row `at`; `undefined`: not ours. */
type TreeMove = { to: number } | { toggle: true };

export function moveOf(key: string, rows: TreeRow[], at: number): TreeMove | undefined {
  const row = rows[at];
  if (row?.kind !== 'node') return undefined;
  switch (key) {
    case 'ArrowDown':
      return { to: nextNode(rows, at, 1) };
    case 'ArrowUp':
      return { to: nextNode(rows, at, -1) };
    case 'Home':
      return { to: 0 };
    case 'End':
      return { to: rows.findLastIndex((candidate) => candidate.kind === 'node') };
    case 'ArrowRight':
      if (row.open === undefined) return undefined;
      return row.open ? { to: nextNode(rows, at, 1) } : { toggle: true };
    case 'ArrowLeft':
      if (row.open) return { toggle: true };
      return { to: parentOf(rows, at) };
    default:
      return undefined;
  }
}

function nextNode(rows: TreeRow[], at: number, step: number): number {
  for (let index = at + step; index >= 0 && index < rows.length; index += step) {
    if (rows[index]?.kind === 'node') return index;
  }
  return at;
}

function parentOf(rows: TreeRow[], at: number): number {
  const depth = rows[at]!.depth;
  for (let index = at - 1; index >= 0; index -= 1) {
    if (rows[index]!.depth < depth) return index;
  }
  return at;
}
