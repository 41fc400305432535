import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams, useRouterState } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronRight, Network } from 'lucide-react';
import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
} from 'react';
import type { Customer } from '../api/schema';
import { above, childrenQuery, customerQuery, findInTreeQuery } from '../features/customers/api';
import { toldOf } from '../features/events/words';
import { compact } from '../lib/format';
import { customerName, LEVEL, totalsText } from '../lib/words';
import { ranked } from '../ui/pick/match';
import { SearchField } from '../ui/SearchField';
import { usePause } from '../ui/usePause';
import { foundRows, moveOf, visibleRows, type TreeRow } from './tree';
import { useMe, useScope } from './useMe';
import { useNarrow } from './useNarrow';

const ROW_REM = 1.75;

/**
 * The tree below the caller's own customer. Children are fetched when a node is opened. Choosing a node narrows lists
 * to it; on a customer's page it leads to that customer. What is searched for is asked of the server, wherever it stands,
 * and shown with the way to it.
 */
export function CustomerTree() {
  const me = useMe();
  const scope = useScope();
  const { id: shown } = useParams({ strict: false });
  const onCustomer = useRouterState({ select: (state) => /^\/customers\/cus_[^/]+$/u.test(state.location.pathname) });
  const narrow = useNarrow();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set([me.customer_id]));
  const [text, setText] = useState('');
  const [wanted, settle] = usePause(text.trim());
  const [focused, setFocused] = useState<string>();
  const focusWanted = useRef(false);
  const current = onCustomer && shown ? shown : scope.id;

  const root = useQuery(customerQuery(me.customer_id)).data;
  const here = useQuery(customerQuery(current)).data;
  const known = useKnown(root, open);
  useReveal(here, setOpen);

  const search = useFoundRows(root, wanted);
  const rows = useMemo(() => {
    if (search.rows) return search.rows;
    if (!root) return [];
    return visibleRows({ root: nodeOf(root), childrenOf: (id) => known.children.get(id)?.map(nodeOf), open });
  }, [root, known.children, open, search.rows]);

  const choose = (id: string, hit = search.rows && search.customers.get(id)) => {
    if (hit) {
      // Where it stands is opened, and the focus goes there.
      setOpen((old) => new Set([...old, ...above(hit, me.customer_id)]));
      setText('');
      settle('');
      setFocused(id);
      focusWanted.current = true;
    }
    narrow(id);
  };
  const onFindKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && text.trim()) {
      // What is shown may be of a shorter text: it is looked up before anything is chosen.
      event.preventDefault();
      settle(text.trim());
      void search.first(text.trim()).then((hit) => hit && choose(hit.id, hit));
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      setFocused(search.best ?? current);
      focusWanted.current = true;
    }
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
      <SearchField label="Find in the tree" value={text} onChange={setText} onKeyDown={onFindKey} />
      <p className={search.none ? 'tree-none' : 'hidden-text'} role="status">
        {search.none && `Nothing below ${me.customer_name} fits “${wanted}”.`}
      </p>
      <TreeList
        rows={rows}
        current={current}
        customers={search.rows ? search.customers : known.customers}
        hits={search.hits}
        focus={{ focused, setFocused, wanted: focusWanted }}
        onChoose={choose}
        onToggle={search.rows ? undefined : toggle}
      />
    </section>
  );
}

type TreeListProps = {
  rows: TreeRow[];
  current: string;
  customers: ReadonlyMap<string, Customer>;
  /** What was found; the other nodes lead there. */
  hits: ReadonlySet<string> | undefined;
  focus: {
    focused: string | undefined;
    setFocused: (id: string) => void;
    /** The row gets it as soon as it is there. */
    wanted: RefObject<boolean>;
  };
  onChoose: (id: string) => void;
  /** Nothing opens or closes while something is looked for. */
  onToggle: ((id: string) => void) | undefined;
};

