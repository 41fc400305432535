import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Pause, Play, Plus, Rows3, Rows4, X } from 'lucide-react';
import { Suspense, useCallback, useMemo, useState } from 'react';
import type { Customer } from '../../api/schema';
import { useMay, useMe, useScope } from '../../app/useMe';
import { count, countedTo } from '../../lib/format';
import { useStored } from '../../lib/useStored';
import { customerName, LEVEL_PLURAL, LEVELS } from '../../lib/words';
import { Blank, ListFailed } from '../../ui/Blank';
import { Button, IconButton, LinkButton } from '../../ui/Button';
import { Grid } from '../../ui/grid/Grid';
import { useListMemory } from '../../ui/grid/memory';
import { SearchBox } from '../../ui/grid/SearchBox';
import { EVERYTHING, NOTHING, sizeOf, type Selection } from '../../ui/grid/selection';
import { useWindow, type RowWindow } from '../../ui/grid/useWindow';
import { intoView } from '../../ui/intoView';
import { lazyPart } from '../../ui/lazily';
import { customerQuery, LEVELS_BELOW, listCustomers, type CustomerFilter } from './api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { BulkDialog } from './BulkDialog';
import type { BulkAction } from './bulk';
import { COLUMNS } from './columns';
import { useTitle } from '../../ui/useTitle';

const FirstSteps = lazyPart(async () => (await import('./FirstSteps')).FirstSteps);

const route = getRouteApi('/frame/customers');

export function CustomersPage() {
  useTitle('Customers');
  const search = route.useSearch();
  const go = useNavigate({ from: '/customers' });
  const { recall } = useListMemory();
  const [selection, setSelection] = useState<Selection>(() => recall().selection);
  const [bulk, setBulk] = useState<BulkAction>();
  const [compact, setCompact] = useStored('compact', false);
  const scope = useScope();
  const scopeName = useScopeName(scope.id);
  const mayCreate = useMay('customer_create');
  const maySwitch = useMay('customer_suspend');
  const me = useMe();

  const filter: CustomerFilter = useMemo(
    () => ({ under: search.under, q: search.q, level: search.level, filter: search.filter }),
    [search.under, search.q, search.level, search.filter],
  );
  const pane = useFilterPane();
  const filterKey = JSON.stringify(filter);
  const sort = search.sort ?? 'company_name';
  const rows = useWindow<Customer>({
    key: ['customers', 'list', filter, sort],
    fetch: (range, signal) => listCustomers(filter, sort, range, signal),
  });
  useClearWhen(filterKey, () => setSelection(NOTHING));

  const set = useCallback(
    (change: Partial<typeof search>) => void go({ search: (old) => ({ ...old, ...change }), replace: true }),
    [go],
  );
  const onSearch = useCallback((q: string) => set({ q: q || undefined }), [set]);
  const selected = sizeOf(selection, rows.total);
  const narrowed = Boolean(search.q || search.level || search.filter);
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
      <Levels chosen={search.level} onChoose={(level) => set({ level })} />
      <div className="bar" data-covered={selected > 0 || undefined}>
        <SearchBox label="Name, email or reference" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <IconButton
            size="s"
            label={compact ? 'Comfortable rows' : 'Compact rows'}
            onPress={() => setCompact(!compact)}
          >
            {compact ? <Rows3 className="icon-s" aria-hidden /> : <Rows4 className="icon-s" aria-hidden />}
          </IconButton>
        </div>
      </div>
      {selected > 0 && (
        <div className="bar bar-selected" role="toolbar" aria-label="What to do with the selection">
          <IconButton label="Clear the selection" size="s" onPress={() => setSelection(NOTHING)}>
            <X className="icon-s" aria-hidden />
          </IconButton>
          <b className="number" role="status">
            {selection.kind === 'all' && rows.beyond ? countedTo(rows) : count(selected)} selected
          </b>
          {selection.kind === 'some' && selected < rows.total && !rows.beyond && (
            <Button kind="link" onPress={() => setSelection(EVERYTHING)}>
              Select all {count(rows.total)}
            </Button>
          )}
          <div className="bar-end">
            <Button size="s" onPress={() => setBulk('suspend')}>
              <Pause className="icon-s" aria-hidden />
              Suspend
            </Button>
            <Button size="s" onPress={() => setBulk('activate')}>
              <Play className="icon-s" aria-hidden />
              Activate
            </Button>
          </div>
        </div>
      )}
      <Filtered
        noun="customers"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under, q: search.q, level: search.level }}
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
              onSort={(next) => set({ sort: next })}
              {...(maySwitch && { selection: { value: selection, set: setSelection } })}
              filter={filterKey}
              compact={compact}
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
                    narrowed={Boolean(search.q || search.level || search.under)}
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
        <BulkDialog
          action={bulk}
          selection={selection}
          filter={filter}
          onClose={() => setBulk(undefined)}
          onDone={() => setSelection(NOTHING)}
        />
      )}
    </div>
  );
}

type LevelsProps = { chosen: Customer['level'] | undefined; onChoose: (level: Customer['level'] | undefined) => void };

/** The levels that can stand below the caller, as tabs. */
function Levels({ chosen, onChoose }: LevelsProps) {
  const { customer_level } = useMe();
  const reachable = levelsBelow(customer_level);
  const tabs = [undefined, ...LEVELS.filter((level) => reachable.has(level))];
  return (
    <nav className="tabs list-tabs" aria-label="Levels">
      {tabs.map((level) => (
        <button
          key={level ?? 'all'}
          type="button"
          className="tab"
          ref={intoView}
          aria-current={chosen === level ? 'page' : undefined}
          onClick={() => onChoose(level)}
        >
          {level ? LEVEL_PLURAL[level] : 'All'}
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

/** A selection belongs to a filter: it would otherwise act on rows that nobody sees. */
function useClearWhen(key: string, clear: () => void): void {
  const [known, setKnown] = useState(key);
  if (known !== key) {
    setKnown(key);
    clear();
  }
}
