import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useState, type KeyboardEvent } from 'react';
import type { Customer, LicencePool } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { count } from '../../lib/format';
import { customerName, problemText, refusalOf } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Card } from '../../ui/Card';
import { toast } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { licencePoolsQuery, setLicencePool } from './api';
import './pools.css';

/** How much of each product a customer may hand out, edited cell by cell: Enter keeps it, Escape puts it back. */
export function PoolsCard({ customer }: { customer: Customer }) {
  const pools = useQuery(licencePoolsQuery(customer.id));
  const refusal = pools.data?.map((pool) => refusalOf(pool, 'set_pool')).find(Boolean);
  return (
    <Card title="Licence pools">
      {pools.isPending && <Skeletons lines={3} />}
      {pools.error && !pools.data && (
        <Failed what="The licences" error={pools.error} onRetry={() => void pools.refetch()} />
      )}
      {pools.data?.length === 0 && <Blank title="No product is sold yet" small />}
      {pools.data && pools.data.length > 0 && (
        <>
          <p className="hint">{refusal ?? 'A number of its own, or nothing: then it draws on the nearest above.'}</p>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Product</th>
                <th scope="col">May hand out</th>
                <th scope="col" className="number">
                  Handed on
                </th>
                <th scope="col" className="number">
                  Held below
                </th>
                <th scope="col" className="number">
                  Free
                </th>
              </tr>
            </thead>
            <tbody>
              {pools.data.map((pool) => (
                <PoolRow key={pool.product_id} customer={customer} pool={pool} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </Card>
  );
}

function PoolRow({ customer, pool }: { customer: Customer; pool: LicencePool }) {
  const { product_name, used, handed, free } = pool;
  const filter = `product_id == ${pool.product_id}`;
  return (
    <tr>
      <td data-title="Product">
        <span className="who-lines">
          <span>{product_name}</span>
          {pool.above && (
            <span className="who-second">
              <Link to="/space" search={{ under: pool.above.id }} className="plain-link">
                {pool.above.company_name}
              </Link>{' '}
              has {count(Math.max(pool.above.free ?? 0, 0))} left
            </span>
          )}
        </span>
      </td>
      <td data-title="May hand out">
        <Quantity customer={customer} pool={pool} />
      </td>
      <td data-title="Handed on" className="number">
        {handed > 0 && count(handed)}
      </td>
      <td data-title="Held below" className="number">
        {used > 0 && (
          <Link to="/licences" search={{ under: customer.id, filter }} className="plain-link">
            {count(used)}
          </Link>
        )}
      </td>
      <td data-title="Free" className="number" data-lacking={(free ?? 0) < 0 || undefined}>
        {typeof free === 'number' && count(free)}
      </td>
    </tr>
  );
}

const WRONG = 'Write a whole number, or nothing to draw on the nearest above.';

function Quantity({ customer, pool }: { customer: Customer; pool: LicencePool }) {
  const client = useQueryClient();
  const id = useId();
  const held = pool.quantity === 'auto' ? '' : String(pool.quantity);
  const [typed, setTyped] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const text = typed ?? held;
  if (refusalOf(pool, 'set_pool') !== undefined) {
    return <span className="number">{held === '' ? <span className="quiet">draws</span> : count(Number(held))}</span>;
  }
  const keep = async () => {
    const wanted = text.trim().replaceAll(/[\s,]/gu, '');
    if (typed === undefined || wanted === held) {
      setTyped(undefined);
      setProblem(undefined);
      return;
    }
    if (!/^\d{0,10}$/u.test(wanted)) {
      setProblem(WRONG);
      return;
    }
    try {
      const set = await setLicencePool(customer.id, pool, wanted === '' ? 'auto' : Number(wanted));
      const { queryKey } = licencePoolsQuery(customer.id);
      client.setQueryData(queryKey, (old) => old?.map((one) => (one.product_id === set.product_id ? set : one)));
      setTyped(undefined);
      setProblem(undefined);
      const name = customerName(customer);
      const what = wanted === '' ? 'draws on the nearest above' : `may hand out ${count(Number(wanted))}`;
      const renew = async () => {
        await client.invalidateQueries({ queryKey: ['licence_pools'] });
        await happened(client, 'customer.licence_pool_set', customer);
      };
      toast(
        `${name} ${what} of ${pool.product_name}`,
        undo({
          name,
          restore: () => setLicencePool(customer.id, set, pool.quantity),
          said: `${pool.product_name} at ${name} is as it was`,
          renew,
        }),
      );
      await renew();
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      void keep();
    }
    if (event.key === 'Escape' && typed !== undefined) {
      event.stopPropagation();
      setTyped(undefined);
      setProblem(undefined);
    }
  };
  return (
    <span className="pool-cell">
      <input
        className="input number"
        inputMode="numeric"
        aria-label={`${pool.product_name}: may hand out`}
        aria-invalid={problem !== undefined}
        aria-describedby={problem ? id : undefined}
        placeholder="draws"
        value={text}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => void keep()}
      />
      {problem && (
        <span id={id} role="alert" className="field-error">
          {problem}
        </span>
      )}
    </span>
  );
}
