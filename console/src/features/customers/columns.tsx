import { Link } from '@tanstack/react-router';
import type { Customer } from '../../api/schema';
import { bytes, count, counted, day } from '../../lib/format';
import { countryName } from '../../lib/countries';
import { customerName, KIND, LEVEL, shortState, takenPlaces } from '../../lib/words';
import type { Column } from '../../ui/grid/Grid';
import { Meter } from '../../ui/Meter';
import { Marks } from '../events/Marks';
import { LastBackup, Overdue } from './LastBackup';
import { LevelIcon } from './LevelIcon';
import { StateBadge } from './StateBadge';
import { Used } from './Used';

/** Widths in rem. The first column tells most of the story; the others leave as room does. Where all is well, none says so. */
export const COLUMNS: Column<Customer>[] = [
  {
    id: 'name',
    fields: ['company_name', 'name'],
    title: 'Customer',
    width: 15,
    grow: true,
    card: true,
    sort: 'company_name',
    cell: (customer, card) => <Who customer={customer} card={card} />,
  },
  {
    id: 'state',
    fields: ['effective_state.state', 'effective_state.mode'],
    title: 'State',
    width: 10,
    from: 46,
    sort: 'effective_state',
    mostFirst: true,
    cell: (customer) => <State customer={customer} />,
  },
  {
    id: 'attention',
    fields: ['attention.action_required', 'attention.warning'],
    title: 'Attention',
    width: 9.5,
    from: 34,
    sort: 'attention',
    mostFirst: true,
    cell: ({ id, attention }) => <Marks attention={attention} under={id} />,
  },
  {
    id: 'contact',
    fields: ['profile.contact', 'profile.phone', 'email'],
    title: 'Contact',
    width: 11,
    from: 72,
    sort: 'profile.contact',
    cell: (customer) => <Contact customer={customer} />,
  },
  {
    id: 'below',
    fields: ['totals.customers', 'totals.sites'],
    title: 'Below',
    width: 5.5,
    from: 78,
    end: true,
    sort: 'totals.customers',
    mostFirst: true,
    cell: ({ totals }) => some(totals.customers + totals.sites),
  },
  {
    id: 'devices',
    fields: ['totals.devices', 'max_devices'],
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
    fields: ['totals.used_bytes'],
    title: 'Storage',
    width: 7.5,
    card: true,
    end: true,
    sort: 'used_bytes',
    mostFirst: true,
    cell: (customer, card) => {
      if (card) return <UsedOnCard of={customer.site ?? customer} />;
      return <Stored customer={customer} />;
    },
  },
  {
    id: 'allotted',
    fields: ['totals.allotted_bytes'],
    title: 'Allotted',
    optional: true,
    width: 6.5,
    from: 100,
    end: true,
    sort: 'totals.allotted_bytes',
    mostFirst: true,
    cell: ({ totals }) => typeof totals.allotted_bytes === 'number' && bytes(totals.allotted_bytes),
  },
  {
    id: 'fullness',
    fields: ['totals.used_percent'],
    title: 'Space used',
    optional: true,
    width: 7,
    from: 110,
    end: true,
    sort: 'used_percent',
    mostFirst: true,
    cell: ({ totals }) => typeof totals.used_percent === 'number' && `${totals.used_percent} %`,
  },
  {
    id: 'last_backup',
    fields: ['last_backup_at'],
    title: 'Last backup',
    width: 10.5,
    from: 50,
    sort: 'last_backup_at',
    mostFirst: true,
    cell: (customer) => <Backups customer={customer} />,
  },
  {
    id: 'without_backup',
    title: 'Without backup',
    width: 7,
    optional: true,
    end: true,
    sort: 'devices_without_backup',
    mostFirst: true,
    cell: ({ totals }) => some(totals.devices_without_backup),
  },
  {
    id: 'country',
    fields: ['country'],
    title: 'Country',
    width: 10,
    from: 90,
    cell: ({ country }) => country && <span className="quiet">{countryName(country)}</span>,
  },
  {
    id: 'kind',
    fields: ['kind'],
    title: 'Kind',
    width: 8,
    optional: true,
    sort: 'kind',
    cell: ({ kind }) => kind && <span className="quiet">{KIND[kind]}</span>,
  },
  {
    id: 'template',
    fields: ['template.name', 'template.state'],
    title: 'Template',
    width: 10,
    optional: true,
    sort: 'template.name',
    cell: ({ template }) =>
      template && (
        <span className="who-lines">
          <span>{template.name}</span>
          {template.state === 'differs' && <span className="who-second">Differs</span>}
        </span>
      ),
  },
  {
    id: 'stage',
    fields: ['stage', 'trial_ends_at'],
    title: 'Trial',
    width: 9,
    optional: true,
    sort: 'trial_ends_at',
    cell: ({ trial_ends_at }) => trial_ends_at && <span>Until {day(trial_ends_at)}</span>,
  },
  {
    id: 'deletion',
    fields: ['deletion.due_at'],
    title: 'To be removed',
    width: 9,
    optional: true,
    sort: 'deletion.due_at',
    cell: ({ deletion }) => deletion && day(deletion.due_at),
  },
  {
    id: 'level',
    fields: ['level'],
    title: 'Level',
    width: 9,
    optional: true,
    sort: 'level',
    cell: ({ level }) => LEVEL[level],
  },
  {
    id: 'email',
    fields: ['email'],
    title: 'Email',
    width: 14,
    optional: true,
    sort: 'email',
    cell: ({ email }) => email,
  },
  {
    id: 'phone',
    fields: ['profile.phone'],
    title: 'Phone',
    width: 10,
    optional: true,
    sort: 'profile.phone',
    cell: ({ profile }) => profile.phone,
  },
  {
    id: 'city',
    fields: ['profile.city'],
    title: 'City',
    width: 10,
    optional: true,
    sort: 'profile.city',
    cell: ({ profile }) => profile.city,
  },
  {
    id: 'reference',
    fields: ['profile.reference'],
    title: 'Reference',
    width: 9,
    optional: true,
    sort: 'profile.reference',
    cell: ({ profile }) => profile.reference,
  },
  {
    id: 'added',
    fields: ['created_at'],
    title: 'Added',
    width: 8,
    optional: true,
    sort: 'created_at',
    mostFirst: true,
    cell: ({ created_at }) => <span className="quiet">{day(created_at)}</span>,
  },
];

