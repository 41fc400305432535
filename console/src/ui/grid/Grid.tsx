import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { count } from '../../lib/format';
import { Resizer } from './Resizer';
import { Row, stuck, type Column } from './Row';
import { singleKeys } from '../singleKeys';
import { commandOf } from './keys';
import { useOpening } from './opening';
import { arrange, withWidth, type Layout, type Placed } from './layout';
import { useListMemory } from './memory';
import { EVERYTHING, isSelected, NOTHING, sizeOf, toggled, withRows, type Selection } from './selection';
import type { RowWindow } from './useWindow';

export type { Column } from './Row';

type GridProps<T> = {
  label: string;
  columns: Column<T>[];
  window: RowWindow<T>;
  rowId: (row: T) => string;
  rowName: (row: T) => string;
  onOpen: (row: T) => void;
  /** `field` or `-field`, as on the wire. */
  sort: string;
  onSort: (sort: string) => void;
  /** Without it rows can't be selected. */
  selection?: { value: Selection; set: (selection: Selection) => void };
  /** Changes with the filter: the list begins at its top again. */
  filter: string;
  compact?: boolean;
  /** Which columns, how wide; without it as the list has them. */
  layout?: { value: Layout; set: (layout: Layout) => void };
  blank: ReactNode;
  /** Below the last row. */
  after?: ReactNode;
};

const NO_LAYOUT: Layout = {};
/** Rows beyond those in view. */
const OVERSCAN = 8;
/** The width of the boxes, in rem. */
const SELECT = 2.5;
/** Below this width, in rem, a row is a card. */
const CARD_BELOW = 35;

/** A list that the server drives. It knows the total, fetches what is in view, and keeps one row in the tab order. */
export function Grid<T>(props: GridProps<T>) {
  const { columns, window: rows, selection, sort, layout } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { recall, remember } = useListMemory();
  const [start] = useState(recall);
  const [wanted, setActive] = useState(start.active);
  // A list that got shorter still has a row in the tab order.
  const active = rows.total > 0 ? Math.min(wanted, rows.total - 1) : wanted;
  const [rem, width] = useMeasure(scroller);
  const focusWanted = useRef(start.used);
  const anchor = useRef(start.active);

  const card = width < CARD_BELOW;
  const rowHeight = (card ? 3.625 : props.compact ? 2 : 2.625) * rem;
  const { placed: shown, scrollsOver } = arrange(columns, layout?.value ?? NO_LAYOUT, {
    width,
    card,
    before: selection ? SELECT : 0,
  });

  const virtual = useVirtualizer({
    count: rows.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    initialOffset: start.offset,
    overscan: OVERSCAN,
    rangeExtractor: useCallback((range: Range) => withRow(range, active), [active]),
  });
  const items = virtual.getVirtualItems();
  const first = virtual.range?.startIndex ?? 0;
  const last = virtual.range?.endIndex ?? 0;

  useOpening(rows, props.onOpen);
  const { onView } = rows;
  useEffect(() => onView(first, last), [onView, first, last]);
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  useRestart(props.filter + sort, () => {
    scroller.current?.scrollTo(0, 0);
    setActive(0);
    anchor.current = 0;
  });

  // The place is found again once there are rows to scroll over.
  const returned = useRef(start.offset === 0);
  useLayoutEffect(() => {
    if (returned.current || rows.total === 0) return;
    returned.current = true;
    virtual.scrollToOffset(start.offset);
  });

  // What is left behind is found again by going back. The element knows where it is before it tells.
  const leave = useRef(() => {});
  useLayoutEffect(() => {
    leave.current = () =>
      remember({
        offset: returned.current ? (scroller.current?.scrollTop ?? 0) : start.offset,
        active,
        selection: selection?.value ?? NOTHING,
        used: scroller.current?.contains(document.activeElement) ?? false,
      });
  });
  useLayoutEffect(() => () => leave.current(), []);

  // The row takes the focus in the commit that brings it, before the next key.
  useLayoutEffect(() => {
    if (!focusWanted.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (!row) return;
    focusWanted.current = false;
    row.focus({ preventScroll: true });
  });

  const moveTo = (index: number) => {
    focusWanted.current = true;
    setActive(index);
    virtual.scrollToIndex(index);
  };

  const selectRange = (to: number) => {
    if (!selection) return;
    const ids: string[] = [];
    for (let index = Math.min(anchor.current, to); index <= Math.max(anchor.current, to); index += 1) {
      const row = rows.rowAt(index);
      if (row) ids.push(props.rowId(row));
    }
    selection.set(withRows(selection.value, ids, true));
  };

  const toggle = (index: number, extend: boolean) => {
    const row = rows.rowAt(index);
    if (!selection || !row) return;
    if (extend) return selectRange(index);
    anchor.current = index;
    selection.set(toggled(selection.value, props.rowId(row)));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isRowKey(event)) return;
    const inView = Math.floor(((scroller.current?.clientHeight ?? 0) - 2 * rem) / rowHeight);
    const command = commandOf(event, active, rows.total, inView, singleKeys());
    if (!command) return;
    event.preventDefault();
    const row = rows.rowAt(active);
    switch (command.do) {
      case 'move':
        if (command.extend) selectRange(command.to);
        else anchor.current = command.to;
        return moveTo(command.to);
      case 'toggle':
        return toggle(active, command.extend);
      case 'all':
        return selection?.set(EVERYTHING);
      case 'clear':
        return selection?.set(NOTHING);
      case 'open':
        // Somebody has scrolled far away from it.
        return row ? props.onOpen(row) : virtual.scrollToIndex(active);
    }
  };

  const tracks = [
    selection ? `${SELECT}rem` : undefined,
    ...shown.map((one) => (one.grows ? 'minmax(0, 1fr)' : `${one.width}rem`)),
  ].filter(Boolean);
  const offset = selection ? 2 : 1;
  return (
    <div
      className="grid"
      ref={scroller}
      data-card={card || undefined}
      data-compact={props.compact || undefined}
      data-selects={selection ? true : undefined}
      data-scrolls={scrollsOver === undefined ? undefined : true}
      style={{ '--tracks': tracks.join(' '), '--least': scrollsOver === undefined ? '0' : `${scrollsOver}rem` }}
    >
      <div
        role="grid"
        aria-label={props.label}
        aria-rowcount={rows.total + 1}
        aria-colcount={shown.length + offset - 1}
        aria-multiselectable={selection ? true : undefined}
        aria-busy={rows.loading || rows.stale}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" className="grid-head">
          <div role="row" aria-rowindex={1} className="grid-row">
            {selection && <SelectAll label={props.label} total={rows.total} beyond={rows.beyond} {...selection} />}
            {shown.map((one, at) => (
              <Head
                key={one.column.id}
                placed={one}
                index={at + offset}
                sort={sort}
                onSort={props.onSort}
                rem={rem}
                onWidth={
                  layout && !card ? (next) => layout.set(withWidth(layout.value, one.column.id, next)) : undefined
                }
              />
            ))}
          </div>
        </div>
        <div role="rowgroup" className="grid-body" style={{ blockSize: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows.rowAt(item.index);
            return (
              <Row
                key={item.key}
                index={item.index}
                top={item.start}
                height={rowHeight}
                row={row}
                name={row ? props.rowName(row) : ''}
                columns={shown}
                card={card}
                active={item.index === active}
                selected={selection && row ? isSelected(selection.value, props.rowId(row)) : undefined}
                onFocus={setActive}
                onToggle={selection ? toggle : undefined}
              />
            );
          })}
        </div>
      </div>
      {rows.total === 0 && !rows.loading && !rows.stale && props.blank}
      {props.after}
      {rows.loading && <LoadingRows height={rowHeight} />}
    </div>
  );
}

