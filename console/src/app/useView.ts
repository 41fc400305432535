import { useMemo, useState } from 'react';
import { isBoolean, useStored } from '../lib/useStored';
import { isLayout, readColumns, writeColumns, type Layout } from '../ui/grid/layout';
import { useMe } from './useMe';

/** How a list is shown: what its user has chosen in this browser; columns that stand in the URL come before that. */
export type View = {
  layout: Layout;
  setLayout: (layout: Layout) => void;
  compact: boolean;
  setCompact: (compact: boolean) => void;
};

/** `columns`: as the URL has them. `saved`: of a saved view, until others are chosen. */
export function useView(
  list: string,
  columns: string | undefined,
  setColumns: (columns?: string) => void,
  saved?: { id: string; layout: Layout },
): View {
  const { id } = useMe();
  const [stored, store] = useStored<Layout>(`view.${list}.${id}`, NONE, isLayout);
  const [compact, setCompact] = useStored('compact', false, isBoolean);
  const [chosen, choose] = useState<{ id: string; layout: Layout }>();
  const layout = useMemo(() => {
    if (!saved) return { ...stored, columns: readColumns(columns) ?? stored.columns };
    return { ...(chosen?.id === saved.id ? chosen : saved).layout, columns: readColumns(columns) };
  }, [stored, columns, saved, chosen]);
  const setLayout = (next: Layout) => {
    if (saved) choose({ id: saved.id, layout: next });
    else store(next);
    const written = writeColumns(next.columns);
    if (written !== columns && next.columns !== layout.columns) setColumns(written);
  };
  return { layout, setLayout, compact, setCompact };
}

const NONE: Layout = {};
