import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import type { RemovedCustomer } from '../../api/schema';
import { readList, type ListSearch } from '../../app/search';
import { useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { countedTo } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Blank, ListFailed } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Grid } from '../../ui/grid/Grid';
import { SearchBox } from '../../ui/grid/SearchBox';
import { ViewButton } from '../../ui/grid/ViewButton';
import { useWindow } from '../../ui/grid/useWindow';
import { useTitle } from '../../ui/useTitle';
import { customerQuery } from '../customers/api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { listRemoved } from './api';
import { REMOVED_COLUMNS, removedName } from './columns';
import { RemovedDialog } from './RemovedDialog';

const route = getRouteApi('/frame/removed');

/** Customers below the chosen one that were deleted for good. */
export function RemovedPage() {
  useTitle('Deleted customers');
  const [shown, show] = useState<RemovedCustomer>();
  const go = useNavigate({ from: '/removed' });
  const search = route.useSearch();
  const set = useCallback(
    (change: Partial<ListSearch>) =>
      void go({ search: (old) => readList({ ...old, ...change }), replace: true, ignoreBlocker: true }),
    [go],
  );
  const customer = useQuery(customerQuery(useScope().id)).data;
  const filter = { under: search.under, q: search.q, filter: search.filter };
  const pane = useFilterPane();
  const sort = search.sort ?? '-removed_at';
  const rows = useWindow<RemovedCustomer>({
    key: ['removed_customers', 'list', filter, sort],
    fetch: (range, signal) => listRemoved(filter, sort, range, signal),
  });
  const onSearch = useCallback((q: string) => set({ q: q || undefined }), [set]);
  const onFilter = (next: string | undefined) => set({ filter: next });
  const onSort = (next: string) => set({ sort: next });
  const view = useView('removed', search.columns, (next) => set({ columns: next }));
  return (
    <div className="list-page">
      <header className="page-head">
        <div className="page-title">
          <h1>Deleted customers</h1>
          {!rows.loading && !rows.error && customer && (
            <p className="quiet" role="status">
              <span className="number">{countedTo(rows)}</span> gone for good below {customerName(customer)}
            </p>
          )}
        </div>
      </header>
      <div className="bar">
        <SearchBox label="Search names" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewButton columns={REMOVED_COLUMNS} view={view} sort={sort} onSort={onSort} />
        </div>
      </div>
      <Filtered
        noun="removed_customers"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under, q: search.q }}
        error={rows.error}
        onChange={onFilter}
      >
        <div className="list">
          {rows.error ? (
            <ListFailed what="The deleted customers" error={rows.error} onRetry={rows.retry} />
          ) : (
            <Grid
              label="Deleted customers"
              columns={REMOVED_COLUMNS}
              window={rows}
              rowId={({ id }) => id}
              rowName={removedName}
              onOpen={show}
              sort={sort}
              onSort={onSort}
              filter={JSON.stringify(filter)}
              compact={view.compact}
              layout={{ value: view.layout, set: view.setLayout }}
              blank={
                search.filter ? (
                  <FindsNothing
                    none="No deleted customer"
                    narrowed={Boolean(search.q || search.under)}
                    onClear={() => onFilter(undefined)}
                  />
                ) : search.q ? (
                  <Blank title="None is found">
                    <Button onPress={() => onSearch('')}>Clear the search</Button>
                  </Blank>
                ) : (
                  <Blank title="None was deleted for good">
                    <p>
                      A customer that is deleted can be restored for a while, in the list of customers. After that it
                      stands here.
                    </p>
                  </Blank>
                )
              }
            />
          )}
        </div>
      </Filtered>
      {shown && <RemovedDialog customer={shown} onClose={() => show(undefined)} />}
    </div>
  );
}
