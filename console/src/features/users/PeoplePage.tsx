import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useCallback } from 'react';
import type { User } from '../../api/schema';
import { useMay, useScope } from '../../app/useMe';
import { countedTo } from '../../lib/format';
import { customerName, offers, refusalOf } from '../../lib/words';
import { Blank } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { SearchBox } from '../../ui/grid/SearchBox';
import { useWindow } from '../../ui/grid/useWindow';
import { customerQuery } from '../customers/api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { listUsers } from './api';
import { PeopleList } from './PeopleList';
import { UserDialog } from './UserDialog';
import { useTitle } from '../../ui/useTitle';

const route = getRouteApi('/frame/people');

/** Every account of a person at and below the chosen customer. */
export function PeoplePage() {
  useTitle('People');
  const search = route.useSearch();
  const go = useNavigate({ from: '/people' });
  const scope = useScope();
  const mayAdd = useMay('user_create');
  const customer = useQuery(customerQuery(scope.id)).data;
  const filter = { under: search.under, q: search.q, filter: search.filter };
  const pane = useFilterPane();
  const sort = search.sort ?? 'name';
  const rows = useWindow<User>({
    key: ['users', 'list', filter, sort],
    fetch: (range, signal) => listUsers(filter, sort, range, signal),
  });
  const onSearch = useCallback(
    (q: string) => void go({ search: (old) => ({ ...old, q: q || undefined }), replace: true }),
    [go],
  );
  const onFilter = (next: string | undefined) =>
    void go({ search: (old) => ({ ...old, filter: next }), replace: true });
  const setAdd = (add: 'yes' | undefined) =>
    void go({ search: (old) => ({ ...old, add }), replace: true, ignoreBlocker: true });
  return (
    <div className="list-page">
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
      <div className="bar">
        <SearchBox label="Name or email" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
        </div>
      </div>
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
            onSort={(next) => void go({ search: (old) => ({ ...old, sort: next }), replace: true })}
            filter={JSON.stringify(filter)}
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
      {search.add && customer && <UserDialog customer={customer} onClose={() => setAdd(undefined)} />}
    </div>
  );
}