function TreeList({ rows, current, customers, hits, focus, onChoose, onToggle }: TreeListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { focused, setFocused, wanted: focusWanted } = focus;
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
    if (!focusWanted.current || (focused !== undefined && indexOf(focused) < 0)) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (!row) return virtual.scrollToIndex(active);
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
    if ('toggle' in move) return onToggle?.(row.node.id);
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
              hit={row.kind !== 'node' || (hits?.has(row.node.id) ?? true)}
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
  hit: boolean;
  onFocus: (id: string) => void;
  onChoose: (id: string) => void;
  onToggle: ((id: string) => void) | undefined;
};

function TreeItem({ row, index, top, height, customer, active, current, hit, ...on }: TreeItemProps) {
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
  // The same that the list of the node counts: sites are what stands below end customers only.
  const [below, ofWhat] =
    customer?.level === 'end_customer'
      ? [customer.totals.sites, 'site']
      : [customer?.totals.customers ?? 0, 'customer'];
  const [worst] = toldOf(customer?.attention);
  const onChevron = (event: MouseEvent) => {
    event.stopPropagation();
    on.onToggle?.(node.id);
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
      data-way={!hit || undefined}
      tabIndex={active ? 0 : -1}
      style={style}
      title={customer && `${LEVEL[customer.level]}, ${totalsText(customer)}`}
      onFocus={() => on.onFocus(node.id)}
      onClick={() => on.onChoose(node.id)}
    >
      <span className="tree-chevron" aria-hidden onClick={open === undefined || !on.onToggle ? undefined : onChevron}>
        {open !== undefined && <ChevronRight className="icon-s" />}
      </span>
      <span className="tree-name">{node.name}</span>
      {worst && (
        <span className="tree-mark" data-tone={worst.tone} title={worst.full}>
          <span className="hidden-text">({worst.full})</span>
        </span>
      )}
      {below > 0 && (
        <span className="tree-count">
          {compact(below)}
          <span className="hidden-text"> {below === 1 ? ofWhat : `${ofWhat}s`} below</span>
        </span>
      )}
    </div>
  );
}

/** What a text finds in the whole tree, as rows with the way to each; nothing while nothing is looked for. */
function useFoundRows(root: Customer | undefined, wanted: string) {
  const client = useQueryClient();
  const query = (text: string) => findInTreeQuery(text, root?.id ?? '');
  const asked = useQuery({
    ...query(wanted),
    enabled: wanted !== '' && root !== undefined,
    placeholderData: (old) => (wanted ? old : undefined),
  });
  const data = wanted ? asked.data : undefined;
  const seen = useMemo(() => {
    const found = data && bestFirst(data.found, wanted);
    const all = [...(found ?? []), ...(data?.above ?? [])];
    const rows =
      root &&
      data &&
      foundRows(
        nodeOf(root),
        all.map((customer) => ({ ...nodeOf(customer), above: above(customer, root.id) })),
      );
    return {
      rows,
      customers: new Map(all.map((customer) => [customer.id, customer])),
      hits: found && new Set(found.map(({ id }) => id)),
      best: found?.[0]?.id,
    };
  }, [root, data, wanted]);
  return {
    ...seen,
    none: data !== undefined && data.found.length === 0 && !asked.isPlaceholderData,
    first: async (text: string) => {
      try {
        return bestFirst((await client.fetchQuery(query(text))).found, text)[0];
      } catch {
        // The list below says what is wrong with the server, and keeps what was typed.
        return undefined;
      }
    },
  };
}

function bestFirst(found: Customer[], text: string): Customer[] {
  const named = found.map((customer) => ({ id: customer.id, name: customerName(customer), customer }));
  return ranked(named, text, true).map(({ customer }) => customer);
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
    const ways = path?.split('/').filter(Boolean).slice(0, -1) ?? [];
    if (ways.length > 0) setOpen((open) => new Set([...open, ...ways]));
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
