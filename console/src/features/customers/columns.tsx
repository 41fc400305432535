import { Link } from '@tanstack/react-router';
import type { Customer } from '../../api/schema';
import { bytes, count, counted, day } from '../../lib/format';
import { countryName } from '../../lib/countries';
import { customerName, LEVEL, shortState } from '../../lib/words';
import type { Column } from '../../ui/grid/Grid';
import { Meter } from '../../ui/Meter';
import { LastBackup } from './LastBackup';
import { LevelIcon } from './LevelIcon';
import { StateBadge } from './StateBadge';
import { Used } from './Used';

/** Widths in rem. The first column tells most of the story; the others leave as room does. Where all is well, none says so. */
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
    width: 10,
    from: 46,
    sort: 'effective_state',
    mostFirst: true,
    cell: (customer) => <State customer={customer} />,
  },
  {
    id: 'contact',
    title: 'Contact',
    width: 12,
    from: 72,
    cell: (customer) => <Contact customer={customer} />,
  },
  {
    id: 'below',
    title: 'Below',
    width: 5.5,
    from: 58,
    end: true,
    cell: ({ totals }) => some(totals.customers + totals.sites),
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
    cell: (customer, card) => {
      const { used_bytes, devices } = customer.totals;
      if (card) return (used_bytes > 0 || devices > 0) && <Used used={used_bytes} of={customer} />;
      return used_bytes > 0 && bytes(used_bytes);
    },
  },
  {
    id: 'last_backup',
    title: 'Last backup',
    width: 10.5,
    from: 50,
    sort: 'last_backup_at',
    mostFirst: true,
    // Without a device there is nothing to wait for.
    cell: ({ last_backup_at, totals, effective_state }) =>
      (last_backup_at || totals.devices > 0) && <LastBackup at={last_backup_at} state={effective_state} />,
  },
  {
    id: 'country',
    title: 'Country',
    width: 10,
    from: 82,
    cell: ({ country }) => country && <span className="quiet">{countryName(country)}</span>,
  },
  { id: 'level', title: 'Level', width: 9, optional: true, cell: ({ level }) => LEVEL[level] },
  { id: 'email', title: 'Email', width: 14, optional: true, cell: ({ email }) => email },
  { id: 'phone', title: 'Phone', width: 10, optional: true, cell: ({ profile }) => profile.phone },
  { id: 'city', title: 'City', width: 10, optional: true, cell: ({ profile }) => profile.city },
  { id: 'reference', title: 'Reference', width: 9, optional: true, cell: ({ profile }) => profile.reference },
  {
    id: 'added',
    title: 'Added',
    width: 8,
    optional: true,
    sort: 'created_at',
    mostFirst: true,
    cell: ({ created_at }) => <span className="quiet">{day(created_at)}</span>,
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

/** What does not go on, and why: the reason where it is suspended itself, or what above it is. */
function State({ customer }: { customer: Customer }) {
  const { id, effective_state, suspension } = customer;
  if (effective_state.state === 'active') return null;
  const isOwn = effective_state.cause === id;
  const cause = isOwn ? suspension?.reason : effective_state.cause_name && `From ${effective_state.cause_name}`;
  return (
    <span className="who-lines">
      <StateBadge state={effective_state} />
      {cause && (
        <span className="who-second" title={cause}>
          {cause}
        </span>
      )}
    </span>
  );
}

/** Whom to call, and how. */
function Contact({ customer: { profile, email } }: { customer: Customer }) {
  const [first, second] = [profile.contact, profile.phone, email].filter(Boolean);
  return (
    first && (
      <span className="who-lines">
        <span>{first}</span>
        {second && <span className="who-second">{second}</span>}
      </span>
    )
  );
}

/** With a limit: how much of it is used. */
function Devices({ customer }: { customer: Customer }) {
  const { totals, max_devices } = customer;
  if (max_devices === null || max_devices === undefined) return some(totals.devices);
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

/** None is not worth a word. */
function some(n: number) {
  return n > 0 && count(n);
}
