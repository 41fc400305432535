/** Lists with a row for each site: what their selection stands for. Pure. */

import type { Customer } from '../../api/schema';
import type { Selection } from '../../ui/grid/selection';
import type { CustomerFilter } from './api';

/** A row by the customer and, if it has one, the site. */
export function rowId({ id, site }: Pick<Customer, 'id' | 'site'>): string {
  return site ? `${id} ${site.id}` : id;
}

type Chosen = { selection: Selection; filter: CustomerFilter };

/** The customers of the selected rows, each once. One of which a row was taken out of all is out as a whole. */
export function customersOf({ selection, filter }: Chosen): Chosen {
  const { rows: _, ...rest } = filter;
  const whole = rest.filter ? `(${rest.filter}) and level != site` : 'level != site';
  return { selection: mapped(selection, (row) => row.split(' ', 1)), filter: { ...rest, filter: whole } };
}

/** The sites of the selected rows. */
export function sitesOf({ selection, filter }: Chosen): Chosen {
  return { selection: mapped(selection, (row) => row.split(' ').slice(1)), filter };
}

/** The selected rows as a file has them: each by what it stands for, the site or a customer without one. */
export function rowsOf(chosen: Chosen): Chosen {
  if (!chosen.filter.rows) return chosen;
  const { rows: _, ...rest } = chosen.filter;
  const { selection } = chosen;
  if (selection.kind === 'some') return { selection: mapped(selection, byPart), filter: rest };
  return { selection: mapped(selection, byPart), filter: chosen.filter };
}

/** What a row stands for: the site, or the customer that has none. */
function byPart(row: string): string[] {
  return row.split(' ').slice(-1);
}

function mapped(selection: Selection, of: (row: string) => string[]): Selection {
  const ids = (rows: ReadonlySet<string>) => new Set([...rows].flatMap(of));
  return selection.kind === 'some'
    ? { kind: 'some', ids: ids(selection.ids) }
    : { kind: 'all', except: ids(selection.except) };
}

/** As many stand in a filter. */
const NAMED = 100;

/** The licences of the selected customers that run out or have run out; nothing where a filter can't name them. */
export function licencesOf({ selection }: Chosen): { filter: string } | undefined {
  if (selection.kind !== 'some' || selection.ids.size === 0 || selection.ids.size > NAMED) return undefined;
  return { filter: `customer_id in (${[...selection.ids].join(', ')}) and state in (expiring, grace, expired)` };
}
