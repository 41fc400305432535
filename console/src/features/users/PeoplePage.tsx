import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus, Trash2 } from 'lucide-react';
import { Suspense, useCallback, useState } from 'react';
import type { User } from '../../api/schema';
import { useMay, useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { countedTo } from '../../lib/format';
import { customerName, offers, refusalOf } from '../../lib/words';
import { Blank } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { ViewButton } from '../../ui/grid/ViewButton';
import { SearchBox } from '../../ui/grid/SearchBox';
import { NOTHING, sizeOf } from '../../ui/grid/selection';
import { SelectionBar } from '../../ui/grid/SelectionBar';
import { useSelection } from '../../ui/grid/useSelection';
import { useWindow } from '../../ui/grid/useWindow';
import { lazyDialog } from '../../ui/lazily';
import { customerQuery } from '../customers/api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { listUsers } from './api';
import { PEOPLE_COLUMNS, PeopleList } from './PeopleList';
import { UserDialog } from './UserDialog';
import { useTitle } from '../../ui/useTitle';

const BulkRemoveDialog = lazyDialog(async () => (await import('./BulkRemoveDialog')).BulkRemoveDialog);

const route = getRouteApi('/frame/people');

/** Every account of a person at and below the chosen customer. */
export function PeoplePage() {
  useTitle('People');
  const search = route.useSearch();
  const go = useNavigate({ from: '/people' });
  const scope = useScope();
  const mayAdd = useMay('user_create');
  const mayRemove = [useMay('user_delete'), useMay('bulk_run')].every(Boolean);
  const [removing, setRemoving] = useState(false);
  const customer = useQuery(customerQuery(scope.id)).data;
  const filter = { under: search.under, q: search.q, filter: search.filter };
  const pane = useFilterPane();
  const filterKey = JSON.stringify(filter);
  const [selection, setSelection] = useSelection(filterKey);
  const sort = search.sort ?? 'name';
  const rows = useWindow<User>({
    key: ['users', 'list', filter, sort],
    fetch: (range, signal) => listUsers(filter, sort, range, signal),
  });
  const onSearch = useCallback(
    (q: string) => void go({ search: (old) => ({ ...old, q: q || undefined }), replace: true }),
    [go],
  );
  const setAdd = (add: 'yes' | undefined) =>
    void go({ search: (old) => ({ ...old, add }), replace: true, ignoreBlocker: true });
  const onFilter = (next: string | undefined) =>
    void go({ search: (old) => ({ ...old, filter: next }), replace: true });
  const onSort = (next: string) => void go({ search: (old) => ({ ...old, sort: next }), replace: true });
  const view = useView(
    'people',
    search.columns,
    (next) => void go({ search: (old) => ({ ...old, columns: next }), replace: true }),
  );
  const selected = sizeOf(selection, rows.total) > 0;
  return (
    <div className="list-page" data-selected={selected || undefined}>
      <header className="page-head">
        <div className="page-title">
          <h1>People</h1>
          {!rows.loading && !rows.error && customer && (
            <p className="quiet" role="status">
              <span className="number">{countedTo(rows)}</span> at {customerName(customer)} and below
            </p>
          )}
        </div>
        {mayAdd && offers(customer, 'add_user') && (
          <div className="page-actions">
            <Button kind="primary" refusal={refusalOf(customer, 'add_user')} onPress={() => setAdd('yes')}>
              <Plus className="icon-s" aria-hidden />
              Add person
            </Button>
          </div>
        )}
      </header>
      <div className="bar" data-covered={selected || undefined}>
        <SearchBox label="Name or email" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewButton columns={PEOPLE_COLUMNS} view={view} sort={sort} onSort={onSort} />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        <Button size="s" onPress={() => setRemoving(true)}>
          <Trash2 className="icon-s" aria-hidden />
          Remove
        </Button>
      </SelectionBar>
      <Filtered
        noun="users"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under, q: search.q }}
        error={rows.error}
        onChange={onFilter}
      >
        <div className="list">
          <PeopleList
            window={rows}
            withCustomer
            sort={sort}
            onSort={onSort}
            view={view}
            filter={filterKey}
            {...(mayRemove && { selection: { value: selection, set: setSelection } })}
            blank={
              search.filter ? (
                <FindsNothing
                  none="Nobody"
                  narrowed={Boolean(search.q || search.under)}
                  onClear={() => onFilter(undefined)}
                />
              ) : search.q ? (
                <Blank title="Nobody fits">
                  <p>Search for something else.</p>
                  <Button onPress={() => onSearch('')}>Clear the search</Button>
                </Blank>
              ) : (
                <Blank title="No people yet">
                  <p>Whoever is added here can sign in with an email address and a password.</p>
                </Blank>
              )
            }
          />
        </div>
      </Filtered>
      {removing && (
        <Suspense>
          <BulkRemoveDialog
            selection={selection}
            filter={filter}
            onClose={() => setRemoving(false)}
            onBegun={() => setSelection(NOTHING)}
          />
        </Suspense>
      )}
      {search.add && customer && <UserDialog customer={customer} onClose={() => setAdd(undefined)} />}
    </div>
  );
}
