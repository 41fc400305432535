import { useQueries, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useRouterState } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronRight, Network } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import type { Customer } from '../api/schema';
import { childrenQuery, customerQuery } from '../features/customers/api';
import { compact } from '../lib/format';
import { customerName, LEVEL, totalsText } from '../lib/words';
import { SearchField } from '../ui/SearchField';
import { moveOf, visibleRows, type TreeRow } from './tree';
import { useMe, useScope } from './useMe';

const ROW_REM = 1.75;

/**
 * The tree below the caller's own customer. Children are fetched when a node is opened. Choosing a node narrows lists
 * to it; on a customer's page it leads to that customer.
 */
export function CustomerTree() {
  const me = useMe();
  const scope = useScope();
  const { id: shown } = useParams({ strict: false });
  const onCustomer = useRouterState({ select: (state) => /^\/customers\/cus_[^/]+$/u.test(state.location.pathname) });
  const go = useNavigate();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set([me.customer_id]));
  const [filter, setFilter] = useState('');
  const current = onCustomer && shown ? shown : scope.id;

  const root = useQuery(customerQuery(me.customer_id)).data;
  const here = useQuery(customerQuery(current)).data;
  const known = useKnown(root, open);
  useReveal(here, setOpen);

  const rows = useMemo(() => {
    if (!root) return [];
    return visibleRows({
      root: nodeOf(root),
      childrenOf: (id) => known.children.get(id)?.map(nodeOf),
      open,
      filter,
    });
  }, [root, known.children, open, filter]);

  const choose = (id: string) => {
    const under = id === me.customer_id ? undefined : id;
    if (onCustomer) void go({ to: '/customers/$id', params: { id }, search: { under } });
    else void go({ to: '.', search: (old) => ({ ...old, under }) });
  };
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };

  return (
    <section className="tree" aria-labelledby="tree-title">
      <h2 id="tree-title">
        <Network className="icon-s" aria-hidden />
        Customer tree
      </h2>
      <SearchField label="Find in the tree" value={filter} onChange={setFilter} />
      <TreeList rows={rows} current={current} customers={known.customers} onChoose={choose} onToggle={toggle} />
    </section>
  );
}

type TreeListProps = {
  rows: TreeRow[];
  current: string;
  customers: ReadonlyMap<string, Customer>;
  onChoose: (id: string) => void;
  onToggle: (id: string) => void;
};

function TreeList({ rows, current, customers, onChoose, onToggle }: TreeListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string>();
  const focusWanted = useRef(false);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const coarse = matchMedia('(pointer: coarse)').matches;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (coarse ? 2.5 : ROW_REM) * rem,
    overscan: 12,
  });

  const indexOf = (id: string | undefined) => rows.findIndex((row) => row.kind === 'node' && row.node.id === id);
  // One row is in the tab order: the one that had the focus, or else the current one.
  const active = Math.max(0, indexOf(focused) >= 0 ? indexOf(focused) : indexOf(current));

  const at = indexOf(current);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [virtual, at]);
  useLayoutEffect(() => {
    if (!focusWanted.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (!row) return;
    focusWanted.current = false;
    row.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    if (row?.kind !== 'node' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onChoose(row.node.id);
      return;
    }
    const move = moveOf(event.key, rows, active);
    if (!move) return;
    event.preventDefault();
    if ('toggle' in move) return onToggle(row.node.id);
    const target = rows[move.to];
    if (target?.kind !== 'node') return;
    focusWanted.current = true;
    setFocused(target.node.id);
    virtual.scrollToIndex(move.to);
  };

  return (
    <div className="tree-list" ref={scroller}>
      <div
        role="tree"
        aria-labelledby="tree-title"
        className="tree-rows"
        style={{ blockSize: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <TreeItem
              key={row.kind === 'node' ? row.node.id : row.id}
              row={row}
              index={item.index}
              top={item.start}
              height={item.size}
              customer={row.kind === 'node' ? customers.get(row.node.id) : undefined}
              active={item.index === active}
              current={row.kind === 'node' && row.node.id === current}
              onFocus={setFocused}
              onChoose={onChoose}
              onToggle={onToggle}
            />
          );
        })}
      </div>
    </div>
  );
}

