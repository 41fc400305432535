import { useQuery } from '@tanstack/react-query';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'react';
import type { View, ViewNoun } from '../../api/schema';
import type { ListSearch } from '../../app/search';
import type { Layout } from '../../ui/grid/layout';
import { viewsQuery } from './api';
import { contentOf, isBare, isSame, layoutOf, NO_VIEW, shownAt } from './content';

export type SavedView<S> = {
  noun: ViewNoun;
  views: View[];
  /** The one that is looked at, changed or not. */
  view: View | undefined;
  /** Its columns, until others are chosen. */
  layout: { id: string; layout: Layout } | undefined;
  /** What is shown, whether it stands in the address or in the view. */
  search: S;
  /** Changes what is shown. */
  set: (change: Partial<S>) => void;
  /** Shows a view as it was saved, or the list without one. */
  open: (view: View | undefined, search?: Partial<S>) => void;
};

type Options<S> = {
  noun: ViewNoun;
  /** As it stands in the address. */
  search: S;
  /** Makes sure of what comes from elsewhere. */
  read: (raw: Record<string, unknown>) => S;
  go: (search: (old: S) => S, replace: boolean) => void;
};

/** The saved view that a list's address names, and what is shown by it. */
export function useSavedView<S extends ListSearch>({ noun, search, read, go }: Options<S>): SavedView<S> {
  const { data: views = [] } = useQuery(viewsQuery(noun));
  const view = views.find(({ id }) => id === search.view);
  const layout = useMemo(() => view && { id: `${view.id} ${view.version}`, layout: layoutOf(view.content) }, [view]);
  const shown = read({ ...shownAt(search, view) });
  const bare = (next: S): S => {
    // Else the list would open as if nothing were wanted of it.
    const opensOther = isBare(next) && views.some(({ is_default }) => is_default);
    return opensOther ? { ...next, view: NO_VIEW } : next;
  };
  const changed = (old: S, change: Partial<S>): S => {
    const next = { ...read({ ...shownAt(old, view) }), ...change };
    if (!view) return bare({ ...next, view: undefined, changed: undefined });
    // Widths are no part of the address.
    const kept = { ...layoutOf(view.content), columns: columnsOf(next) };
    if (isSame(contentOf(next, kept), view.content)) return { under: next.under, view: view.id } as S;
    return { ...next, view: view.id, changed: 'yes' };
  };
  const latest = useRef({ changed, go });
  useLayoutEffect(() => {
    latest.current = { changed, go };
  });
  const set = useCallback((change: Partial<S>) => {
    latest.current.go((old) => latest.current.changed(old, change), true);
  }, []);
  const open = (chosen: View | undefined, wanted: Partial<S> = {}) =>
    go(({ under }) => {
      const at = { under, ...wanted } as S;
      return chosen ? { ...at, view: chosen.id } : bare(at);
    }, false);
  return { noun, views, view, layout, search: shown, set, open };
}

function columnsOf({ columns }: ListSearch): string[] | undefined {
  return columns === undefined ? undefined : columns === 'none' ? [] : columns.split('.');
}
