import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import type { Customer } from '../../api/schema';
import { OVER } from '../../app/over';
import { useMay } from '../../app/useMe';
import { bytes, count, counted } from '../../lib/format';
import { changeVerb, customerName, offers, refusalOf, ROLE, takenPlaces } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { LinkButton } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Meter } from '../../ui/Meter';
import { When } from '../../ui/When';
import { Cause } from '../backups/Cause';
import { actorName } from '../changes/describe';
import { latestChangesQuery } from '../changes/api';
import { lackingDevicesQuery } from '../devices/api';
import { EventsCard } from '../events/EventsCard';
import { CustomerJobs } from '../jobs/JobsCard';
import { SpaceCard } from '../space/SpaceCard';
import { fewUsersQuery } from '../users/api';
import { childrenQuery } from './api';
import { LastBackup } from './LastBackup';
import { StateBadge } from './StateBadge';

/** As many as fit on one screen beside everything else. */
const DEVICES = 7;
const PEOPLE = 4;
const CHANGES = 5;
const SITES = 6;

/** All that is asked about one end customer or site on the phone, on one screen: what is wrong, first. */
export function Summary({ customer }: { customer: Customer }) {
  const mayPeople = useMay('user_list');
  const mayDevices = useMay('device_list');
  const mayActivity = useMay('change_list');
  const mayEvents = useMay('event_list');
  const isEnd = customer.level === 'end_customer';
  return (
    <>
      {customer.backup_state && (
        <Cause
          state={customer.backup_state}
          here={customer.id}
          more={<Told customer={customer} />}
          help={<Help customer={customer} />}
        />
      )}
      <FullHouse customer={customer} />
      <div className="cards">
        <div className="card-stack">
          {mayEvents && <EventsCard of={{ customer: customer.id }} />}
          {mayDevices && <Devices customer={customer} />}
          {mayDevices && <CustomerJobs customer={customer} />}
          {mayActivity && <Activity customer={customer} />}
        </div>
        <div className="card-stack">
          <Storage customer={customer} />
          <SpaceCard holder={{ noun: 'customers', row: customer }} />
          {isEnd && customer.totals.sites > 0 && <Sites customer={customer} />}
          {isEnd && mayPeople && <People customer={customer} />}
        </div>
      </div>
    </>
  );
}

/** What stands with the customer's own suspension. */
function Told({ customer: { suspension } }: { customer: Customer }) {
  return (
    <>
      {suspension?.reason && <p>Reason: {suspension.reason}</p>}
      {suspension?.public_message && <p>The customer is told: {suspension.public_message}</p>}
    </>
  );
}

function Help({ customer }: { customer: Customer }) {
  const params = { id: customer.id };
  const state = customer.backup_state;
  if (state?.device_id) {
    return (
      <LinkButton size="s" to="/devices/$id" params={{ id: state.device_id }}>
        Open the device
      </LinkButton>
    );
  }
  if (state?.action === 'add_device') {
    if (!offers(customer, 'add_device') || refusalOf(customer, 'add_device')) return null;
    return (
      <LinkButton size="s" to="/customers/$id" params={params} search={{ add: 'device' }} state={OVER}>
        Add device
      </LinkButton>
    );
  }
  return (
    <LinkButton size="s" to="/customers/$id" params={params} search={{ tab: 'devices' }}>
      Show devices
    </LinkButton>
  );
}

/** The limit is reached: the next machine is turned away. */
function FullHouse({ customer }: { customer: Customer }) {
  const mayEdit = useMay('customer_update');
  const { max_devices: limit } = customer;
  if (limit === null || limit === undefined || takenPlaces(customer) < limit) return null;
  return (
    <section className="attention" aria-label="Device limit reached">
      <TriangleAlert className="icon" aria-hidden />
      <div className="attention-text">
        <p className="strong">
          {limit === 0 ? 'No device is allowed here.' : `The device limit of ${count(limit)} is reached.`}
        </p>
        <p className="quiet">A further machine is turned away when it registers.</p>
      </div>
      {mayEdit && (
        <LinkButton size="s" to="/customers/$id/edit" params={{ id: customer.id }}>
          Raise the limit
        </LinkButton>
      )}
    </section>
  );
}

