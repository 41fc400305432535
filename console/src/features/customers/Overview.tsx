import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CirclePause } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Customer } from '../../api/schema';
import { bytes, count, counted } from '../../lib/format';
import { customerName, offers, refusalOf, stateSentence } from '../../lib/words';
import { Blank, Skeletons } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { Meter } from '../../ui/Meter';
import { When } from '../../ui/When';
import { largestDevicesQuery } from '../devices/api';
import { childrenQuery } from './api';
import type { CustomerDialog } from './CustomerPage';
import { LastBackup } from './LastBackup';
import { LevelIcon } from './LevelIcon';
import { StateBadge } from './StateBadge';

type OverviewProps = { customer: Customer; onDialog: (dialog: CustomerDialog) => void };

/** Attention first, then storage and what stands below. */
export function Overview({ customer, onDialog }: OverviewProps) {
  return (
    <>
      <Attention customer={customer} onDialog={onDialog} />
      <div className="cards">
        <Storage customer={customer} />
        {customer.level !== 'site' && <Below customer={customer} />}
      </div>
    </>
  );
}

function Attention({ customer, onDialog }: OverviewProps) {
  const { effective_state, suspension } = customer;
  if (effective_state.state === 'active') return null;
  const ownCause = effective_state.cause === customer.id;
  return (
    <section className="attention" aria-label="Needs attention">
      <CirclePause className="icon" aria-hidden />
      <div className="attention-text">
        <p className="strong">{stateSentence(customer)}</p>
        {suspension?.reason && <p>Reason: {suspension.reason}</p>}
        {suspension?.public_message && <p>The customer is told: {suspension.public_message}</p>}
        {suspension && (
          <p className="quiet">
            <When at={suspension.since} />
          </p>
        )}
      </div>
      {ownCause && offers(customer, 'activate') && (
        <Button size="s" onPress={() => onDialog('activate')} refusal={refusalOf(customer, 'activate')}>
          Activate
        </Button>
      )}
      {!ownCause && effective_state.cause && (
        <LinkButton size="s" to="/customers/$id" params={{ id: effective_state.cause }}>
          Open {effective_state.cause_name}
        </LinkButton>
      )}
    </section>
  );
}

const SHOWN = 6;

function Storage({ customer }: { customer: Customer }) {
  const { totals, max_devices } = customer;
  const largest = useQuery(largestDevicesQuery(customer.id, SHOWN));
  const devices = largest.data?.items ?? [];
  return (
    <Card
      title="Storage"
      end={
        totals.devices > SHOWN && (
          <Link to="/customers/$id" params={{ id: customer.id }} search={{ tab: 'devices' }} className="link">
            All devices
          </Link>
        )
      }
    >
      {totals.devices > 0 && (
        <p className="figure">
          <b className="number">{bytes(totals.used_bytes)}</b>
          <span className="quiet">used by {counted(totals.devices, 'device')}</span>
        </p>
      )}
      {max_devices !== null && max_devices !== undefined && (
        <div className="limit">
          <p>
            <span className="number">{count(totals.devices)}</span>{' '}
            <span className="quiet">of {counted(max_devices, 'device')} allowed</span>
          </p>
          <Meter
            label="Device limit"
            text={`${count(totals.devices)} of ${counted(max_devices, 'device')} allowed`}
            used={totals.devices}
            of={max_devices}
          />
        </div>
      )}
      {largest.isPending && <Skeletons />}
      {largest.data && devices.length === 0 && <NoDevices customer={customer} />}
      {devices.length > 0 && (
        <table className="mini">
          <thead>
            <tr>
              <th scope="col">{totals.devices > SHOWN ? 'Largest devices' : 'Device'}</th>
              <th scope="col">Last backup</th>
              <th scope="col">Used</th>
            </tr>
          </thead>
          <tbody>
            {devices.map((device) => (
              <tr key={device.id}>
                <td>
                  <Link to="/devices/$id" params={{ id: device.id }} className="plain-link">
                    {device.name}
                  </Link>
                </td>
                <td>
                  <LastBackup at={device.last_backup_at} state={device.effective_state} />
                </td>
                <td className="number">{bytes(device.used_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function NoDevices({ customer }: { customer: Customer }) {
  const mayAdd = offers(customer, 'add_device') && !refusalOf(customer, 'add_device');
  return (
    <Blank title="No device yet" small>
      <p>
        {mayAdd
          ? 'A pass key and a ready command register a machine and start its backups.'
          : 'Devices register with a pass key of their end customer.'}
      </p>
      {mayAdd && (
        <LinkButton to="/customers/$id" params={{ id: customer.id }} search={{ add: 'device' }}>
          Add device
        </LinkButton>
      )}
    </Blank>
  );
}

/** Sites of an end customer, customers of everybody else. */
function Below({ customer }: { customer: Customer }) {
  const isEnd = customer.level === 'end_customer';
  const below = useQuery(childrenQuery(customer));
  const children = below.data ?? [];
  const shown = children.toSorted((a, b) => b.totals.used_bytes - a.totals.used_bytes).slice(0, isEnd ? 50 : 8);
  const title = isEnd ? 'Sites' : 'Customers';
  return (
    <Card
      title={title}
      end={
        isEnd ? (
          offers(customer, 'add_site') &&
          !refusalOf(customer, 'add_site') && (
            <Link to="/customers/$id" params={{ id: customer.id }} search={{ add: 'site' }} className="link">
              Add site
            </Link>
          )
        ) : (
          <Link to="/customers" search={{ under: customer.id }} className="link">
            Show as a list
          </Link>
        )
      }
    >
      {children.length > 0 && <Figure customer={customer} direct={children.length} />}
      {below.isPending && <Skeletons />}
      {below.data && children.length === 0 && (
        <Blank title={isEnd ? 'No sites' : 'No customers yet'} small>
          <p>{isEnd ? 'Devices stand under the customer itself.' : 'Customers that are added here appear here.'}</p>
        </Blank>
      )}
      {shown.length > 0 && (
        <table className="mini">
          <thead>
            <tr>
              <th scope="col">{isEnd ? 'Site' : 'Directly below'}</th>
              <th scope="col" className="number">
                Devices
              </th>
              <th scope="col">Used</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((child) => (
              <tr key={child.id}>
                <td>
                  <span className="who">
                    <LevelIcon level={child.level} />
                    <Link to="/customers/$id" params={{ id: child.id }} className="plain-link">
                      {customerName(child)}
                    </Link>
                    {child.account_state === 'suspended' && <StateBadge state={child.effective_state} />}
                  </span>
                </td>
                <td className="number">{count(child.totals.devices)}</td>
                <td className="number">{bytes(child.totals.used_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Card({ title, end, children }: { title: string; end?: ReactNode; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <header className="card-head">
        <h2>{title}</h2>
        {end}
      </header>
      {children}
    </section>
  );
}

function Figure({ customer: { level, totals }, direct }: { customer: Customer; direct: number }) {
  const n = level === 'end_customer' ? totals.sites : totals.customers;
  const words =
    level === 'end_customer'
      ? n === 1
        ? 'site'
        : 'sites'
      : n === direct
        ? 'directly below'
        : `below, ${count(direct)} of them directly`;
  return (
    <p className="figure">
      <b className="number">{count(n)}</b>
      <span className="quiet">{words}</span>
    </p>
  );
}
