import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Ellipsis, Plus } from 'lucide-react';
import { Suspense, useCallback, useMemo, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { Customer } from '../../api/schema';
import type { LevelChoice } from '../../app/search';
import { useMay, useMe, useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { countedTo } from '../../lib/format';
import { customerName, LEVEL_PLURAL, LEVELS } from '../../lib/words';
import { Blank, ListFailed } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { Grid } from '../../ui/grid/Grid';
import { SearchBox } from '../../ui/grid/SearchBox';
import { NOTHING, sizeOf } from '../../ui/grid/selection';
import { SelectionBar } from '../../ui/grid/SelectionBar';
import { useSelection } from '../../ui/grid/useSelection';
import { ViewButton } from '../../ui/grid/ViewButton';
import { useWindow, type RowWindow } from '../../ui/grid/useWindow';
import { intoView } from '../../ui/intoView';
import { lazyDialog, lazyPart } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { customerQuery, LEVELS_BELOW, listCustomers, withoutSites, type CustomerFilter } from './api';
import { offersFor, type BulkName } from './bulk';
import { COLUMNS } from './columns';
import { useTitle } from '../../ui/useTitle';

const BulkDialog = lazyDialog(async () => (await import('./BulkDialog')).CustomersBulkDialog);
const FirstSteps = lazyPart(async () => (await import('./FirstSteps')).FirstSteps);

/** What is done most often; the rest stands in a menu. */
const BUTTONS = 2;

const route = getRouteApi('/frame/customers');

export function CustomersPage() {
  useTitle('Customers');
  const search = route.useSearch();
  const go = useNavigate({ from: '/customers' });
  const [bulk, setBulk] = useState<BulkName>();
  const scope = useScope();
  const scopeName = useScopeName(scope.id);
  const mayCreate = useMay('customer_create');
  const me = useMe();
  const offers = offersFor(me);

  const level = search.level === 'all' ? undefined : search.level;
  const filter: CustomerFilter = useMemo(
    () => ({
      under: search.under,
      q: search.q,
      level,
      // A filter of one's own says by itself whether sites are among what it finds.
      filter: search.filter ?? (search.level ? undefined : withoutSites(search.under)),
    }),
    [search.under, search.q, search.level, level, search.filter],
  );
  const pane = useFilterPane();
  const filterKey = JSON.stringify(filter);
  const [selection, setSelection] = useSelection(filterKey);
  const sort = search.sort ?? 'company_name';
  const rows = useWindow<Customer>({
    key: ['customers', 'list', filter, sort],
    fetch: (range, signal) => listCustomers(filter, sort, range, signal),
  });

  const set = useCallback(
    (change: Partial<typeof search>) => void go({ search: (old) => ({ ...old, ...change }), replace: true }),
    [go],
  );
  const onSearch = useCallback((q: string) => set({ q: q || undefined }), [set]);
  const onSort = (next: string) => set({ sort: next });
  const view = useView('customers', search.columns, (columns) => set({ columns }));
  const selected = sizeOf(selection, rows.total);
  const narrowed = Boolean(search.q || level || search.filter);
  const parent = !narrowed && mayCreate && firstParent(rows, me.customer_id);

  return (
    <div className="list-page" data-selected={selected > 0 || undefined}>
      <header className="page-head">
        <div className="page-title">
          <h1>Customers</h1>
          {!rows.loading && !rows.error && scopeName && (
            <p className="quiet" role="status">
              <span className="number">{countedTo(rows)}</span> in {scopeName} and below
            </p>
          )}
        </div>
        {mayCreate && (
          <div className="page-actions">
            <LinkButton kind="primary" to="/customers/new" search={{ parent: search.under }}>
              <Plus className="icon-s" aria-hidden />
              Add customer
            </LinkButton>
          </div>
        )}
      </header>
      {/* A filter says by itself whether it wants sites. */}
      <Levels chosen={search.level ?? (search.filter ? 'all' : undefined)} onChoose={(next) => set({ level: next })} />
      <div className="bar" data-covered={selected > 0 || undefined}>
        <SearchBox label="Name, email or reference" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewButton columns={COLUMNS} view={view} sort={sort} onSort={onSort} />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        {offers.slice(0, BUTTONS).map(({ name, label, icon: Icon }) => (
          <Button key={name} size="s" onPress={() => setBulk(name)}>
            <Icon className="icon-s" aria-hidden />
            {label}
          </Button>
        ))}
        {offers.length > BUTTONS && (
          <Menu
            label="More to do with the selection"
            trigger={
              <AriaButton className="button" data-size="s" data-icon aria-label="More to do with the selection">
                <Ellipsis className="icon-s" aria-hidden />
              </AriaButton>
            }
          >
            {offers.slice(BUTTONS).map(({ name, label, icon: Icon, tone }) => (
              <MenuItem
                key={name}
                name={label}
                icon={<Icon className="icon" aria-hidden />}
                {...(tone && { tone })}
                onAction={() => setBulk(name)}
              />
            ))}
          </Menu>
        )}
      </SelectionBar>
      <Filtered
        noun="customers"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under, q: search.q, level }}
        error={rows.error}
        onChange={(next) => set({ filter: next })}
      >
        <div className="list">
          {rows.error ? (
            <ListFailed what="The customers" error={rows.error} onRetry={rows.retry} />
          ) : (
            <Grid
              label="Customers"
              columns={COLUMNS}
              window={rows}
              rowId={(customer) => customer.id}
              rowName={customerName}
              onOpen={(customer) => void go({ to: '/customers/$id', params: { id: customer.id } })}
              sort={sort}
              onSort={onSort}
              {...(offers.length > 0 && { selection: { value: selection, set: setSelection } })}
              filter={filterKey}
              compact={view.compact}
              layout={{ value: view.layout, set: view.setLayout }}
              after={
                parent && (
                  <Suspense>
                    <FirstSteps parent={parent} />
                  </Suspense>
                )
              }
              blank={
                search.filter ? (
                  <FindsNothing
                    none="No customer"
                    narrowed={Boolean(search.q || level || search.under)}
                    onClear={() => set({ filter: undefined })}
                  />
                ) : (
                  <NoCustomers
                    narrowed={narrowed}
                    chosen={scope.chosen}
                    onClear={() => void go({ search: { under: search.under } })}
                    onWhole={() => void go({ search: { q: search.q, level: search.level, under: undefined } })}
                  />
                )
              }
            />
          )}
        </div>
      </Filtered>
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
    </div>
  );
}

