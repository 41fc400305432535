/** Which fields a file has for the columns that are shown. Pure. */

import { listed, type Layout } from '../../ui/grid/layout';
import type { Column } from '../../ui/grid/Row';

export function fieldsShown<T>(columns: Column<T>[], layout: Layout): string[] {
  const shown = listed(columns, layout).filter((row) => row.shown);
  const fields = [columns[0]!, ...shown.map(({ column }) => column)].flatMap((column) => column.fields ?? []);
  return [...new Set(fields)];
}