/** For lists with a row for each site: which one. What the other columns say is the customer's. */
export const COLUMNS_BY_SITE: Column<Customer>[] = COLUMNS.flatMap((column) =>
  column.id === 'name'
    ? [
        column,
        {
          id: 'site',
          title: 'Site',
          width: 11,
          from: 30,
          fields: ['site.name'],
          cell: ({ site }) => site && <Site site={site} />,
        },
      ]
    : // How many sites there are is what the rows show.
      [column.id === 'below' ? { ...column, optional: true } : column],
);

function Site({ site }: { site: Customer }) {
  const { devices, used_bytes } = site.totals;
  const told = [
    site.account_state === 'suspended' && 'Suspended',
    devices > 0 && counted(devices, 'device'),
    used_bytes > 0 && bytes(used_bytes),
  ].filter(Boolean);
  return (
    <span className="who-lines">
      <Link to="/customers/$id" params={{ id: site.id }} className="plain-link" tabIndex={-1}>
        {site.name}
      </Link>
      {told.length > 0 && <span className="who-second">{told.join(' · ')}</span>}
    </span>
  );
}

function Who({ customer, card }: { customer: Customer; card: boolean }) {
  const state = card ? shortState(customer) : undefined;
  // A card has no column for the site.
  const site = card ? customer.site?.name : undefined;
  const place = site ?? customer.parent_name ?? LEVEL[customer.level];
  return (
    <span className="who">
      <LevelIcon level={customer.level} />
      <span className="who-lines">
        <Link to="/customers/$id" params={{ id: customer.id }} className="who-name plain-link" tabIndex={-1}>
          {customerName(customer)}
        </Link>
        <span className="who-second">
          {card && <Marks attention={customer.attention} under={customer.id} />}
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
  const taken = takenPlaces(customer);
  return (
    <span className="use">
      <span>
        {count(taken)} <span className="quiet">of {count(max_devices)}</span>
      </span>
      <Meter
        label={`Device limit of ${customerName(customer)}`}
        text={`${count(taken)} of ${counted(max_devices, 'device')}`}
        used={taken}
        of={max_devices}
      />
    </span>
  );
}

/** What is stored, and of how much where it has space of its own. */
function Stored({ customer }: { customer: Customer }) {
  const { used_bytes: used, allotted_bytes: held } = customer.totals;
  if (typeof held !== 'number') return used > 0 && bytes(used);
  return (
    <span className="use">
      <span>
        {ofHeld(used, held)[0]} <span className="quiet">of {ofHeld(used, held)[1]}</span>
      </span>
      <Meter
        label={`Space of ${customerName(customer)}`}
        text={`${bytes(used)} of ${bytes(held)} used`}
        used={used}
        of={held}
      />
    </span>
  );
}

/** Both sizes, the unit once where they share it. */
function ofHeld(used: number, held: number): [string, string] {
  const [one, unit] = bytes(used).split('\u00a0');
  const whole = bytes(held);
  return [whole.endsWith(`\u00a0${unit}`) ? one! : bytes(used), whole];
}

/** The newest of all, and how many devices have none: one that backs up must not hide the others. */
function Backups({ customer }: { customer: Customer }) {
  const { last_backup_at, totals, effective_state } = customer;
  const last = last_backup_at && <LastBackup at={last_backup_at} state={effective_state} />;
  if (totals.devices_without_backup === 0) return last;
  return (
    <span className="who-lines">
      {last}
      <span className="who-second">
        <Missing of={customer} />
      </span>
    </span>
  );
}

/** How many devices have no backup. */
function Missing({ of: { totals, backup_overdue } }: { of: Customer }) {
  const { devices, devices_without_backup: without } = totals;
  const missing =
    without === devices
      ? 'No backup yet'
      : `${count(without)} of ${count(devices)} ${without === 1 ? 'has' : 'have'} none`;
  return backup_overdue ? <Overdue>{missing}</Overdue> : <>{missing}</>;
}

/** Used space on a card; below it what wants to be seen first: devices without a backup, or when the last one came. */
function UsedOnCard({ of }: { of: Customer }) {
  const { used_bytes, devices } = of.totals;
  if (used_bytes === 0 && devices === 0) return null;
  if (!of.backup_overdue) return <Used used={used_bytes} of={of} />;
  return (
    <span className="who-lines">
      <span>{used_bytes > 0 && bytes(used_bytes)}</span>
      <span className="who-second">
        <Missing of={of} />
      </span>
    </span>
  );
}

/** None is not worth a word. */
function some(n: number) {
  return n > 0 && count(n);
}
