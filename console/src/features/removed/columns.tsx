import type { RemovedCustomer } from '../../api/schema';
import { bytes, count, day } from '../../lib/format';
import { LEVEL } from '../../lib/words';
import type { Column } from '../../ui/grid/Grid';
import { When } from '../../ui/When';

/** What it was called. */
export function removedName({ name, company_name }: RemovedCustomer): string {
  return name ?? company_name;
}

/** Widths in rem. */
export const REMOVED_COLUMNS: Column<RemovedCustomer>[] = [
  {
    id: 'name',
    title: 'Name',
    width: 16,
    grow: true,
    card: true,
    sort: 'company_name',
    cell: (row) => removedName(row),
  },
  {
    id: 'level',
    title: 'Level',
    width: 9,
    from: 44,
    sort: 'level',
    cell: ({ level }) => LEVEL[level],
  },
  {
    id: 'created',
    title: 'Added',
    width: 8,
    from: 52,
    sort: 'created_at',
    mostFirst: true,
    cell: ({ created_at }) => day(created_at),
  },
  {
    id: 'removed',
    title: 'Gone since',
    width: 9,
    card: true,
    sort: 'removed_at',
    mostFirst: true,
    cell: ({ removed_at }) => <When at={removed_at} />,
  },
  {
    id: 'devices',
    title: 'Devices',
    width: 7,
    from: 36,
    end: true,
    sort: 'devices',
    mostFirst: true,
    cell: ({ devices }) => count(devices),
  },
  {
    id: 'used',
    title: 'Used space',
    width: 8,
    from: 36,
    end: true,
    sort: 'used_bytes',
    mostFirst: true,
    cell: ({ used_bytes }) => bytes(used_bytes),
  },
  {
    id: 'last_backup',
    title: 'Last backup',
    width: 9,
    from: 60,
    sort: 'last_backup_at',
    mostFirst: true,
    cell: ({ last_backup_at }) => <When at={last_backup_at} never="None" />,
  },
];
