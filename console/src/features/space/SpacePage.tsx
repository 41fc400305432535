import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, Suspense, useState, type ReactNode } from 'react';
import { isCode } from '../../api/client';
import type { Customer, Device } from '../../api/schema';
import { useMay, useScope } from '../../app/useMe';
import { bytes, count } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Meter } from '../../ui/Meter';
import { lazyPart } from '../../ui/lazily';
import { useTitle } from '../../ui/useTitle';
import { customerQuery } from '../customers/api';
import { CustomerCrumbs } from '../customers/CustomerCrumbs';
import { LevelIcon } from '../customers/LevelIcon';
import { customersBelowQuery, devicesBelowQuery, SHOWN, type Holder } from './api';
import { SpaceCard } from './SpaceCard';

const PoolsCard = lazyPart(async () => (await import('../licence_pools/PoolsCard')).PoolsCard);
const AllotmentsSheet = lazyPart(async () => (await import('../allotments/AllotmentsSheet')).AllotmentsSheet);
const CreditsCards = lazyPart(async () => (await import('../credits/CreditsCard')).CreditsCards);

/** Who holds how much at a node and directly below it, down to devices: step by step, each edited in its row. */
export function SpacePage() {
  useTitle('Space');
  const scope = useScope();
  const customer = useQuery(customerQuery(scope.id));
  if (isCode(customer.error, 'not_found')) {
    return (
      <Blank title="There is no such customer" whole>
        <p role="status">It was deleted, or it is not yours to see.</p>
      </Blank>
    );
  }
  if (customer.error && !customer.data) {
    return <Failed what="The space" error={customer.error} onRetry={() => void customer.refetch()} />;
  }
  if (!customer.data) return <Skeletons lines={6} />;
  return <SpaceOf customer={customer.data} />;
}

function SpaceOf({ customer }: { customer: Customer }) {
  const mayRead = useMay('licence_pool_list');
  const mayList = useMay('allotment_list');
  const holdsDevices = customer.level === 'end_customer' || customer.level === 'site';
  return (
    <div className="detail">
      <header className="detail-head" data-plain>
        <CustomerCrumbs customer={customer} />
        <div className="detail-title">
          <LevelIcon level={customer.level} />
          <h1>Space and licences of {customerName(customer)}</h1>
        </div>
      </header>
      <div className="detail-main">
        <SpaceCard key={customer.id} holder={{ noun: 'customers', row: customer }} />
        {mayRead && customer.level !== 'site' && (
          <Suspense fallback={<Skeletons lines={3} />}>
            <PoolsCard key={customer.id} customer={customer} />
            <CreditsCards key={`credits ${customer.id}`} customer={customer} />
          </Suspense>
        )}
        {mayList && (
          <Suspense fallback={<Skeletons lines={4} />}>
            <AllotmentsSheet key={`sheet ${customer.id}`} customer={customer} />
          </Suspense>
        )}
        {customer.level !== 'site' && <Customers of={customer} />}
        {holdsDevices && <Devices of={customer} />}
      </div>
    </div>
  );
}

function Customers({ of }: { of: Customer }) {
  const below = useQuery(customersBelowQuery(of.id));
  const rows = below.data?.items ?? [];
  return (
    <Below
      title={of.level === 'end_customer' ? 'Sites' : 'Directly below'}
      query={below}
      total={below.data?.total ?? 0}
      rows={rows.map((row) => ({
        holder: { noun: 'customers', row },
        name: customerName(row),
        used: row.totals.used_bytes,
        held: row.totals.allotted_bytes,
        link: (
          <Link to="/space" search={{ under: row.id }} className="plain-link">
            {customerName(row)}
          </Link>
        ),
      }))}
      more={
        <Link to="/customers" search={{ under: of.id }} className="link">
          Show as a list
        </Link>
      }
    />
  );
}

function Devices({ of }: { of: Customer }) {
  const below = useQuery(devicesBelowQuery(of.id));
  const rows: Device[] = below.data?.items ?? [];
  return (
    <Below
      title="Devices"
      query={below}
      total={below.data?.total ?? 0}
      rows={rows.map((row) => ({
        holder: { noun: 'devices', row },
        name: row.name,
        used: row.used_bytes,
        held: row.allotted_bytes,
        link: (
          <Link to="/devices/$id" params={{ id: row.id }} className="plain-link">
            {row.name}
          </Link>
        ),
      }))}
      more={
        <Link to="/devices" search={{ under: of.id }} className="link">
          Show as a list
        </Link>
      }
    />
  );
}

type Row = { holder: Holder; name: string; used: number; held: number | null | undefined; link: ReactNode };

type BelowProps = {
  title: string;
  query: { isPending: boolean; error: unknown; data?: unknown; refetch: () => unknown };
  total: number;
  rows: Row[];
  more: ReactNode;
};

function Below({ title, query, total, rows, more }: BelowProps) {
  const [open, setOpen] = useState<string>();
  return (
    <Card title={title} end={rows.length > 0 && more}>
      {query.isPending && <Skeletons lines={3} />}
      {Boolean(query.error) && !query.data && (
        <Failed what={title} error={query.error} onRetry={() => void query.refetch()} />
      )}
      {Boolean(query.data) && rows.length === 0 && <Blank title="Nothing here yet" small />}
      {total > rows.length && (
        <p className="quiet">
          The {count(SHOWN)} that use most of {count(total)}.
        </p>
      )}
      {rows.length > 0 && (
        <table className="mini">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="number">
                Allotted
              </th>
              <th scope="col" className="number">
                Used
              </th>
              <th scope="col">Part</th>
              <th scope="col">Space</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => {
              const id = row.holder.row.id;
              const isOpen = open === id;
              return (
                <Fragment key={id}>
                  <tr>
                    <td>{row.link}</td>
                    <td className="number">
                      {typeof row.held === 'number' ? bytes(row.held) : <span className="quiet">draws</span>}
                    </td>
                    <td className="number">{bytes(row.used)}</td>
                    <td className="space-part">
                      {typeof row.held === 'number' && (
                        <Meter
                          label={`Space of ${row.name}`}
                          text={`${bytes(row.used)} of ${bytes(row.held)} used`}
                          used={row.used}
                          of={row.held}
                        />
                      )}
                    </td>
                    <td>
                      <Button
                        size="s"
                        kind="quiet"
                        aria-expanded={isOpen}
                        aria-label={`${isOpen ? 'Close' : 'Open'} space of ${row.name}`}
                        onPress={() => setOpen(isOpen ? undefined : id)}
                      >
                        {isOpen ? 'Close' : 'Open'}
                      </Button>
                    </td>
                  </tr>
                  {isOpen && (
                    <tr>
                      <td colSpan={5}>
                        <SpaceCard holder={row.holder} title={`Space of ${row.name}`} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      )}
    </Card>
  );
}
