import { Link } from '@tanstack/react-router';
import type { PassKey } from '../../api/schema';
import { count, day } from '../../lib/format';
import { PASS_KEY_STATE } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import type { Column } from '../../ui/grid/Grid';
import { When } from '../../ui/When';

/** Widths in rem. */
export const PASS_KEY_COLUMNS: Column<PassKey>[] = [
  {
    id: 'key',
    title: 'Begins with',
    width: 11,
    card: true,
    cell: ({ prefix }) => <code>{prefix}…</code>,
  },
  {
    id: 'customer',
    title: 'Customer',
    width: 15,
    grow: true,
    card: true,
    sort: 'customer_name',
    cell: ({ customer_id, customer_name }) => (
      <Link
        to="/customers/$id"
        params={{ id: customer_id }}
        search={{ tab: 'pass_keys' }}
        className="plain-link"
        tabIndex={-1}
      >
        {customer_name}
      </Link>
    ),
  },
  {
    id: 'state',
    title: 'State',
    width: 8,
    from: 40,
    sort: 'state',
    cell: ({ state }) => state !== 'active' && <Badge tone="muted">{PASS_KEY_STATE[state]}</Badge>,
  },
  {
    id: 'uses',
    title: 'Devices',
    width: 8,
    from: 30,
    end: true,
    sort: 'uses',
    mostFirst: true,
    cell: ({ uses, max_uses }) => (
      <>
        {count(uses)} <span className="quiet">{max_uses ? `of ${count(max_uses)}` : 'so far'}</span>
      </>
    ),
  },
  {
    id: 'expires',
    title: 'Ends',
    width: 9,
    from: 36,
    sort: 'expires_at',
    cell: ({ expires_at }) => <When at={expires_at} never="Never" />,
  },
  {
    id: 'made',
    title: 'Made',
    width: 8,
    from: 52,
    sort: 'created_at',
    mostFirst: true,
    cell: ({ created_at }) => <span className="quiet">{day(created_at)}</span>,
  },
];