type TreeItemProps = {
  row: TreeRow;
  index: number;
  top: number;
  height: number;
  customer: Customer | undefined;
  active: boolean;
  current: boolean;
  onFocus: (id: string) => void;
  onChoose: (id: string) => void;
  onToggle: (id: string) => void;
};

function TreeItem({ row, index, top, height, customer, active, current, ...on }: TreeItemProps) {
  const style = { insetBlockStart: top, blockSize: height, paddingInlineStart: `${row.depth * 0.875}rem` };
  if (row.kind === 'loading') {
    return (
      <div role="none" className="tree-item" style={style}>
        <span className="tree-chevron" />
        <span className="skeleton" />
      </div>
    );
  }
  const { node, open } = row;
  const below = customer ? customer.totals.customers + customer.totals.sites : 0;
  const onChevron = (event: MouseEvent) => {
    event.stopPropagation();
    on.onToggle(node.id);
  };
  return (
    // The keys are handled by the tree as a whole.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="treeitem"
      className="tree-item"
      aria-level={row.depth + 1}
      aria-setsize={row.siblings}
      aria-posinset={row.position}
      aria-expanded={open}
      aria-selected={current}
      data-index={index}
      tabIndex={active ? 0 : -1}
      style={style}
      title={customer && `${LEVEL[customer.level]}, ${totalsText(customer)}`}
      onFocus={() => on.onFocus(node.id)}
      onClick={() => on.onChoose(node.id)}
    >
      <span className="tree-chevron" aria-hidden onClick={open === undefined ? undefined : onChevron}>
        {open !== undefined && <ChevronRight className="icon-s" />}
      </span>
      <span className="tree-name">{node.name}</span>
      {below > 0 && (
        <span className="tree-count">
          {compact(below)}
          <span className="hidden-text"> below</span>
        </span>
      )}
    </div>
  );
}

/** Everything fetched so far: the children of each open node, and every customer among them. */
function useKnown(root: Customer | undefined, open: ReadonlySet<string>) {
  const [parents, setParents] = useState<ReadonlyMap<string, Customer>>(new Map());
  const fetched = [...parents.values()].filter((parent) => open.has(parent.id));
  const results = useQueries({ queries: fetched.map((parent) => childrenQuery(parent)) });
  const stamp = results.map((result) => result.dataUpdatedAt).join();
  const ids = fetched.map((parent) => parent.id).join();
  const known = useMemo(() => {
    const children = new Map<string, Customer[]>();
    const customers = new Map<string, Customer>(root ? [[root.id, root]] : []);
    for (const [at, parent] of fetched.entries()) {
      const found = results[at]?.data;
      if (!found) continue;
      children.set(parent.id, found);
      for (const child of found) customers.set(child.id, child);
    }
    return { children, customers };
    // The two texts stand for what is looked through.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [root, stamp, ids]);
  useEffect(() => {
    const wanted = [...known.customers.values()].filter((customer) => open.has(customer.id));
    setParents((old) => {
      const next = new Map(wanted.map((customer) => [customer.id, customer]));
      const same = next.size === old.size && [...next.keys()].every((id) => old.has(id));
      return same ? old : next;
    });
  }, [known, open]);
  return known;
}

/** Opens the nodes above the current customer, so that it can be seen where one stands. */
function useReveal(here: Customer | undefined, setOpen: (change: (open: ReadonlySet<string>) => Set<string>) => void) {
  const path = here?.path;
  useEffect(() => {
    const above = path?.split('/').filter(Boolean).slice(0, -1) ?? [];
    if (above.length > 0) setOpen((open) => new Set([...open, ...above]));
  }, [path, setOpen]);
}

function nodeOf(customer: Customer) {
  const { totals } = customer;
  return {
    id: customer.id,
    name: customerName(customer),
    mayHaveChildren: totals.customers + totals.sites > 0,
  };
}