function SelectAll({
  label,
  total,
  beyond,
  value,
  set,
}: {
  label: string;
  total: number;
  beyond: boolean;
  value: Selection;
  set: (selection: Selection) => void;
}) {
  const size = sizeOf(value, total);
  const some = size > 0 && size < total;
  return (
    <div role="columnheader" aria-colindex={1} className="grid-select">
      <input
        type="checkbox"
        className="checkbox"
        aria-label={beyond ? `Select all ${label.toLowerCase()}` : `Select all ${count(total)} ${label.toLowerCase()}`}
        checked={size > 0 && !some}
        ref={(box) => {
          if (box) box.indeterminate = some;
        }}
        onChange={() => set(size > 0 ? NOTHING : EVERYTHING)}
      />
    </div>
  );
}

type HeadProps<T> = {
  placed: Placed<T>;
  index: number;
  sort: string;
  onSort: (sort: string) => void;
  rem: number;
  /** Without it the column has the width that it has. */
  onWidth: ((width: number | undefined) => void) | undefined;
};

function Head<T>({ placed: { column, width, stuckAt }, index, sort, onSort, rem, onWidth }: HeadProps<T>) {
  const field = column.sort;
  const on = field !== undefined && sort.replace('-', '') === field;
  const down = sort.startsWith('-');
  const next = () => {
    if (on) onSort(down ? field : `-${field}`);
    else if (field) onSort(column.mostFirst ? `-${field}` : field);
  };
  return (
    <div
      role="columnheader"
      aria-colindex={index}
      {...stuck(stuckAt)}
      aria-sort={field ? (on ? (down ? 'descending' : 'ascending') : 'none') : undefined}
      data-end={column.end || undefined}
    >
      {field ? (
        <button type="button" className="grid-sort" onClick={next}>
          {column.title}
          {on && (down ? <ArrowDown className="icon-s" aria-hidden /> : <ArrowUp className="icon-s" aria-hidden />)}
        </button>
      ) : (
        <span className={column.silent ? 'hidden-text' : undefined}>{column.title}</span>
      )}
      {onWidth && !column.silent && <Resizer rem={rem} width={width} onWidth={onWidth} />}
    </div>
  );
}

/** Rows in outline, before the first answer says how many there are. */
function LoadingRows({ height }: { height: number }) {
  return (
    <div className="grid-loading" aria-hidden>
      {Array.from({ length: 12 }, (_, row) => (
        <div key={row} style={{ blockSize: height }}>
          <span className="skeleton" />
        </div>
      ))}
    </div>
  );
}

/** Keys belong to the grid on a row and on its box; the box keeps its own space bar. Links and buttons keep all. */
function isRowKey({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement) || !target.closest('[data-index]')) return false;
  return target.dataset['index'] !== undefined || (target.matches('.checkbox') && key !== ' ');
}

/** The size of a rem in pixels, and the width of an element in rem. */
function useMeasure(element: React.RefObject<HTMLElement | null>): [number, number] {
  const [rem] = useState(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16);
  const [width, setWidth] = useState(() => globalThis.innerWidth / rem);
  useLayoutEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(entry.contentRect.width / rem);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, rem]);
  return [rem, width];
}

/** The rows in view and that of the keyboard, wherever it is: while it isn't drawn it can't keep the focus. */
function withRow(range: Range, row: number): number[] {
  const shown = defaultRangeExtractor(range);
  if (row >= range.count || shown.includes(row)) return shown;
  return row < range.startIndex ? [row, ...shown] : [...shown, row];
}

/** Runs when `key` changes, not when the list appears. */
function useRestart(key: string, restart: () => void): void {
  const former = useRef(key);
  useEffect(() => {
    if (former.current === key) return;
    former.current = key;
    restart();
  });
}