type LevelsProps = { chosen: LevelChoice; onChoose: (level: LevelChoice) => void };

/** The levels that can stand below the caller, as tabs. */
function Levels({ chosen, onChoose }: LevelsProps) {
  const { customer_level } = useMe();
  const reachable = levelsBelow(customer_level);
  const tabs: LevelChoice[] = [undefined, ...LEVELS.filter((level) => reachable.has(level)), 'all'];
  return (
    <nav className="tabs list-tabs" aria-label="Levels">
      {tabs.map((level) => (
        <button
          key={level ?? ''}
          type="button"
          className="tab"
          ref={intoView}
          aria-current={chosen === level ? 'page' : undefined}
          onClick={() => onChoose(level)}
        >
          {level === undefined ? 'All but sites' : level === 'all' ? 'All' : LEVEL_PLURAL[level]}
        </button>
      ))}
    </nav>
  );
}

type NoCustomersProps = { narrowed: boolean; chosen: boolean; onClear: () => void; onWhole: () => void };

function NoCustomers({ narrowed, chosen, onClear, onWhole }: NoCustomersProps) {
  return (
    <Blank title="No customer fits">
      <p>{chosen ? 'Search for something else, or look in the whole tree.' : 'Search for something else.'}</p>
      {narrowed && <Button onPress={onClear}>Clear search and level</Button>}
      {chosen && <Button onPress={onWhole}>Look in the whole tree</Button>}
    </Blank>
  );
}

/**
 * Where nothing was added yet, whom the first customer stands under. What is there from the beginning: the caller's own
 * customer, and what the setup has made.
 */
function firstParent(rows: RowWindow<Customer>, own: string): string | undefined {
  if (rows.loading || rows.total > 3) return undefined;
  const shown = [0, 1, 2].slice(0, rows.total).map((index) => rows.rowAt(index));
  if (!shown.every((customer) => customer?.is_default || customer?.id === own)) return undefined;
  return shown.find((customer) => customer?.level === 'reseller')?.id ?? own;
}

function useScopeName(id: string): string | undefined {
  const customer = useQuery(customerQuery(id)).data;
  return customer && customerName(customer);
}

function levelsBelow(level: Customer['level']): Set<Customer['level']> {
  const found = new Set<Customer['level']>();
  for (const below of LEVELS_BELOW[level]) {
    found.add(below);
    for (const deeper of levelsBelow(below)) found.add(deeper);
  }
  return found;
}
