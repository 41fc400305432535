import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Change } from '../../api/schema';
import { counted, day, exact, time } from '../../lib/format';
import { changeVerb } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { storageLocationsQuery } from '../customers/api';
import { changesQuery } from './api';
import { actorName, differencesOf } from './describe';

/** What was done to a customer and below it, by whom and from where, day by day. */
export function ActivityTab({ customer }: { customer: string }) {
  const changes = useInfiniteQuery(changesQuery(customer));
  if (changes.isPending) return <Skeletons lines={5} />;
  if (changes.error && !changes.data) {
    return <Failed what="The activity" error={changes.error} onRetry={() => void changes.refetch()} />;
  }
  const items = changes.data?.pages.flatMap((page) => page.items) ?? [];
  const total = changes.data?.pages[0]?.total ?? 0;
  if (items.length === 0) return <Blank title="Nothing was done yet" small />;
  return (
    <section aria-label="Activity">
      <header className="card-head">
        <h2>{counted(total, 'change')}</h2>
      </header>
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
      {changes.hasNextPage && (
        <Button isPending={changes.isFetchingNextPage} onPress={() => void changes.fetchNextPage()}>
          Show older changes
        </Button>
      )}
    </section>
  );
}

function Entry({ change, customer }: { change: Change; customer: string }) {
  const locations = useQuery(storageLocationsQuery()).data ?? [];
  const differences = differencesOf(change, new Map(locations.map(({ id, name }) => [id, name])));
  return (
    <li className="activity">
      <time dateTime={change.at} title={exact(change.at)} className="quiet">
        {time(change.at)}
      </time>
      <div>
        <p>
          <span className="strong">{actorName(change)}</span> {changeVerb(change)}{' '}
          <Subject change={change} customer={customer} />
        </p>
        {differences.length > 0 && (
          <details>
            <summary>
              {counted(differences.length, 'field')}
              {change.address && `, from ${change.address}`}
            </summary>
            <dl className="differences">
              {differences.map(({ field, before, after }) => (
                <div key={field}>
                  <dt>{field}</dt>
                  <dd>
                    {before !== undefined && <del>{before}</del>}
                    {before !== undefined && after !== undefined && ' → '}
                    {after !== undefined && <ins>{after}</ins>}
                  </dd>
                </div>
              ))}
            </dl>
          </details>
        )}
        {differences.length === 0 && change.address && <p className="quiet">from {change.address}</p>}
      </div>
    </li>
  );
}

/** A link where there is a page to lead to; what is gone, or is this page itself, is only named. */
function Subject({ change, customer }: { change: Change; customer: string }) {
  const { subject_kind, subject_id, subject_name, action } = change;
  // Whoever did it is named already.
  if (subject_id === change.actor.id) return null;
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
