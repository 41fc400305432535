import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { CalendarPlus, Ellipsis, Pencil, Plus } from 'lucide-react';
import { Suspense, useCallback, useMemo, useState, type ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { Customer } from '../../api/schema';
import { orderOf, readCustomers, type CustomersSearch, type LevelChoice } from '../../app/search';
import { useMay, useMe, useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { customerName, LEVEL_PLURAL, LEVELS } from '../../lib/words';
import { Blank, ListFailed } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { Grid } from '../../ui/grid/Grid';
import { SearchBox } from '../../ui/grid/SearchBox';
import { EVERYTHING, NOTHING, sizeOf } from '../../ui/grid/selection';
import { SelectionBar } from '../../ui/grid/SelectionBar';
import { useSelection } from '../../ui/grid/useSelection';
import { ViewButton } from '../../ui/grid/ViewButton';
import { useWindow, type RowWindow } from '../../ui/grid/useWindow';
import { intoView } from '../../ui/intoView';
import { lazyDialog, lazyPart, useLoaded } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import { both } from '../filter/both';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { LEVELS_BELOW, listCustomers, withoutSites, type CustomerFilter } from './api';
import { offersFor, type BulkName } from './bulk';
import { customersOf, licencesOf, rowId, rowsOf, sitesOf } from './bySite';
import { COLUMNS, COLUMNS_BY_SITE } from './columns';
import { ListCount } from './ListCount';
import { MANAGED_HERE, ManagedChoice, ManagedNote } from './Managed';
import { useTitle } from '../../ui/useTitle';
import type { SettingChoice } from '../settings/choices';
import { ExportButton } from '../export/ExportButton';
import { fieldsShown } from '../export/columns';
import { contentOf, isSame } from '../views/content';
import { useSavedView } from '../views/useSavedView';
import { ViewsButton } from '../views/ViewsButton';
import { ViewTabs } from '../views/ViewTabs';

const BulkDialog = lazyDialog(async () => (await import('./BulkDialog')).CustomersBulkDialog);
const ExportDialog = lazyDialog(async () => (await import('../export/ExportDialog')).ExportDialog);
const loadSettings = async () => (await import('../settings/SettingsItems')).settingsItems;
const SettingsBulkDialog = lazyDialog(async () => (await import('../settings/SettingsBulkDialog')).SettingsBulkDialog);
const RenewDialog = lazyDialog(async () => (await import('../licences/RenewDialog')).RenewDialog);
const FirstSteps = lazyPart(async () => (await import('./FirstSteps')).FirstSteps);

const TOO_MANY = 'Tick up to a hundred customers; all below one are renewed on the page of licences.';

/** What is done most often; the rest stands in a menu. */
const BUTTONS = 2;

const route = getRouteApi('/frame/customers');

export function CustomersPage() {
  useTitle('Customers');
  const go = useNavigate({ from: '/customers' });
  const saved = useSavedView<CustomersSearch>({
    noun: 'customers',
    search: route.useSearch(),
    read: readCustomers,
    go: (next, replace) => void go({ search: next, replace, ignoreBlocker: true }),
  });
  const { search, set } = saved;
  const [bulk, setBulk] = useState<BulkName>();
  const [setting, setSetting] = useState<SettingChoice>();
  const [exporting, setExporting] = useState<'all' | 'selected'>();
  const scope = useScope();
  const mayCreate = useMay('customer_create');
  const mayFindRemoved = useMay('removed_customer_list');
  const maySet = useMay('customer_set_setting');
  const mayEdit = useMay('customer_update');
  const mayRenew = useMay('licence_renew');
  const [renewing, setRenewing] = useState(false);
  const me = useMe();
  const bySite = search.level === 'by_site';
  const offers = offersFor(me, bySite);
  const columns = bySite ? COLUMNS_BY_SITE : COLUMNS;

  const level = search.level === 'all' || search.level === 'by_site' ? undefined : search.level;
  // A filter that speaks of levels says by itself whether sites are among what it finds.
  const isAll = search.level === undefined && /\blevel\b/u.test(search.filter ?? '');
  const without = search.level || isAll ? undefined : withoutSites(search.under);
  const managed = me.view_settings.managed_accounts === 'managed_here' ? MANAGED_HERE : undefined;
  const left = both(without, managed);
  const filter: CustomerFilter = useMemo(
    () => ({
      under: search.under,
      q: search.q,
      level,
      filter: both(search.filter, left),
      rows: bySite ? 'site' : undefined,
    }),
    [search.under, search.q, level, search.filter, left, bySite],
  );
  const pane = useFilterPane();
  const filterKey = JSON.stringify(filter);
  const [selection, setSelection] = useSelection(filterKey);
  const sort = orderOf(search, 'company_name');
  const rows = useWindow<Customer>({
    key: ['customers', 'list', filter, sort],
    fetch: (range, signal) => listCustomers(filter, sort, range, signal),
  });

  const onSearch = useCallback((q: string) => set({ q: q || undefined }), [set]);
  const onSort = (next: string) => set({ sort: next });
  const list = bySite ? 'sites' : 'customers';
  const view = useView(list, search.columns, (next) => set({ columns: next }), saved.layout);
  const content = contentOf(search, view.layout);
  const modified = saved.view !== undefined && !isSame(content, saved.view.content);
  const selected = sizeOf(selection, rows.total);
  const settingsItems = useLoaded(loadSettings, maySet && selected > 0);
  const chosen = filter.rows ? customersOf({ selection, filter }) : { selection, filter };
  const licences = licencesOf(chosen);
  const only =
    chosen.selection.kind === 'some' && chosen.selection.ids.size === 1 ? [...chosen.selection.ids][0] : undefined;
  const narrowed = Boolean(search.q || level || search.filter);
  const parent = !narrowed && mayCreate && firstParent(rows, me.customer_id);

  return (
    <div className="list-page" data-selected={selected > 0 || undefined}>
      <header className="page-head">
        <div className="page-title">
          <h1>Customers</h1>
          {!rows.loading && !rows.error && <ListCount rows={rows} search={search} left={managed !== undefined} />}
          <ManagedNote />
        </div>
        <div className="page-actions">
          {mayFindRemoved && (
            <LinkButton kind="quiet" to="/removed" search={{ under: search.under }}>
              Deleted customers
            </LinkButton>
          )}
          {mayCreate && (
            <LinkButton kind="primary" to="/customers/new" search={{ parent: search.under }}>
              <Plus className="icon-s" aria-hidden />
              Add customer
            </LinkButton>
          )}
        </div>
      </header>
      <Levels
        chosen={saved.view ? NO_LEVEL : isAll ? 'all' : search.level}
        onChoose={(next) => (saved.view ? saved.open(undefined, { level: next }) : set({ level: next }))}
      >
        <ViewTabs saved={saved} modified={modified} />
      </Levels>
      <div className="bar" data-covered={selected > 0 || undefined}>
        <SearchBox label="Name, contact, email, phone, address, reference" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewsButton saved={saved} content={content} modified={modified} />
          <ViewButton columns={columns} view={view} sort={sort} onSort={onSort} more={<ManagedChoice />} />
          <ExportButton onPress={() => setExporting('all')} />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        <ExportButton onPress={() => setExporting('selected')} />
        {only && mayEdit && (
          <LinkButton size="s" to="/customers/$id/edit" params={{ id: only }}>
            <Pencil className="icon-s" aria-hidden />
            Edit
          </LinkButton>
        )}
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
            {mayRenew && (
              <MenuItem
                name="Renew licences…"
                icon={<CalendarPlus className="icon" aria-hidden />}
                refusal={licencesOf(chosen) ? undefined : TOO_MANY}
                onAction={() => setRenewing(true)}
              />
            )}
            {settingsItems?.({ noun: 'customers', onChoose: setSetting })}
          </Menu>
        )}
      </SelectionBar>
      <Filtered
        noun="customers"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under, q: search.q, level, filter: left }}
        error={rows.error}
        onChange={(next) => set({ filter: next })}
      >
        <div className="list">
          {rows.error ? (
            <ListFailed what="The customers" error={rows.error} onRetry={rows.retry} />
          ) : (
            <Grid
              label="Customers"
              columns={columns}
              window={rows}
              rowId={rowId}
              rowName={(customer) => [customerName(customer), customer.site?.name].filter(Boolean).join(', ')}
              onOpen={(customer) => void go({ to: '/customers/$id', params: { id: customer.id } })}
              sort={sort}
              onSort={onSort}
              selection={{ value: selection, set: setSelection }}
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
                    onClear={() => saved.open(undefined)}
                    onWhole={() => set({ under: undefined })}
                  />
                )
              }
            />
          )}
        </div>
      </Filtered>
      {exporting && (
        <Suspense>
          <ExportDialog
            noun="customers"
            {...exportOf(exporting, { selection, filter }, sort)}
            total={rows}
            columns={fieldsShown(columns, view.layout)}
            onClose={() => setExporting(undefined)}
          />
        </Suspense>
      )}
      {bulk && (
        <Suspense>
          <BulkDialog
            action={bulk}
            {...targets(bulk, { selection, filter })}
            onClose={() => setBulk(undefined)}
            onBegun={() => setSelection(NOTHING)}
          />
        </Suspense>
      )}
      {renewing && licences && (
        <Suspense>
          <RenewDialog
            selection={EVERYTHING}
            filter={licences}
            onClose={() => setRenewing(false)}
            onBegun={() => setSelection(NOTHING)}
          />
        </Suspense>
      )}
      {setting && (
        <Suspense>
          <SettingsBulkDialog
            noun="customers"
            choice={setting}
            {...chosen}
            onClose={() => setSetting(undefined)}
            onBegun={() => setSelection(NOTHING)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** What an action is done to: in a list by site to customers, unless it is meant for the sites themselves. */
function targets(action: BulkName, rows: Parameters<typeof sitesOf>[0]) {
  if (!rows.filter.rows) return rows;
  return action === 'remove_site' ? sitesOf(rows) : customersOf(rows);
}

/** What a file is made of: the whole list, or what is selected of it. */
function exportOf(what: 'all' | 'selected', rows: Parameters<typeof rowsOf>[0], sort: string) {
  const { selection, filter } = what === 'all' ? { ...rows, selection: undefined } : rowsOf(rows);
  return { selection, narrowing: filter, sort };
}

/** None of them: a saved view is shown. */
const NO_LEVEL = 'none';

type LevelsProps = {
  chosen: LevelChoice | typeof NO_LEVEL;
  onChoose: (level: LevelChoice) => void;
  children: ReactNode;
};

/** The levels that can stand below the caller, as tabs. */
function Levels({ chosen, onChoose, children }: LevelsProps) {
  const { customer_level } = useMe();
  const reachable = levelsBelow(customer_level);
  const tabs: LevelChoice[] = [undefined, ...LEVELS.filter((level) => reachable.has(level)), 'by_site', 'all'];
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
          {tabName(level)}
        </button>
      ))}
      {children}
    </nav>
  );
}

function tabName(level: LevelChoice): string {
  if (level === undefined) return 'All but sites';
  if (level === 'all') return 'All';
  return level === 'by_site' ? 'By site' : LEVEL_PLURAL[level];
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

function levelsBelow(level: Customer['level']): Set<Customer['level']> {
  const found = new Set<Customer['level']>();
  for (const below of LEVELS_BELOW[level]) {
    found.add(below);
    for (const deeper of levelsBelow(below)) found.add(deeper);
  }
  return found;
}
