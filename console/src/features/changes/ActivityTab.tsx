import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Change } from '../../api/schema';
import { day, exact, time } from '../../lib/format';
import { useMay } from '../../app/useMe';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Check } from '../../ui/Check';
import { customerThenQuery } from '../customers/api';
import { AsOf } from '../customers/AsOf';
import { changesQuery, exportOf } from './api';
import { actorName, differencesOf, summaryOf, type Difference } from './describe';
import { sentenceOf } from './sentences';
import { useNames } from './useNames';

const route = getRouteApi('/frame/customers/$id');

/** What was done to a customer and below it, by whom and from where, day by day. Who came and went only on demand. */
export function ActivityTab({ customer }: { customer: string }) {
  const { sign_ins } = route.useSearch();
  const go = useNavigate({ from: '/customers/$id' });
  const withSessions = sign_ins === 'yes';
  const mayExport = useMay('change_export');
  const changes = useInfiniteQuery(changesQuery(customer, withSessions));
  const { hasNextPage, fetchNextPage } = changes;
  const items = changes.data?.pages.flatMap((page) => page.items) ?? [];

  if (changes.isPending) return <Skeletons lines={5} />;
  if (changes.error && !changes.data) {
    return <Failed what="The activity" error={changes.error} onRetry={() => void changes.refetch()} />;
  }
  return (
    <section aria-label="Activity">
      <header className="card-head">
        <h2>Activity</h2>
        <Check
          checked={withSessions}
          onChange={(shown) =>
            void go({ search: (old) => ({ ...old, sign_ins: shown ? 'yes' : undefined }), replace: true })
          }
        >
          Show sign-ins
        </Check>
        {mayExport && (
          <a className="button" data-size="s" href={exportOf(customer, withSessions)} download>
            Export
          </a>
        )}
      </header>
      <AsOf thenQuery={(asOf) => customerThenQuery(customer, asOf)} />
      {items.length === 0 && (
        <Blank title={withSessions ? 'Nothing was done yet' : 'Nothing was done yet, but signing in'} small />
      )}
      {byDay(items).map(([name, ofDay]) => (
        <section key={name} className="activity-day" aria-label={name}>
          <h3>{name}</h3>
          <ol>
            {ofDay.map((change) => (
              <Entry key={change.id} change={change} customer={customer} />
            ))}
          </ol>
        </section>
      ))}
      {hasNextPage && (
        <Button isPending={changes.isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show older changes
        </Button>
      )}
    </section>
  );
}

function Entry({ change, customer }: { change: Change; customer: string }) {
  const differences = differencesOf(change, useNames());
  const { told, more } = summaryOf(change, differences);
  const line = told.map((difference) => <InShort key={difference.field} difference={difference} />);
  return (
    <li className="activity">
      <time dateTime={change.at} title={exact(change.at)} className="quiet">
        {time(change.at)}
      </time>
      <p className="activity-what">
        <span className="strong">{actorName(change)}</span> {sentenceOf(change).verb}{' '}
        <Subject change={change} customer={customer} />
      </p>
      {change.address && <span className="activity-from">from {change.address}</span>}
      {more === 0 && line.length > 0 && <p className="activity-line">{line}</p>}
      {more > 0 && (
        <details className="activity-line">
          <summary>
            {line}
            <span className="activity-more" data-when="closed">
              {more} more
            </span>
            <span className="activity-more" data-when="open">
              In short
            </span>
          </summary>
          <dl className="differences">
            {differences.map(({ field, before, after }) => (
              <div key={field}>
                <dt>{field}</dt>
                <dd>
                  <Values before={before} after={after} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}

function InShort({ difference: { field, before, after } }: { difference: Difference }) {
  return (
    <span className="in-short">
      {field} <Values before={before} after={after} />
    </span>
  );
}

/** What it was, and what it is. Of something new, or gone, only one. */
function Values({ before, after }: Pick<Difference, 'before' | 'after'>) {
  return (
    <>
      {before !== undefined && <del>{before}</del>}
      {before !== undefined && after !== undefined && ' → '}
      {after !== undefined && <ins>{after}</ins>}
    </>
  );
}

/** A link where there is a page to lead to; what is gone, or is this page itself, is only named. */
function Subject({ change, customer }: { change: Change; customer: string }) {
  const { subject_kind, subject_id, subject_name, action } = change;
  if (!sentenceOf(change).named) return null;
  if (action.endsWith('.deleted') || subject_id === customer) return <span>{subject_name}</span>;
  if (subject_kind === 'customer' || subject_kind === 'site') {
    return (
      <Link to="/customers/$id" params={{ id: subject_id }} className="link">
        {subject_name}
      </Link>
    );
  }
  if (subject_kind === 'device') {
    return (
      <Link to="/devices/$id" params={{ id: subject_id }} className="link">
        {subject_name}
      </Link>
    );
  }
  return <span>{subject_name}</span>;
}

function byDay(changes: Change[]): [string, Change[]][] {
  const days = new Map<string, Change[]>();
  for (const change of changes) {
    const name = day(change.at);
    days.set(name, [...(days.get(name) ?? []), change]);
  }
  return [...days];
}
