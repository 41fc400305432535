import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Customer } from '../../api/schema';
import { count, day as dayText, utcMonth } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Card } from '../../ui/Card';
import { Notice } from '../../ui/Notice';
import { licencesThenQuery, monthsQuery } from './api';
import { assignedText, highest, LICENCE_STATE, units } from './words';

/** What was held: the most in each month, and all of it at the end of a day. What is invoiced stands on it. */
export function HistoryCard({ customer }: { customer: Customer }) {
  const months = useQuery(monthsQuery(customer.id));
  const rows = highest(months.data ?? []);
  if (months.data && rows.months.length === 0) return null;
  return (
    <Card title="What was held">
      {months.isPending && <Skeletons lines={3} />}
      {months.error && !months.data && (
        <Failed what="The months" error={months.error} onRetry={() => void months.refetch()} />
      )}
      {months.data && (
        <>
          <table className="table">
            <caption className="hidden-text">The most that was held in each month</caption>
            <thead>
              <tr>
                <th scope="col">At most in</th>
                {rows.products.map((product) => (
                  <th key={product.product_id} scope="col" className="number">
                    {product.product_name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.months.map(({ month, high }) => (
                <tr key={month}>
                  <td data-title="At most in">{utcMonth(month)}</td>
                  {rows.products.map((product, at) => (
                    <td key={product.product_id} data-title={product.product_name} className="number">
                      {count(high[at] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          <OnADay customer={customer} />
        </>
      )}
    </Card>
  );
}

function OnADay({ customer }: { customer: Customer }) {
  const id = useId();
  const [day, setDay] = useState('');
  const then = useQuery({ ...licencesThenQuery(customer.id, day), enabled: day !== '' });
  return (
    <section className="as-of" aria-label="Held on a day">
      <label htmlFor={id} className="field-label">
        Held at the end of
      </label>
      <input id={id} type="date" className="input" value={day} onChange={(event) => setDay(event.target.value)} />
      {then.error && <Notice tone="danger">{problemText(then.error)}</Notice>}
      {then.data?.length === 0 && <p className="quiet">Nothing was held on {dayText(day)}.</p>}
      {then.data && then.data.length > 0 && (
        <ul>
          {then.data.map((licence) => (
            <li key={licence.licence_id}>
              {units(licence, licence.quantity)} of {licence.product_name}
              <span className="quiet">
                {' '}
                · {LICENCE_STATE[licence.state]} · {assignedText(licence, customer.id)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
