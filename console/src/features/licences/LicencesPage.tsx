import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { RefreshCw } from 'lucide-react';
import { Suspense, useCallback, useState } from 'react';
import type { Licence } from '../../api/schema';
import { readList, type ListSearch } from '../../app/search';
import { useMay, useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { countedTo } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Blank, ListFailed } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
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
import { listLicences } from './api';
import { LICENCE_COLUMNS } from './columns';

const RenewDialog = lazyDialog(async () => (await import('./RenewDialog')).RenewDialog);

const route = getRouteApi('/frame/licences');

/** What is asked for most: those that somebody has to do something about. */
const SOON = 'state in (expiring, grace, expired)';

/** What every end customer at and below the chosen one holds, and what runs out. */
export function LicencesPage() {
  useTitle('Licences');
  const go = useNavigate({ from: '/licences' });
  const search = route.useSearch();
  const set = useCallback(
    (change: Partial<ListSearch>) =>
      void go({ search: (old) => readList({ ...old, ...change }), replace: true, ignoreBlocker: true }),
    [go],
  );
  const customer = useQuery(customerQuery(useScope().id)).data;
  const mayRenew = useMay('licence_renew');
  const mayMany = useMay('bulk_run');
  const filter = { under: search.under, filter: search.filter };
  const filterKey = JSON.stringify(filter);
  const pane = useFilterPane();
  const sort = search.sort ?? '-created_at';
  const rows = useWindow<Licence>({
    key: ['licences', 'list', filter, sort],
    fetch: (range, signal) => listLicences(filter, sort, range, signal),
  });
  const [selection, setSelection] = useSelection(filterKey);
  const [renewing, setRenewing] = useState(false);
  const onFilter = (next: string | undefined) => set({ filter: next });
  const view = useView('licences', search.columns, (next) => set({ columns: next }));
  const selected = sizeOf(selection, rows.total) > 0;
  return (
    <div className="list-page" data-selected={selected || undefined}>
      <header className="page-head">
        <div className="page-title">
          <h1>Licences</h1>
          {!rows.loading && !rows.error && customer && (
            <p className="quiet" role="status">
              <span className="number">{countedTo(rows)}</span> in {customerName(customer)} and below
            </p>
          )}
        </div>
      </header>
      <nav className="tabs list-tabs" aria-label="Which">
        {[
          { name: 'All', filter: undefined },
          { name: 'To renew', filter: SOON },
        ].map((tab) => (
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
          <ViewButton
            columns={LICENCE_COLUMNS}
            view={view}
            sort={sort}
            onSort={(next: string) => set({ sort: next })}
          />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        {mayRenew && mayMany && (
          <Button size="s" onPress={() => setRenewing(true)}>
            <RefreshCw className="icon-s" aria-hidden />
            Renew…
          </Button>
        )}
      </SelectionBar>
      <Filtered
        noun="licences"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under }}
        error={rows.error}
        onChange={onFilter}
      >
        <div className="list">
          {rows.error ? (
            <ListFailed what="The licences" error={rows.error} onRetry={rows.retry} />
          ) : (
            <Grid
              label="Licences"
              columns={LICENCE_COLUMNS}
              window={rows}
              rowId={({ id }) => id}
              rowName={({ product_name, customer_name }) => `${product_name} of ${customer_name}`}
              onOpen={({ customer_id }) =>
                void go({ to: '/customers/$id', params: { id: customer_id }, search: { tab: 'licences' } })
              }
              sort={sort}
              onSort={(next) => set({ sort: next })}
              selection={{ value: selection, set: setSelection }}
              filter={filterKey}
              compact={view.compact}
              layout={{ value: view.layout, set: view.setLayout }}
              blank={
                search.filter === SOON ? (
                  <Blank title="Nothing to renew">
                    <p>No licence here is past its end or near it.</p>
                    <Button onPress={() => onFilter(undefined)}>Show all</Button>
                  </Blank>
                ) : search.filter ? (
                  <FindsNothing
                    none="No licence"
                    narrowed={Boolean(search.under)}
                    onClear={() => onFilter(undefined)}
                  />
                ) : (
                  <Blank title="No licences yet">
                    <p>They are granted on the page of an end customer.</p>
                    <LinkButton to="/customers" search={{ under: search.under, level: 'end_customer' }}>
                      Show end customers
                    </LinkButton>
                  </Blank>
                )
              }
            />
          )}
        </div>
      </Filtered>
      {renewing && (
        <Suspense>
          <RenewDialog
            selection={selection}
            filter={filter}
            onClose={() => setRenewing(false)}
            onBegun={() => setSelection(NOTHING)}
          />
        </Suspense>
      )}
    </div>
  );
}
