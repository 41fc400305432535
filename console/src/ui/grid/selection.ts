/** Which rows of a list are selected: some by id, or all that match, save some. Pure. */

export type Selection = { kind: 'some'; ids: ReadonlySet<string> } | { kind: 'all'; except: ReadonlySet<string> };

export const NOTHING: Selection = { kind: 'some', ids: new Set() };
export const EVERYTHING: Selection = { kind: 'all', except: new Set() };

export function isSelected(selection: Selection, id: string): boolean {
  return selection.kind === 'some' ? selection.ids.has(id) : !selection.except.has(id);
}

/** How many rows of `total` are selected. */
export function sizeOf(selection: Selection, total: number): number {
  return selection.kind === 'some' ? selection.ids.size : Math.max(0, total - selection.except.size);
}

/** The selection with these rows in it, or out of it. */
export function withRows(selection: Selection, ids: readonly string[], selected: boolean): Selection {
  const named = new Set(selection.kind === 'some' ? selection.ids : selection.except);
  const adds = (selection.kind === 'some') === selected;
  for (const id of ids) {
    if (adds) named.add(id);
    else named.delete(id);
  }
  return selection.kind === 'some' ? { kind: 'some', ids: named } : { kind: 'all', except: named };
}

/** The selection with one row the other way round. */
export function toggled(selection: Selection, id: string): Selection {
  return withRows(selection, [id], !isSelected(selection, id));
}
