import type { CSSProperties, MouseEvent, ReactNode } from 'react';
import type { Placed } from './layout';

export type Column<T> = {
  id: string;
  title: string;
  /** The title is read out and not shown. */
  silent?: boolean;
  /** `card` is true where rows are cards and only some columns are left. */
  cell: (row: T, card: boolean) => ReactNode;
  /** In rem; with `grow` the least. */
  width: number;
  grow?: boolean;
  /** Not shown unless somebody chooses it. */
  optional?: boolean;
  /** Shown from this width of the list on, in rem. */
  from?: number;
  /** Shown on cards too. */
  card?: boolean;
  /** Aligned to the end: numbers. */
  end?: boolean;
  /** The field to sort by, as on the wire. */
  sort?: string;
  mostFirst?: boolean;
  /** What it shows of a row, as the API names it: what a file has of it. */
  fields?: string[];
};

type RowProps<T> = {
  index: number;
  top: number;
  height: number;
  row: T | undefined;
  name: string;
  columns: Placed<T>[];
  card: boolean;
  active: boolean;
  selected: boolean | undefined;
  onFocus: (index: number) => void;
  onToggle: ((index: number, extend: boolean) => void) | undefined;
};

export function Row<T>(props: RowProps<T>) {
  const { index, row, columns, onToggle } = props;
  const offset = onToggle ? 2 : 1;
  // Beside the small box counts as on it.
  const onCell = (event: MouseEvent) => {
    if (event.target === event.currentTarget) onToggle?.(index, event.shiftKey);
  };
  return (
    <div
      role="row"
      className="grid-row"
      aria-rowindex={index + 2}
      aria-selected={props.selected}
      data-index={index}
      tabIndex={props.active ? 0 : -1}
      style={{ blockSize: props.height, insetBlockStart: props.top }}
      onFocus={() => props.onFocus(index)}
    >
      {onToggle && (
        // The keyboard reaches the same through the row: x or space.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <div role="gridcell" aria-colindex={1} className="grid-select" onClick={onCell}>
          {row !== undefined && (
            <input
              type="checkbox"
              className="checkbox"
              tabIndex={-1}
              aria-label={`Select ${props.name}`}
              checked={props.selected ?? false}
              onChange={(event) => onToggle(index, (event.nativeEvent as unknown as MouseEvent).shiftKey)}
            />
          )}
        </div>
      )}
      {columns.map(({ column, stuckAt }, at) => (
        <div
          key={column.id}
          {...stuck(stuckAt)}
          role="gridcell"
          aria-colindex={at + offset}
          data-column={column.id}
          data-end={column.end || undefined}
        >
          {row === undefined ? <span className="skeleton" /> : column.cell(row, props.card)}
        </div>
      ))}
    </div>
  );
}

/** A cell that stays while the others scroll. */
export function stuck(at: number | undefined): { 'data-stuck'?: true; style?: CSSProperties } {
  return at === undefined ? {} : { 'data-stuck': true, style: { insetInlineStart: `${at}rem` } };
}
