import { Link } from '@tanstack/react-router';
import { HardDrive } from 'lucide-react';
import type { Device } from '../../api/schema';
import { bytes, day } from '../../lib/format';
import { DEVICE_KIND, DEVICE_STATUS, ownerOf, shortState } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import type { Column } from '../../ui/grid/Grid';
import { LastBackup } from '../customers/LastBackup';
import { StateBadge } from '../customers/StateBadge';
import { Used } from '../customers/Used';

/** Widths in rem. `withCustomer`: rows say whose they are. */
export function deviceColumns(locationName: (id: string) => string, withCustomer: boolean): Column<Device>[] {
  return [
    {
      id: 'name',
      fields: ['name', 'customer_name', 'end_customer_name'],
      title: 'Device',
      width: 15,
      grow: true,
      card: true,
      sort: 'name',
      cell: (device, card) => <Who device={device} card={card} withCustomer={withCustomer} />,
    },
    {
      id: 'state',
      fields: ['status', 'effective_state.state'],
      title: 'State',
      width: 9,
      from: 44,
      sort: 'status',
      cell: (device) => <State device={device} />,
    },
    {
      id: 'used',
      fields: ['used_bytes'],
      title: 'Used',
      width: 7.5,
      card: true,
      end: true,
      sort: 'used_bytes',
      mostFirst: true,
      cell: (device, card) =>
        card ? <Used used={device.used_bytes} of={device} /> : device.used_bytes > 0 && bytes(device.used_bytes),
    },
    {
      id: 'last_backup',
      fields: ['last_backup_at'],
      title: 'Last backup',
      width: 10.5,
      from: 36,
      sort: 'last_backup_at',
      mostFirst: true,
      cell: (device) => (
        <LastBackup at={device.last_backup_at} state={device.effective_state} since={device.created_at} />
      ),
    },
    {
      id: 'os',
      fields: ['os'],
      title: 'System',
      width: 9,
      from: 62,
      sort: 'os',
      cell: ({ os, kind }) => <span className="quiet">{os ?? DEVICE_KIND[kind]}</span>,
    },
    {
      id: 'location',
      fields: ['storage_location_id'],
      title: 'Storage location',
      width: 10,
      from: 56,
      cell: ({ storage_location_id: id }) => id && <span className="quiet">{locationName(id)}</span>,
    },
    {
      id: 'customer',
      fields: ['customer_name', 'end_customer_name'],
      title: 'Customer',
      width: 13,
      optional: true,
      sort: 'customer_name',
      cell: ownerOf,
    },
    {
      id: 'kind',
      fields: ['kind'],
      title: 'Kind',
      width: 9,
      optional: true,
      sort: 'kind',
      cell: ({ kind }) => DEVICE_KIND[kind],
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
}

function Who({ device, card, withCustomer }: { device: Device; card: boolean; withCustomer: boolean }) {
  const state = card ? shortState(device) : undefined;
  return (
    <span className="who">
      <HardDrive className="icon" aria-hidden />
      <span className="who-lines">
        <Link to="/devices/$id" params={{ id: device.id }} className="who-name plain-link" tabIndex={-1}>
          {device.name}
        </Link>
        <span className="who-second">
          {state && <b>{state} · </b>}
          {withCustomer ? ownerOf(device) : DEVICE_KIND[device.kind]}
        </span>
      </span>
    </span>
  );
}

export function State({ device }: { device: Device }) {
  if (device.status !== 'authorised') {
    return <Badge tone={device.status === 'expected' ? 'muted' : 'warning'}>{DEVICE_STATUS[device.status]}</Badge>;
  }
  if (device.effective_state.state === 'suspended') return <StateBadge state={device.effective_state} />;
  // Where all is well there is nothing to say; what lacks a backup says so in its own column.
  return null;
}
