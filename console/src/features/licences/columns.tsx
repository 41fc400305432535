import { Link } from '@tanstack/react-router';
import type { Licence } from '../../api/schema';
import { count, day } from '../../lib/format';
import type { Column } from '../../ui/grid/Grid';
import { When } from '../../ui/When';
import { LicenceState } from './LicencesTab';
import { units } from './words';

/** Widths in rem. */
export const LICENCE_COLUMNS: Column<Licence>[] = [
  {
    id: 'customer',
    fields: ['customer_name'],
    title: 'Customer',
    width: 15,
    grow: true,
    card: true,
    sort: 'customer_name',
    cell: ({ customer_id, customer_name, product_name }, card) => (
      <span className="who-lines">
        <Link
          to="/customers/$id"
          params={{ id: customer_id }}
          search={{ tab: 'licences' }}
          className="plain-link"
          tabIndex={-1}
        >
          {customer_name}
        </Link>
        {card && <span className="who-second">{product_name}</span>}
      </span>
    ),
  },
  {
    id: 'product',
    fields: ['product_name'],
    title: 'Product',
    width: 13,
    from: 34,
    sort: 'product_name',
    cell: ({ product_name }) => product_name,
  },
  {
    id: 'state',
    fields: ['state'],
    title: 'State',
    width: 9,
    card: true,
    sort: 'state',
    cell: (licence) => <LicenceState licence={licence} />,
  },
  {
    id: 'quantity',
    fields: ['quantity'],
    title: 'Held',
    width: 9,
    from: 44,
    sort: 'quantity',
    mostFirst: true,
    cell: (licence) => units(licence, licence.quantity),
  },
  {
    id: 'assigned',
    fields: ['assigned'],
    title: 'Assigned',
    width: 6.5,
    from: 52,
    end: true,
    sort: 'assigned',
    mostFirst: true,
    cell: ({ assigned }) => count(assigned),
  },
  {
    id: 'ends',
    fields: ['ends_at'],
    title: 'Ends',
    width: 9,
    from: 40,
    sort: 'ends_at',
    cell: ({ ends_at }) => <When at={ends_at} never="Never" />,
  },
  {
    id: 'plan',
    title: 'Plan',
    width: 13,
    optional: true,
    cell: ({ plan_name }) => plan_name,
  },
  {
    id: 'made',
    fields: ['created_at'],
    title: 'Granted',
    width: 8,
    from: 60,
    sort: 'created_at',
    mostFirst: true,
    cell: ({ created_at }) => <span className="quiet">{day(created_at)}</span>,
  },
];
