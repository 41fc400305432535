import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import type { CreditAccount, CreditEntry, CreditMonth, Customer } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { count, day, utcMonth } from '../../lib/format';
import { refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { lazyDialog } from '../../ui/lazily';
import { When } from '../../ui/When';
import { creditEntriesQuery, creditMonthsQuery, creditsQuery } from './api';
import { entryText, has, lastsText, signed, told } from './words';

const AddCreditsDialog = lazyDialog(async () => (await import('./CreditDialogs')).AddCreditsDialog);
const CounterDialog = lazyDialog(async () => (await import('./CreditDialogs')).CounterDialog);

/** Units that are paid beforehand: what is left, for how long, and each month with its entries. A card per product. */
export function CreditsCards({ customer }: { customer: Customer }) {
  const credits = useQuery(creditsQuery(customer.id));
  if (credits.isPending) return <Skeletons lines={3} />;
  if (!credits.data) {
    return <Failed what="The monthly ledger" error={credits.error} onRetry={() => void credits.refetch()} />;
  }
  return credits.data.map((account) => <CreditsCard key={account.product_id} customer={customer} account={account} />);
}

function CreditsCard({ customer, account }: { customer: Customer; account: CreditAccount }) {
  const mayAdd = useMay('credit_add');
  const [adding, setAdding] = useState(false);
  const { product_name, balance, used_this_month, above } = account;
  const hasOwn = typeof balance === 'number';
  return (
    <Card
      title={`${product_name}: monthly ledger`}
      end={
        mayAdd && (
          <Button size="s" kind="quiet" refusal={refusalOf(account, 'add_credits')} onPress={() => setAdding(true)}>
            Add units…
          </Button>
        )
      }
    >
      {hasOwn ? (
        <p className="figure">
          <b className="number">{count(balance)}</b>
          <span className="quiet">left, {count(used_this_month)} taken this month</span>
          <Lasts account={account} />
        </p>
      ) : (
        <p className="quiet">
          {used_this_month > 0 && `${count(used_this_month)} taken this month. `}
          {above ? (
            <>
              Machines draw on the account of{' '}
              <Link to="/space" search={{ under: above.id }} className="link">
                {above.company_name}
              </Link>
              , which has {count(above.balance)} left.
            </>
          ) : (
            'No account here: add units that are paid beforehand, and machines without another licence take theirs each month.'
          )}
        </p>
      )}
      {hasOwn && <Months customer={customer} account={account} />}
      {adding && (
        <Suspense>
          <AddCreditsDialog customer={customer} account={account} onClose={() => setAdding(false)} />
        </Suspense>
      )}
    </Card>
  );
}

function Lasts({ account }: { account: CreditAccount }) {
  const text = lastsText(account);
  if (!text || !account.forecast) return null;
  const until = `Lasts until ${day(account.forecast.runs_out_on)}.`;
  return account.forecast.is_short ? (
    <Badge tone="warning">{text}</Badge>
  ) : (
    <span className="quiet" title={until}>
      {text}
    </span>
  );
}

type Column = [name: string, field: Exclude<keyof CreditMonth, 'month'>];

function Months({ customer, account }: { customer: Customer; account: CreditAccount }) {
  const months = useQuery(creditMonthsQuery(customer.id, account.product_id));
  const [open, setOpen] = useState<string>();
  if (months.isPending) return <Skeletons lines={2} />;
  if (!months.data) return <Failed what="The months" error={months.error} onRetry={() => void months.refetch()} />;
  const rows = told(months.data);
  const columns: Column[] = [
    ['Opening', 'opening'],
    ['Added', 'added'],
    ...(has(rows, 'handed_on') ? [['Handed on', 'handed_on'] satisfies Column] : []),
    ['Used', 'used'],
    ...(has(rows, 'corrected') ? [['Corrected', 'corrected'] satisfies Column] : []),
    ['Closing', 'closing'],
  ];
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Month</th>
            {columns.map(([name]) => (
              <th key={name} scope="col" className="number">
                {name}
              </th>
            ))}
            <th scope="col">
              <span className="hidden-text">Entries</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((month) => (
            <tr key={month.month}>
              <td data-title="Month">{utcMonth(month.month)}</td>
              {columns.map(([name, field]) => (
                <td key={name} data-title={name} className="number">
                  {month[field] < 0 ? `−${count(-month[field])}` : count(month[field])}
                </td>
              ))}
              <td className="table-actions">
                <Button
                  size="s"
                  kind="quiet"
                  aria-expanded={open === month.month}
                  aria-label={`Entries of ${utcMonth(month.month)}`}
                  onPress={() => setOpen(open === month.month ? undefined : month.month)}
                >
                  Entries
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {open && <Entries customer={customer} account={account} month={open} />}
    </>
  );
}

function Entries({ customer, account, month }: { customer: Customer; account: CreditAccount; month: string }) {
  const entries = useQuery(creditEntriesQuery(customer.id, account.product_id, month));
  const mayCounter = useMay('credit_counter') && refusalOf(account, 'add_credits') === undefined;
  const [asked, setAsked] = useState<CreditEntry>();
  if (entries.isPending) return <Skeletons lines={2} />;
  if (!entries.data) return <Failed what="The entries" error={entries.error} onRetry={() => void entries.refetch()} />;
  const { items, next } = entries.data;
  return (
    <section aria-label={`Entries of ${utcMonth(month)}`}>
      <h3>Entries of {utcMonth(month)}</h3>
      {items.length === 0 && <p className="quiet">Nothing came or went in this month.</p>}
      {next && <p className="quiet">The newest {count(items.length)}.</p>}
      {items.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col" className="number">
                Units
              </th>
              <th scope="col" className="number">
                Left then
              </th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((entry) => (
              <tr key={entry.id}>
                <td data-title="When">
                  <When at={entry.at} never="" />
                </td>
                <td data-title="What">
                  <span className="who-lines">
                    <span>{entryText(entry)}</span>
                    {entry.note && <span className="who-second">{entry.note}</span>}
                  </span>
                </td>
                <td data-title="Units" className="number">
                  {signed(entry.units)}
                </td>
                <td data-title="Left then" className="number">
                  {count(entry.balance)}
                </td>
                <td className="table-actions">
                  {entry.countered_by_id ? (
                    <span className="quiet">Taken back</span>
                  ) : (
                    mayCounter &&
                    entry.kind !== 'counter' && (
                      <Button
                        size="s"
                        kind="quiet"
                        aria-label={`Take back: ${entryText(entry)}, ${signed(entry.units)}`}
                        onPress={() => setAsked(entry)}
                      >
                        Take back…
                      </Button>
                    )
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {asked && (
        <Suspense>
          <CounterDialog customer={customer} entry={asked} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </section>
  );
}
