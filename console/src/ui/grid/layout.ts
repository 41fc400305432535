/** Which columns of a list are shown, in which order, how wide, and which stay while the rest scrolls. Pure. */

import type { Column } from './Row';

export type Layout = {
  /** Ids, in their order, without the first column, which always stands first. Without it the list decides. */
  columns?: string[] | undefined;
  /** In rem. */
  widths?: Record<string, number>;
  pinned?: string[];
};

export type Placed<T> = {
  column: Column<T>;
  width: number;
  grows: boolean;
  /** It stays in place, this far from the start, in rem. */
  stuckAt: number | undefined;
};

export type Arrangement<T> = {
  placed: Placed<T>[];
  /** All of it, in rem, where that is more than there is room for. */
  scrollsOver: number | undefined;
};

export const NARROWEST = 4;
export const WIDEST = 40;

type Room = {
  /** In rem. */
  width: number;
  card: boolean;
  /** Taken by what stands before the first column, in rem. */
  before: number;
};

export function arrange<T>(columns: Column<T>[], layout: Layout, { width, card, before }: Room): Arrangement<T> {
  const widthOf = (column: Column<T>) => layout.widths?.[column.id] ?? column.width;
  const totalOf = (some: Column<T>[]) => before + some.reduce((sum, column) => sum + widthOf(column), 0) + PADDING;
  const wanted = card ? columns.filter((column) => column.card) : chosen(columns, layout, width);
  const shown = card || isChosen(layout) ? wanted : fitting(wanted, (some) => totalOf(some) <= width);
  const total = totalOf(shown);
  const scrolls = !card && total > width;
  let start = before;
  const placed = shown.map((column, at) => {
    const isStuck = scrolls && (at === 0 || layout.pinned?.includes(column.id));
    const stuckAt = isStuck ? start : undefined;
    if (isStuck) start += widthOf(column);
    const grows = !scrolls && column.grow === true && (card || layout.widths?.[column.id] === undefined);
    return { column, width: widthOf(column), grows, stuckAt };
  });
  return { placed, scrollsOver: scrolls ? total : undefined };
}

/** Whether somebody has said what they want to see, or how wide: that is shown, whatever room there is. */
function isChosen({ columns, widths = {}, pinned = [] }: Layout): boolean {
  return columns !== undefined || pinned.length > 0 || Object.keys(widths).length > 0;
}

/** Without what wants most room until the rest has it. */
function fitting<T>(columns: Column<T>[], fits: (some: Column<T>[]) => boolean): Column<T>[] {
  const [first, ...rest] = columns;
  const leaving = rest.filter(({ from }) => from !== undefined).toSorted((a, b) => (b.from ?? 0) - (a.from ?? 0));
  let shown = columns;
  for (const column of leaving) {
    if (fits(shown)) break;
    shown = shown.filter((one) => one !== column || one === first);
  }
  return shown;
}

/** Of a row, on both sides. */
const PADDING = 1.5;

function chosen<T>(columns: Column<T>[], { columns: ids, pinned = [] }: Layout, width: number): Column<T>[] {
  const [first, ...rest] = columns;
  if (!first) return [];
  const known = ids
    ? // What has no title is not chosen: it is what can be done with a row.
      [
        ...ids.flatMap((id) => rest.find((column) => column.id === id && !column.silent) ?? []),
        ...rest.filter(isSilent),
      ]
    : rest.filter((column) => !column.optional && width >= (column.from ?? 0));
  // What stays stands in front of what scrolls.
  const isPinned = ({ id }: Column<T>) => pinned.includes(id);
  return [first, ...known.filter(isPinned), ...known.filter((column) => !isPinned(column))];
}

function isSilent<T>({ silent }: Column<T>): boolean {
  return silent === true;
}

/** All columns but the first: what is shown, in its order, then what is not. */
export function listed<T>(columns: Column<T>[], layout: Layout): { column: Column<T>; shown: boolean }[] {
  const rest = columns.slice(1);
  const ids = layout.columns ?? rest.filter((column) => !column.optional).map(({ id }) => id);
  const shown = ids.flatMap((id) => rest.find((column) => column.id === id) ?? []);
  return [
    ...shown.map((column) => ({ column, shown: true })),
    ...rest.filter((column) => !shown.includes(column)).map((column) => ({ column, shown: false })),
  ];
}

export function withWidth(layout: Layout, id: string, width: number | undefined): Layout {
  const { [id]: _former, ...others } = layout.widths ?? {};
  if (width === undefined) return { ...layout, widths: others };
  const held = Math.min(WIDEST, Math.max(NARROWEST, Math.round(width * 4) / 4));
  return { ...layout, widths: { ...others, [id]: held } };
}

export function withPin(layout: Layout, id: string, pinned: boolean): Layout {
  const others = (layout.pinned ?? []).filter((other) => other !== id);
  return { ...layout, pinned: pinned ? [...others, id] : others };
}

/** Columns as the URL has them. */
export function writeColumns(columns: string[] | undefined): string | undefined {
  return columns && (columns.length > 0 ? columns.join('.') : 'none');
}

export function readColumns(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : text === 'none' ? [] : text.split('.');
}

export function isLayout(value: unknown): value is Layout {
  if (typeof value !== 'object' || value === null) return false;
  const { columns, widths, pinned } = value as Record<string, unknown>;
  return (
    (columns === undefined || isTexts(columns)) &&
    (pinned === undefined || isTexts(pinned)) &&
    (widths === undefined ||
      (typeof widths === 'object' && widths !== null && Object.values(widths).every(Number.isFinite)))
  );
}

function isTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((text) => typeof text === 'string');
}
