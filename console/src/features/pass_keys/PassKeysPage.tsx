import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { PassKey } from '../../api/schema';
import { readList, type ListSearch } from '../../app/search';
import { useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { countedTo } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Blank, ListFailed } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { Grid } from '../../ui/grid/Grid';
import { SearchBox } from '../../ui/grid/SearchBox';
import { ViewButton } from '../../ui/grid/ViewButton';
import { useWindow } from '../../ui/grid/useWindow';
import { useTitle } from '../../ui/useTitle';
import { customerQuery } from '../customers/api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { listPassKeys } from './api';
import { PASS_KEY_COLUMNS } from './columns';

const route = getRouteApi('/frame/pass_keys');

/** The pass keys of every end customer at and below the chosen one. What is done with one is done on its customer's page. */
export function PassKeysPage() {
  useTitle('Pass keys');
  const go = useNavigate({ from: '/pass_keys' });
  const search = route.useSearch();
  const set = useCallback(
    (change: Partial<ListSearch>) =>
      void go({ search: (old) => readList({ ...old, ...change }), replace: true, ignoreBlocker: true }),
    [go],
  );
  const customer = useQuery(customerQuery(useScope().id)).data;
  const filter = { under: search.under, q: search.q, filter: search.filter };
  const pane = useFilterPane();
  const sort = search.sort ?? '-created_at';
  const rows = useWindow<PassKey>({
    key: ['pass_keys', 'list', filter, sort],
    fetch: (range, signal) => listPassKeys(filter, sort, range, signal),
  });
  const onSearch = useCallback((q: string) => set({ q: q || undefined }), [set]);
  const onFilter = (next: string | undefined) => set({ filter: next });
  const onSort = (next: string) => set({ sort: next });
  const view = useView('pass_keys', search.columns, (next) => set({ columns: next }));
  return (
    <div className="list-page">
      <header className="page-head">
        <div className="page-title">
          <h1>Pass keys</h1>
          {!rows.loading && !rows.error && customer && (
            <p className="quiet" role="status">
              <span className="number">{countedTo(rows)}</span> in {customerName(customer)} and below
            </p>
          )}
        </div>
      </header>
      <div className="bar">
        <SearchBox label="What a key begins with" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewButton columns={PASS_KEY_COLUMNS} view={view} sort={sort} onSort={onSort} />
        </div>
      </div>
      <Filtered
        noun="pass_keys"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under, q: search.q }}
        error={rows.error}
        onChange={onFilter}
      >
        <div className="list">
          {rows.error ? (
            <ListFailed what="The pass keys" error={rows.error} onRetry={rows.retry} />
          ) : (
            <Grid
              label="Pass keys"
              columns={PASS_KEY_COLUMNS}
              window={rows}
              rowId={({ id }) => id}
              rowName={({ prefix, customer_name }) => `${prefix}… of ${customer_name}`}
              onOpen={({ customer_id }) =>
                void go({ to: '/customers/$id', params: { id: customer_id }, search: { tab: 'pass_keys' } })
              }
              sort={sort}
              onSort={onSort}
              filter={JSON.stringify(filter)}
              compact={view.compact}
              layout={{ value: view.layout, set: view.setLayout }}
              blank={
                search.filter ? (
                  <FindsNothing
                    none="No pass key"
                    narrowed={Boolean(search.q || search.under)}
                    onClear={() => onFilter(undefined)}
                  />
                ) : search.q ? (
                  <Blank title="No pass key begins so">
                    <p>The first characters of a key are searched: that is what is kept of it.</p>
                    <Button onPress={() => onSearch('')}>Clear the search</Button>
                  </Blank>
                ) : (
                  <Blank title="No pass keys yet">
                    <p>
                      “Add device” on the page of an end customer makes one, and shows it once with a ready command.
                    </p>
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
    </div>
  );
}
