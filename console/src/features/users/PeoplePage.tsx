import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
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
import type { UsersBulkName } from './BulkDialog';
import { PEOPLE_COLUMNS, PeopleList } from './PeopleList';
import { UserDialog } from './UserDialog';
import { orderOf, readPeople, type PeopleSearch } from '../../app/search';
import { ExportButton } from '../export/ExportButton';
import { fieldsShown } from '../export/columns';
import { contentOf, isSame } from '../views/content';
import { useSavedView } from '../views/useSavedView';
import { ViewsButton } from '../views/ViewsButton';
import { ViewBar } from '../views/ViewTabs';
import { useTitle } from '../../ui/useTitle';

const ExportDialog = lazyDialog(async () => (await import('../export/ExportDialog')).ExportDialog);
const BulkDialog = lazyDialog(async () => (await import('./BulkDialog')).UsersBulkDialog);

const route = getRouteApi('/frame/people');

/** Every account of a person at and below the chosen customer. */
export function PeoplePage() {
  useTitle('People');
  const go = useNavigate({ from: '/people' });
  const saved = useSavedView<PeopleSearch>({
    noun: 'users',
    search: route.useSearch(),
    read: readPeople,
    go: (next, replace) => void go({ search: next, replace, ignoreBlocker: true }),
  });
  const { search, set } = saved;
  const [exporting, setExporting] = useState<'all' | 'selected'>();
  const scope = useScope();
  const mayAdd = useMay('user_create');
  const mayMany = useMay('bulk_run');
  const [mayRemove, mayInvite] = [useMay('user_delete') && mayMany, useMay('invitation_create') && mayMany];
  const [bulk, setBulk] = useState<UsersBulkName>();
  const customer = useQuery(customerQuery(scope.id)).data;
  const filter = { under: search.under, q: search.q, filter: search.filter };
  const pane = useFilterPane();
  const filterKey = JSON.stringify(filter);
  const [selection, setSelection] = useSelection(filterKey);
  const sort = orderOf(search, 'name');
  const rows = useWindow<User>({
    key: ['users', 'list', filter, sort],
    fetch: (range, signal) => listUsers(filter, sort, range, signal),
  });
  const onSearch = useCallback((q: string) => set({ q: q || undefined }), [set]);
  const setAdd = (add: 'yes' | undefined) =>
    void go({ search: (old) => ({ ...old, add }), replace: true, ignoreBlocker: true });
  const onFilter = (next: string | undefined) => set({ filter: next });
  const onSort = (next: string) => set({ sort: next });
  const view = useView('people', search.columns, (next) => set({ columns: next }), saved.layout);
  const content = contentOf(search, view.layout);
  const modified = saved.view !== undefined && !isSame(content, saved.view.content);
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
      <ViewBar saved={saved} modified={modified} />
      <div className="bar" data-covered={selected || undefined}>
        <SearchBox label="Name or email" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewsButton saved={saved} content={content} modified={modified} />
          <ViewButton columns={PEOPLE_COLUMNS} view={view} sort={sort} onSort={onSort} />
          <ExportButton onPress={() => setExporting('all')} />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        <ExportButton onPress={() => setExporting('selected')} />
        {mayInvite && (
          <Button size="s" onPress={() => setBulk('invitation')}>
            <KeyRound className="icon-s" aria-hidden />
            Password links
          </Button>
        )}
        {mayRemove && (
          <Button size="s" onPress={() => setBulk('delete')}>
            <Trash2 className="icon-s" aria-hidden />
            Remove
          </Button>
        )}
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
            selection={{ value: selection, set: setSelection }}
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
      {exporting && (
        <Suspense>
          <ExportDialog
            noun="users"
            narrowing={filter}
            sort={sort}
            selection={exporting === 'selected' ? selection : undefined}
            total={rows}
            columns={fieldsShown(PEOPLE_COLUMNS, view.layout)}
            onClose={() => setExporting(undefined)}
          />
        </Suspense>
      )}
      {bulk && (
        <Suspense>
          <BulkDialog
            action={bulk}
            selection={selection}
            filter={filter}
            onClose={() => setBulk(undefined)}
            onBegun={() => setSelection(NOTHING)}
          />
        </Suspense>
      )}
      {search.add && customer && <UserDialog customer={customer} onClose={() => setAdd(undefined)} />}
    </div>
  );
}
