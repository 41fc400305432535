import type { Selection as Sent } from '../../api/schema';
import type { Selection } from '../../ui/grid/selection';

/** What narrows a list, as the API has it. */
type Narrowed = Pick<Partial<Sent>, 'under' | 'parent_id' | 'q' | 'level' | 'filter' | 'rows'>;

/** A filter as pages have it. */
export type Narrowing = { [Name in keyof Narrowed]?: Narrowed[Name] | undefined };

/** A selection as it is sent: some by their ids, or all of the list, as it is narrowed, but some. */
export function sentSelection(selection: Selection, filter: Narrowing): Sent {
  if (selection.kind === 'some') return { ids: [...selection.ids] };
  const narrowed = Object.fromEntries(Object.entries(filter).filter(([, value]) => value)) as Narrowed;
  return { ...narrowed, except: [...selection.except] };
}
