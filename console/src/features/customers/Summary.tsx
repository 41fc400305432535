import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import type { Customer, Device, Job } from '../../api/schema';
import { OVER } from '../../app/over';
import { useMay } from '../../app/useMe';
import { bytes, count, counted } from '../../lib/format';
import { customerName, offers, refusalOf, ROLE, takenPlaces } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { LinkButton } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Meter } from '../../ui/Meter';
import { When } from '../../ui/When';
import { Cause } from '../backups/Cause';
import { actorName } from '../changes/describe';
import { latestChangesQuery } from '../changes/api';
import { sentenceOf } from '../changes/sentences';
import { lackingDevicesQuery } from '../devices/api';
import { EventsCard } from '../events/EventsCard';
import { latestJobsQuery } from '../jobs/api';
import { Outcome } from '../jobs/JobsCard';
import { kindText, unusual } from '../jobs/words';
import { SettingsSummary } from '../settings/SettingsSummary';
import { SpaceCard } from '../space/SpaceCard';
import { fewUsersQuery } from '../users/api';
import { childrenQuery } from './api';
import { LastBackup } from './LastBackup';
import { StateBadge } from './StateBadge';

/** As many as fit on one screen beside everything else. */
const DEVICES = 5;
const PEOPLE = 3;
const CHANGES = 5;
const SITES = 4;
/** Among so many of the last jobs those are looked for that say why a device has no backup. */
const JOBS = 20;

/**
 * All that is asked about one end customer or site on the phone, on one screen: what is wrong, across the page and first;
 * then space, devices, settings, people, and what was done.
 */
export function Summary({ customer }: { customer: Customer }) {
  const mayPeople = useMay('user_list');
  const mayDevices = useMay('device_list');
  const mayActivity = useMay('change_list');
  const mayEvents = useMay('event_list');
  const mayJobs = useMay('job_list');
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
      {mayEvents && <EventsCard of={{ customer: customer.id }} short />}
      <div className="cards" data-tight>
        <div className="card-stack">
          <Storage customer={customer} />
          {mayDevices && <Devices customer={customer} withJobs={mayJobs} />}
          {isEnd && customer.totals.sites > 0 && <Sites customer={customer} />}
        </div>
        <div className="card-stack">
          <SettingsSummary
            owner={{ noun: 'customers', id: customer.id, name: customerName(customer), path: customer.path }}
          />
          {isEnd && mayPeople && <People customer={customer} />}
          {mayActivity && <Activity customer={customer} />}
        </div>
      </div>
    </>
  );
}

/** What stands with the customer's own suspension. */
function Told({ customer: { suspension, backup_state: state } }: { customer: Customer }) {
  const message = suspension?.public_message;
  return (
    <>
      {suspension?.reason && <p>Reason: {suspension.reason}</p>}
      {message && !state?.sentence?.includes(message) && <p>The customer is told: {message}</p>}
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

/** Those that lack a backup first, each with what its newest job came to, where that isn't a backup. */
function Devices({ customer, withJobs }: { customer: Customer; withJobs: boolean }) {
  const { totals } = customer;
  const lacking = useQuery(lackingDevicesQuery(customer.id, DEVICES));
  const jobs = useQuery({ ...latestJobsQuery(customer, JOBS), enabled: withJobs });
  const devices = lacking.data?.items ?? [];
  const unusually = unusual(jobs.data ?? []);
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
              <DeviceRow key={device.id} device={device} job={unusually.get(device.id)} />
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function DeviceRow({ device, job }: { device: Device; job: Job | undefined }) {
  return (
    <tr>
      <td>
        <Link to="/devices/$id" params={{ id: device.id }} className="plain-link">
          {device.name}
        </Link>
      </td>
      <td>
        <LastBackup at={device.last_backup_at} state={device.effective_state} since={device.created_at} />
        {job && (
          <p className="mini-more">
            <Outcome job={job} brief />{' '}
            <span className="quiet">
              {kindText(job)} <When at={job.started_at} />
            </span>
          </p>
        )}
      </td>
      <td className="number">{device.used_bytes > 0 && bytes(device.used_bytes)}</td>
    </tr>
  );
}

/** What is used, of how much where that is limited, and how many devices there may be. */
function Storage({ customer }: { customer: Customer }) {
  const { totals } = customer;
  const maySee = useMay('space_show');
  const used = (
    <p className="figure">
      <b className="number">{bytes(totals.used_bytes)}</b>
      <span className="quiet">used by {counted(totals.devices, 'device')}</span>
    </p>
  );
  const limit = <DeviceLimit customer={customer} />;
  if (maySee) {
    return <SpaceCard holder={{ noun: 'customers', row: customer }} title="Space" used={used} more={limit} />;
  }
  return (
    <Card title="Space">
      {used}
      {limit}
    </Card>
  );
}

function DeviceLimit({ customer }: { customer: Customer }) {
  const { max_devices: limit } = customer;
  const taken = takenPlaces(customer);
  if (limit === null || limit === undefined) return null;
  return (
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
            {sites.length > SITES ? `All ${count(sites.length)} sites` : 'Show as a list'}
          </Link>
        </span>
      }
    >
      <ul className="few">
        {shown.map((site) => (
          <li key={site.id}>
            <span className="few-name">
              <Link to="/customers/$id" params={{ id: site.id }} className="plain-link">
                {customerName(site)}
              </Link>{' '}
              {site.account_state === 'suspended' && <StateBadge state={site.effective_state} />}
            </span>
            <span className="quiet number">
              {site.totals.devices > 0 && counted(site.totals.devices, 'device')}
              {site.totals.used_bytes > 0 && `, ${bytes(site.totals.used_bytes)}`}
            </span>
          </li>
        ))}
      </ul>
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
      {people.data && items.length === 0 && !customer.username && <p className="quiet">Nobody has an account here.</p>}
      {(items.length > 0 || customer.username) && (
        <ul className="few">
          {customer.username && (
            <li>
              <span className="few-name">{customer.username}</span>
              <span className="quiet">
                {customer.web_access ? 'The customer’s own login' : 'The customer’s own login, web access off'}
              </span>
            </li>
          )}
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
              {actorName(change)} {sentenceOf(change).verb} {sentenceOf(change).named && change.subject_name}
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
