import { Link } from '@tanstack/react-router';
import type { Customer } from '../../api/schema';
import { count, counted } from '../../lib/format';
import { countryName } from '../../lib/countries';
import { customerName, LEVEL, shortState } from '../../lib/words';
import type { Column } from '../../ui/grid/Grid';
import { Meter } from '../../ui/Meter';
import { LastBackup } from './LastBackup';
import { Used } from './Used';
import { LevelIcon } from './LevelIcon';
import { StateBadge } from './StateBadge';

/** Widths in rem. The first column tells most of the story; the others leave as room does. */
export const COLUMNS: Column<Customer>[] = [
  {
    id: 'name',
    title: 'Customer',
    width: 15,
    grow: true,
    card: true,
    sort: 'company_name',
    cell: (customer, card) => <Who customer={customer} card={card} />,
  },
  {
    id: 'state',
    title: 'State',
    width: 8,
    from: 46,
    cell: (customer) =>
      customer.effective_state.state === 'active' ? (
        <span className="quiet">Active</span>
      ) : (
        <StateBadge state={customer.effective_state} />
      ),
  },
  {
    id: 'below',
    title: 'Below',
    width: 5.5,
    from: 58,
    end: true,
    cell: ({ totals }) => <Number value={totals.customers + totals.sites} />,
  },
  {
    id: 'devices',
    title: 'Devices',
    width: 6.5,
    from: 40,
    end: true,
    sort: 'devices',
    mostFirst: true,
    cell: (customer) => <Devices customer={customer} />,
  },
  {
    id: 'used',
    title: 'Storage',
    width: 7.5,
    card: true,
    end: true,
    sort: 'used_bytes',
    mostFirst: true,
    cell: (customer, card) => <Used used={customer.totals.used_bytes} of={customer} card={card} />,
  },
  {
    id: 'last_backup',
    title: 'Last backup',
    width: 10.5,
    from: 50,
    sort: 'last_backup_at',
    mostFirst: true,
    cell: (customer) => <LastBackup at={customer.last_backup_at} state={customer.effective_state} />,
  },
  {
    id: 'country',
    title: 'Country',
    width: 10,
    from: 68,
    cell: ({ country }) => <span className="quiet">{country ? countryName(country) : 'None yet'}</span>,
  },
];

function Who({ customer, card }: { customer: Customer; card: boolean }) {
  const state = card ? shortState(customer) : undefined;
  const place = customer.parent_name ?? LEVEL[customer.level];
  return (
    <span className="who">
      <LevelIcon level={customer.level} />
      <span className="who-lines">
        <Link to="/customers/$id" params={{ id: customer.id }} className="who-name plain-link" tabIndex={-1}>
          {customerName(customer)}
        </Link>
        <span className="who-second">
          {state && <b>{state} · </b>}
          {place}
        </span>
      </span>
    </span>
  );
}

/** With a limit: how much of it is used. */
function Devices({ customer }: { customer: Customer }) {
  const { totals, max_devices } = customer;
  if (max_devices === null || max_devices === undefined) return <Number value={totals.devices} />;
  return (
    <span className="use">
      <span>
        {count(totals.devices)} <span className="quiet">of {count(max_devices)}</span>
      </span>
      <Meter
        label={`Device limit of ${customerName(customer)}`}
        text={`${count(totals.devices)} of ${counted(max_devices, 'device')}`}
        used={totals.devices}
        of={max_devices}
      />
    </span>
  );
}

function Number({ value }: { value: number }) {
  return value > 0 ? count(value) : <span className="quiet">0</span>;
}
