/** What of a list's address a view keeps, and the way back. Pure. */

import type { View, ViewContent } from '../../api/schema';
import type { ListSearch } from '../../app/search';
import { writeColumns, type Layout } from '../../ui/grid/layout';

/** In the place of a view's id: the list as it is without any, where another one would open by itself. */
export const NO_VIEW = 'none';

/** What stands in the address and is no part of a view, or has a field of its own there. */
const APART = new Set(['under', 'view', 'changed', 'add', 'columns', 'q', 'sort', 'filter']);

export function contentOf(search: ListSearch, layout: Layout): ViewContent {
  const { q = null, sort = null, filter = null } = search;
  const { columns = null, widths = {}, pinned = [] } = layout;
  const others = Object.entries(search).filter(([name, value]) => !APART.has(name) && value !== undefined);
  return { q, sort, filter, layout: { columns, widths, pinned }, parameters: Object.fromEntries(others) };
}

/** The address of what a view shows, without the customer that it is narrowed to. */
export function searchOf({ q, sort, filter, layout, parameters }: ViewContent): ListSearch {
  return {
    ...parameters,
    q: q ?? undefined,
    sort: sort ?? undefined,
    filter: filter ?? undefined,
    columns: writeColumns(layout?.columns ?? undefined),
  };
}

export function layoutOf({ layout }: ViewContent): Layout {
  return { columns: layout?.columns ?? undefined, widths: layout?.widths ?? {}, pinned: layout?.pinned ?? [] };
}

/** Whether two show the same; what one leaves out is nothing in the other. */
export function isSame(one: ViewContent, other: ViewContent): boolean {
  return told(one) === told(other);
}

function told({ q, sort, filter, layout, parameters }: ViewContent): string {
  const { columns, widths, pinned } = layout ?? {};
  return JSON.stringify([
    q ?? null,
    sort ?? null,
    filter ?? null,
    columns ?? null,
    sorted(widths),
    (pinned ?? []).toSorted(),
    sorted(parameters),
  ]);
}

function sorted(values: Record<string, unknown> = {}) {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether an address asks for a list as it opens by itself. */
export function isBare(search: ListSearch): boolean {
  return Object.entries(search).every(([name, value]) => name === 'under' || value === undefined);
}

/**
 * What is shown at an address. Beside a view's id stands what differs from the view; where it was changed on the page,
 * everything stands there, since what was taken away could not.
 */
export function shownAt<S extends ListSearch>(search: S, view: View | undefined): ListSearch {
  if (!view || search.changed) return search;
  const given = Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
  return { ...searchOf(view.content), ...given };
}
