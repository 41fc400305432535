import { Link } from '@tanstack/react-router';
import type { Event } from '../../api/schema';
import { count, exact } from '../../lib/format';
import { Badge } from '../../ui/Badge';
import type { Column } from '../../ui/grid/Grid';
import { When } from '../../ui/When';
import { CATEGORY, EVENT_STATE, SEVERITY, SEVERITY_TONE, titleOf } from './words';

/** Widths in rem. */
export const EVENT_COLUMNS: Column<Event>[] = [
  {
    id: 'what',
    fields: ['type', 'detail'],
    title: 'Event',
    width: 18,
    grow: true,
    card: true,
    sort: 'type',
    cell: (event, card) => (
      <span className="who-lines">
        <Where event={event}>{titleOf(event)}</Where>
        <span className="who-second" title={event.detail}>
          {card ? <Whose event={event} /> : event.detail}
        </span>
      </span>
    ),
  },
  {
    id: 'severity',
    fields: ['severity'],
    title: 'Severity',
    width: 9.5,
    card: true,
    sort: 'severity',
    mostFirst: true,
    cell: (event) => <SeverityBadge event={event} />,
  },
  {
    id: 'whose',
    fields: ['device_name', 'customer_name'],
    title: 'At',
    width: 13,
    from: 44,
    sort: 'customer_name',
    cell: (event) => <Whose event={event} />,
  },
  {
    id: 'category',
    fields: ['category'],
    title: 'Category',
    width: 6.5,
    from: 78,
    sort: 'category',
    cell: ({ category }) => <span className="quiet">{CATEGORY[category]}</span>,
  },
  {
    id: 'state',
    fields: ['state', 'decision.until'],
    title: 'State',
    width: 9,
    from: 58,
    sort: 'state',
    cell: (event) => <State event={event} />,
  },
  {
    id: 'count',
    fields: ['count'],
    title: 'Seen',
    width: 5,
    from: 60,
    end: true,
    sort: 'count',
    mostFirst: true,
    cell: ({ count: n }) => `${count(n)} ×`,
  },
  {
    id: 'last',
    fields: ['last_seen_at'],
    title: 'Last seen',
    width: 8.5,
    from: 36,
    sort: 'last_seen_at',
    mostFirst: true,
    cell: ({ last_seen_at }) => <When at={last_seen_at} />,
  },
  {
    id: 'first',
    fields: ['first_seen_at'],
    title: 'First seen',
    width: 8.5,
    optional: true,
    sort: 'first_seen_at',
    mostFirst: true,
    cell: ({ first_seen_at }) => <When at={first_seen_at} />,
  },
  {
    id: 'product',
    fields: ['product'],
    title: 'Product',
    width: 10,
    optional: true,
    sort: 'product',
    cell: ({ product }) => product,
  },
];

/** Leads to whom it concerns. */
function Where({ event: { device_id, customer_id }, children }: { event: Event; children: string }) {
  return device_id ? (
    <Link to="/devices/$id" params={{ id: device_id }} className="plain-link" tabIndex={-1}>
      {children}
    </Link>
  ) : (
    <Link to="/customers/$id" params={{ id: customer_id }} className="plain-link" tabIndex={-1}>
      {children}
    </Link>
  );
}

export function SeverityBadge({ event: { severity } }: { event: Pick<Event, 'severity'> }) {
  const tone = SEVERITY_TONE[severity] ?? 'muted';
  return <Badge tone={tone}>{SEVERITY[severity]}</Badge>;
}

/** The device, and under whom it stands; or the customer. */
export function Whose({ event }: { event: Event }) {
  const customer = (
    <Link to="/customers/$id" params={{ id: event.customer_id }} className="plain-link" tabIndex={-1}>
      {event.customer_name}
    </Link>
  );
  if (!event.device_id) return customer;
  return (
    <span>
      <Link to="/devices/$id" params={{ id: event.device_id }} className="plain-link" tabIndex={-1}>
        {event.device_name}
      </Link>
      <span className="quiet"> · {customer}</span>
    </span>
  );
}

function State({ event: { state, decision } }: { event: Event }) {
  if (state === 'open') return EVENT_STATE.open;
  const told = [
    decision?.by && `by ${decision.by}`,
    decision?.reason,
    decision?.until && `until ${exact(decision.until)}`,
  ].filter(Boolean);
  return (
    <span className="quiet" title={told.join(', ') || undefined}>
      {EVENT_STATE[state]}
    </span>
  );
}