/** Those that lack a backup first. */
function Devices({ customer }: { customer: Customer }) {
  const { totals } = customer;
  const lacking = useQuery(lackingDevicesQuery(customer.id, DEVICES));
  const devices = lacking.data?.items ?? [];
  const params = { id: customer.id };
  return (
    <Card
      title="Devices"
      end={
        totals.devices > 0 && (
          <Link to="/customers/$id" params={params} search={{ tab: 'devices' }} className="link">
            {totals.devices > DEVICES ? `All ${count(totals.devices)} devices` : 'Show as a list'}
          </Link>
        )
      }
    >
      {lacking.isPending && <Skeletons lines={3} />}
      {lacking.error && !lacking.data && (
        <Failed what="The devices" error={lacking.error} onRetry={() => void lacking.refetch()} />
      )}
      {lacking.data && devices.length === 0 && (
        <Blank title="No device yet" small>
          <p>A pass key and a ready command register a machine and start its backups.</p>
        </Blank>
      )}
      {totals.devices > 0 && totals.devices_without_backup > 0 && (
        <p className="intro">
          <span className="number">{count(totals.devices_without_backup)}</span> of {counted(totals.devices, 'device')}{' '}
          without a backup
        </p>
      )}
      {devices.length > 0 && (
        <table className="mini">
          <thead>
            <tr>
              <th scope="col">Device</th>
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
                  <LastBackup at={device.last_backup_at} state={device.effective_state} since={device.created_at} />
                </td>
                <td className="number">{device.used_bytes > 0 && bytes(device.used_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Storage({ customer }: { customer: Customer }) {
  const { totals, max_devices: limit } = customer;
  const taken = takenPlaces(customer);
  return (
    <Card title="Storage">
      <p className="figure">
        <b className="number">{bytes(totals.used_bytes)}</b>
        <span className="quiet">used by {counted(totals.devices, 'device')}</span>
      </p>
      {limit !== null && limit !== undefined && (
        <div className="limit">
          <p>
            <span className="number">{count(taken)}</span>{' '}
            <span className="quiet">of {counted(limit, 'device')} allowed</span>
          </p>
          <Meter
            label="Device limit"
            text={`${count(taken)} of ${counted(limit, 'device')} allowed`}
            used={taken}
            of={limit}
          />
        </div>
      )}
    </Card>
  );
}

function Sites({ customer }: { customer: Customer }) {
  const sites = useQuery(childrenQuery(customer)).data ?? [];
  const shown = sites.toSorted((a, b) => b.totals.used_bytes - a.totals.used_bytes).slice(0, SITES);
  return (
    <Card
      title="Sites"
      end={
        <span className="card-links">
          {offers(customer, 'add_site') && !refusalOf(customer, 'add_site') && (
            <Link
              to="/customers/$id"
              params={{ id: customer.id }}
              search={{ add: 'site' }}
              state={OVER}
              className="link"
            >
              Add site
            </Link>
          )}
          <Link to="/customers" search={{ under: customer.id }} className="link">
            Show as a list
          </Link>
        </span>
      }
    >
      <table className="mini">
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col">Devices</th>
            <th scope="col">Used</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((site) => (
            <tr key={site.id}>
              <td>
                <Link to="/customers/$id" params={{ id: site.id }} className="plain-link">
                  {customerName(site)}
                </Link>{' '}
                {site.account_state === 'suspended' && <StateBadge state={site.effective_state} />}
              </td>
              <td>{site.totals.devices > 0 && count(site.totals.devices)}</td>
              <td className="number">{site.totals.used_bytes > 0 && bytes(site.totals.used_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function People({ customer }: { customer: Customer }) {
  const people = useQuery(fewUsersQuery(customer.id, PEOPLE));
  const { items = [], total = 0 } = people.data ?? {};
  const params = { id: customer.id };
  const mayAdd = useMay('user_create') && offers(customer, 'add_user') && !refusalOf(customer, 'add_user');
  return (
    <Card
      title="People"
      end={
        total > items.length ? (
          <Link to="/customers/$id" params={params} search={{ tab: 'people' }} className="link">
            All {count(total)} people
          </Link>
        ) : (
          mayAdd && (
            <Link to="/customers/$id" params={params} search={{ tab: 'people', add: 'person' }} className="link">
              Add person
            </Link>
          )
        )
      }
    >
      {people.isPending && <Skeletons />}
      {people.error && !people.data && (
        <Failed what="The people" error={people.error} onRetry={() => void people.refetch()} />
      )}
      {people.data && items.length === 0 && <p className="quiet">Nobody has an account here.</p>}
      {items.length > 0 && (
        <ul className="few">
          {items.map((user) => (
            <li key={user.id}>
              <span className="few-name">{user.name || user.email}</span>
              <span className="quiet">{ROLE[user.role]}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Activity({ customer }: { customer: Customer }) {
  const changes = useQuery(latestChangesQuery(customer.id, CHANGES));
  const items = changes.data ?? [];
  return (
    <Card
      title="Activity"
      end={
        <Link to="/customers/$id" params={{ id: customer.id }} search={{ tab: 'activity' }} className="link">
          All activity
        </Link>
      }
    >
      {changes.isPending && <Skeletons lines={3} />}
      {changes.error && !changes.data && (
        <Failed what="The activity" error={changes.error} onRetry={() => void changes.refetch()} />
      )}
      <ol className="few">
        {items.map((change) => (
          <li key={change.id}>
            <span className="few-name">
              {actorName(change)} {changeVerb(change)} {change.subject_id !== change.actor.id && change.subject_name}
            </span>
            <span className="quiet">
              <When at={change.at} />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
