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
  /** Keeps nodes whose name has it, with what stands above them; everything that was fetched is looked through. */
  filter: string;
};

export function visibleRows({ root, childrenOf, open, filter }: Options): TreeRow[] {
  const text = filter.trim().toLowerCase();
  return text ? filteredRows(root, childrenOf, text) : openRows(root, childrenOf, open);
}

function openRows(root: Node, childrenOf: Options['childrenOf'], open: ReadonlySet<string>): TreeRow[] {
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

function filteredRows(root: Node, childrenOf: Options['childrenOf'], text: string): TreeRow[] {
  const visit = (node: Node, depth: number): TreeRow[] => {
    const below = (childrenOf(node.id) ?? []).flatMap((child) => visit(child, depth + 1));
    if (below.length === 0 && depth > 0 && !node.name.toLowerCase().includes(text)) return [];
    const open = below.length > 0 ? true : undefined;
    return [{ kind: 'node', node, depth, open, position: 1, siblings: 1 }, ...below];
  };
  return visit(root, 0);
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
