import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Check, Eye } from 'lucide-react';
import { Suspense, useCallback, useState } from 'react';
import type { Event } from '../../api/schema';
import { readList, type ListSearch } from '../../app/search';
import { useMay, useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { countedTo } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Blank, ListFailed } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Grid } from '../../ui/grid/Grid';
import { NOTHING, sizeOf } from '../../ui/grid/selection';
import { SelectionBar } from '../../ui/grid/SelectionBar';
import { useSelection } from '../../ui/grid/useSelection';
import { ViewButton } from '../../ui/grid/ViewButton';
import { useWindow } from '../../ui/grid/useWindow';
import { lazyDialog } from '../../ui/lazily';
import { useTitle } from '../../ui/useTitle';
import { customerQuery } from '../customers/api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { listEvents, OPEN } from './api';
import { EVENT_COLUMNS } from './columns';
import type { Decision } from './DecideDialogs';
import { titleOf } from './words';

const DecideManyDialog = lazyDialog(async () => (await import('./DecideDialogs')).DecideManyDialog);

const route = getRouteApi('/frame/events');

/** What is asked for most. What is open is there without asking: it is what a day begins with. */
const ALL = 'count > 0';
const TABS = [
  { name: 'Open', filter: undefined },
  { name: 'Action required', filter: 'state == open and severity == action_required' },
  { name: 'Threats', filter: 'state == open and category == threat' },
  { name: 'Acknowledged', filter: 'state == acknowledged' },
  { name: 'All', filter: ALL },
];

/** What is notable at and below the chosen customer: the worst first. */
export function EventsPage() {
  useTitle('Events');
  const go = useNavigate({ from: '/events' });
  const search = route.useSearch();
  const set = useCallback(
    (change: Partial<ListSearch>) =>
      void go({ search: (old) => readList({ ...old, ...change }), replace: true, ignoreBlocker: true }),
    [go],
  );
  const customer = useQuery(customerQuery(useScope().id)).data;
  const mayDecide = useMay('event_acknowledge');
  const mayMany = useMay('bulk_run');
  const filter = { under: search.under, filter: search.filter ?? OPEN };
  const filterKey = JSON.stringify(filter);
  const pane = useFilterPane();
  const sort = search.sort ?? '-severity';
  const rows = useWindow<Event>({
    key: ['events', 'list', filter, sort],
    fetch: (range, signal) => listEvents(filter, sort, range, signal),
  });
  const [selection, setSelection] = useSelection(filterKey);
  const [deciding, setDeciding] = useState<Decision>();
  const onFilter = (next: string | undefined) => set({ filter: next });
  const view = useView('events', search.columns, (next) => set({ columns: next }));
  const selected = sizeOf(selection, rows.total) > 0;
  return (
    <div className="list-page" data-selected={selected || undefined}>
      <header className="page-head">
        <div className="page-title">
          <h1>Events</h1>
          {!rows.loading && !rows.error && customer && (
            <p className="quiet" role="status">
              <span className="number">{countedTo(rows)}</span> in {customerName(customer)} and below
            </p>
          )}
        </div>
      </header>
      <nav className="tabs list-tabs" aria-label="Which">
        {TABS.map((tab) => (
          <button
            key={tab.name}
            type="button"
            className="tab"
            aria-current={search.filter === tab.filter ? 'page' : undefined}
            onClick={() => onFilter(tab.filter)}
          >
            {tab.name}
          </button>
        ))}
      </nav>
      <div className="bar" data-covered={selected || undefined}>
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewButton columns={EVENT_COLUMNS} view={view} sort={sort} onSort={(next: string) => set({ sort: next })} />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        {mayDecide && mayMany && (
          <>
            <Button size="s" onPress={() => setDeciding('acknowledge')}>
              <Eye className="icon-s" aria-hidden />
              Acknowledge…
            </Button>
            <Button size="s" onPress={() => setDeciding('resolve')}>
              <Check className="icon-s" aria-hidden />
              Resolve…
            </Button>
          </>
        )}
      </SelectionBar>
      <Filtered
        noun="events"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under }}
        error={rows.error}
        onChange={onFilter}
      >
        <div className="list">
          {rows.error ? (
            <ListFailed what="The events" error={rows.error} onRetry={rows.retry} />
          ) : (
            <Grid
              label="Events"
              columns={EVENT_COLUMNS}
              window={rows}
              rowId={({ id }) => id}
              rowName={(event) => `${titleOf(event)}, ${event.device_name ?? event.customer_name}`}
              onOpen={({ customer_id, device_id }) =>
                void (device_id
                  ? go({ to: '/devices/$id', params: { id: device_id } })
                  : go({ to: '/customers/$id', params: { id: customer_id } }))
              }
              sort={sort}
              onSort={(next) => set({ sort: next })}
              selection={{ value: selection, set: setSelection }}
              filter={filterKey}
              compact={view.compact}
              layout={{ value: view.layout, set: view.setLayout }}
              blank={
                search.filter && search.filter !== ALL ? (
                  <FindsNothing none="No event" narrowed={Boolean(search.under)} onClear={() => onFilter(undefined)} />
                ) : (
                  <Blank title={search.filter === ALL ? 'No events yet' : 'Nothing is open'}>
                    <p>Machines without backups, threats, space and licences that run out appear here.</p>
                  </Blank>
                )
              }
            />
          )}
        </div>
      </Filtered>
      {deciding && (
        <Suspense>
          <DecideManyDialog
            decision={deciding}
            selection={selection}
            filter={filter}
            onClose={() => setDeciding(undefined)}
            onBegun={() => setSelection(NOTHING)}
          />
        </Suspense>
      )}
    </div>
  );
}
