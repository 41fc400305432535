import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { Suspense, type ReactNode } from 'react';
import type { Count, Customer, Overview } from '../../api/schema';
import { useMay, useMe } from '../../app/useMe';
import { counted } from '../../lib/format';
import { Failed, Skeletons } from '../../ui/Blank';
import { lazyPart } from '../../ui/lazily';
import { overviewQuery } from './api';
import { Children } from './Children';
import { SpaceCard } from '../space/SpaceCard';
import { Space } from './Space';
import { isKnown, numberOf, toneOf, wordsOf } from './words';
import './overview.css';

const FirstSteps = lazyPart(async () => (await import('../customers/FirstSteps')).FirstSteps);

/** Of a customer that has others below it: what needs somebody now, the last backups, space, what runs out. */
export function NodeOverview({ customer }: { customer: Customer }) {
  const overview = useQuery(overviewQuery(customer.id));
  const { customer_id } = useMe();
  const mayCreate = useMay('customer_create');
  const data = overview.data;
  if (overview.error && !data) {
    return <Failed what="The overview" error={overview.error} onRetry={() => void overview.refetch()} />;
  }
  if (!data) return <Skeletons lines={8} />;
  const first = mayCreate && customer.id === customer_id && firstParent(customer, data);
  if (first) {
    return (
      <Suspense fallback={<Skeletons lines={5} />}>
        <FirstSteps parent={first} />
      </Suspense>
    );
  }
  return (
    <div className="overview">
      <Attention overview={data} />
      <div className="overview-row">
        {data.devices > 0 && <Backups overview={data} />}
        {(data.devices > 0 || data.used_bytes > 0) && <Space overview={data} />}
        <SpaceCard holder={{ noun: 'customers', row: customer }} />
        <Soon overview={data} />
      </div>
      <Children customer={customer} overview={data} />
    </div>
  );
}

/** Where nobody has added anything yet: whom the first customer stands under. */
function firstParent(customer: Customer, { customers, devices, children, children_total }: Overview) {
  if (devices > 0) return undefined;
  if (customer.level === 'reseller') return customers === 0 ? customer.id : undefined;
  // The reseller that is always there, with its customer.
  return customer.level === 'provider' && children_total === 1 && customers === 2 ? children[0]?.id : undefined;
}

type PartProps = { overview: Overview };

function Attention({ overview }: PartProps) {
  const known = overview.attention.filter(isKnown);
  return (
    <section className="card" aria-label="Needs attention">
      <header className="card-head">
        <h2>Needs attention</h2>
      </header>
      {known.length === 0 ? (
        <p className="quiet">Nothing.</p>
      ) : (
        <ul className="findings">
          {known.map((found) => (
            <li key={found.finding}>
              <Rows of={found} under={overview.id} className="finding">
                <Mark tone={toneOf(found)} />
                <span>
                  <b className="number">{numberOf(found)}</b> {wordsOf(found)}
                </span>
              </Rows>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Mark({ tone }: { tone: 'danger' | 'warning' | undefined }) {
  if (!tone) return undefined;
  const Icon = tone === 'danger' ? CircleAlert : TriangleAlert;
  return <Icon className="icon" data-tone={tone} aria-hidden />;
}

function Backups({ overview }: PartProps) {
  const ages = overview.backups.filter(isKnown);
  const done = ages.find(({ finding }) => finding === 'backup_within_day');
  return (
    <section className="card" aria-label="Last backups">
      <header className="card-head">
        <h2>Last backups</h2>
      </header>
      {done && (
        <p className="figure">
          {done.count > 0 ? (
            <Rows of={done} under={overview.id} className="plain-link">
              <b className="number">{numberOf(done)}</b>
            </Rows>
          ) : (
            <b className="number">0</b>
          )}
          <span className="quiet">
            of{' '}
            <Link to="/devices" search={{ under: overview.id }} className="plain-link">
              {counted(overview.devices, 'device')}
            </Link>{' '}
            within a day
          </span>
        </p>
      )}
      <div className="ages-bar" aria-hidden>
        {ages.map((age) => (
          <span key={age.finding} data-age={age.finding} style={{ flexGrow: age.count }} />
        ))}
      </div>
      <ul className="ages">
        {ages.map((age) => (
          <li key={age.finding} data-none={age.count === 0 || undefined}>
            <span className="age-mark" data-age={age.finding} aria-hidden />
            {age.count === 0 ? (
              <>
                <span>{sentence(wordsOf(age))}</span>
                <span className="number">0</span>
              </>
            ) : (
              <Rows of={age} under={overview.id} className="age">
                <span>{sentence(wordsOf(age))}</span>
                <span className="number">{numberOf(age)}</span>
              </Rows>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Soon({ overview }: PartProps) {
  const known = overview.soon.filter(isKnown);
  if (known.length === 0) return undefined;
  return (
    <section className="card" aria-label="Runs out soon">
      <header className="card-head">
        <h2>Runs out soon</h2>
      </header>
      <ul className="findings">
        {known.map((found) => (
          <li key={found.finding}>
            <Rows of={found} under={overview.id} className="finding">
              <span>
                <b className="number">{numberOf(found)}</b> {wordsOf(found)}
              </span>
            </Rows>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Where the rows of each list are shown; what has no list of its own is counted by no number. */
const PAGES: Record<Count['noun'], '/customers' | '/devices' | '/people' | '/pass_keys' | '/licences' | '/events'> = {
  customers: '/customers',
  removed_customers: '/customers',
  devices: '/devices',
  users: '/people',
  pass_keys: '/pass_keys',
  licences: '/licences',
  events: '/events',
  jobs: '/devices',
  changes: '/customers',
  tasks: '/customers',
};

type RowsProps = { of: Count; under: string; className: string; children: ReactNode };

/** Leads to the rows that a number counts. */
function Rows({ of: { noun, filter }, under, className, children }: RowsProps) {
  return (
    <Link
      to={PAGES[noun]}
      // What is counted has sites among it.
      search={{ under, filter, ...(noun === 'customers' && { level: 'all' as const }) }}
      className={className}
    >
      {children}
    </Link>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
