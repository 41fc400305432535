import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Check, Ellipsis, Pause, Play, Trash2 } from 'lucide-react';
import { Suspense, useCallback, useState } from 'react';
import type { Device } from '../../api/schema';
import { useMay, useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { count, counted } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Blank } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { ViewButton } from '../../ui/grid/ViewButton';
import { SearchBox } from '../../ui/grid/SearchBox';
import { NOTHING, sizeOf } from '../../ui/grid/selection';
import { SelectionBar } from '../../ui/grid/SelectionBar';
import { useSelection } from '../../ui/grid/useSelection';
import { useWindow } from '../../ui/grid/useWindow';
import { Menu, MenuItem } from '../../ui/Menu';
import { customerQuery } from '../customers/api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import type { SettingChoice } from '../settings/choices';
import { listDevices, PENDING, pendingQuery } from './api';
import type { DevicesBulkName } from './bulk';
import { DeviceList, useDeviceColumns } from './DeviceList';
import { orderOf, readList, type ListSearch } from '../../app/search';
import { lazyDialog, useLoaded } from '../../ui/lazily';
import { ExportButton } from '../export/ExportButton';
import { fieldsShown } from '../export/columns';
import { contentOf, isSame } from '../views/content';
import { useSavedView } from '../views/useSavedView';
import { ViewsButton } from '../views/ViewsButton';
import { ViewBar } from '../views/ViewTabs';
import { useTitle } from '../../ui/useTitle';

const ExportDialog = lazyDialog(async () => (await import('../export/ExportDialog')).ExportDialog);

const BulkDialog = lazyDialog(async () => (await import('./BulkDialog')).DevicesBulkDialog);
const loadSettings = async () => (await import('../settings/SettingsItems')).settingsItems;
const SettingsBulkDialog = lazyDialog(async () => (await import('../settings/SettingsBulkDialog')).SettingsBulkDialog);

const route = getRouteApi('/frame/devices');

/** Every device at and below the chosen customer. */
export function DevicesPage() {
  useTitle('Devices');
  const go = useNavigate({ from: '/devices' });
  const saved = useSavedView<ListSearch>({
    noun: 'devices',
    search: route.useSearch(),
    read: readList,
    go: (next, replace) => void go({ search: next, replace, ignoreBlocker: true }),
  });
  const { search, set } = saved;
  const [exporting, setExporting] = useState<'all' | 'selected'>();
  const [bulk, setBulk] = useState<DevicesBulkName>();
  const [setting, setSetting] = useState<SettingChoice>();
  const [mayManage, maySet, mayMany] = [useMay('device_approve'), useMay('device_set_setting'), useMay('bulk_run')];
  const scope = useScope();
  const pending = useQuery(pendingQuery(search.under)).data ?? 0;
  const scopeCustomer = useQuery(customerQuery(scope.id)).data;
  const filter = { under: search.under, q: search.q, filter: search.filter };
  const pane = useFilterPane();
  const filterKey = JSON.stringify(filter);
  const [selection, setSelection] = useSelection(filterKey);
  const sort = orderOf(search, 'name');
  const rows = useWindow<Device>({
    key: ['devices', 'list', filter, sort],
    fetch: (range, signal) => listDevices(filter, sort, range, signal),
  });
  const onSearch = useCallback((q: string) => set({ q: q || undefined }), [set]);
  const onFilter = (next: string | undefined) => set({ filter: next });
  const onSort = (next: string) => set({ sort: next });
  const columns = useDeviceColumns(true);
  const view = useView('devices', search.columns, (next) => set({ columns: next }), saved.layout);
  const content = contentOf(search, view.layout);
  const modified = saved.view !== undefined && !isSame(content, saved.view.content);
  const selected = sizeOf(selection, rows.total) > 0;
  const settingsItems = useLoaded(loadSettings, maySet && selected);
  const chosen = { selection, filter, onBegun: () => setSelection(NOTHING) };
  return (
    <div className="list-page" data-selected={selected || undefined}>
      <header className="page-head">
        <div className="page-title">
          <h1>Devices</h1>
          {!rows.loading && !rows.error && scopeCustomer && (
            <p className="quiet" role="status">
              <span className="number">{count(rows.total)}</span> in {customerName(scopeCustomer)} and below
            </p>
          )}
        </div>
        {pending > 0 && search.filter !== PENDING && (
          <div className="page-actions">
            <Link to="/devices" search={{ under: search.under, filter: PENDING }} className="link">
              {counted(pending, 'device')} {pending === 1 ? 'waits' : 'wait'} for approval
            </Link>
          </div>
        )}
      </header>
      <ViewBar saved={saved} modified={modified} />
      <div className="bar" data-covered={selected || undefined}>
        <SearchBox label="Name, system, fingerprint or ID" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewsButton saved={saved} content={content} modified={modified} />
          <ViewButton columns={columns} view={view} sort={sort} onSort={onSort} />
          <ExportButton onPress={() => setExporting('all')} />
        </div>
      </div>
      <SelectionBar window={rows} selection={selection} onSelect={setSelection}>
        <ExportButton onPress={() => setExporting('selected')} />
        {mayManage && (
          <>
            <Button size="s" onPress={() => setBulk('approve')}>
              <Check className="icon-s" aria-hidden />
              Approve
            </Button>
            <Button size="s" onPress={() => setBulk('suspend')}>
              <Pause className="icon-s" aria-hidden />
              Suspend
            </Button>
          </>
        )}
        {(mayManage || maySet) && (
          <Menu
            label="More to do with the selection"
            trigger={
              <Button size="s" aria-label="More to do with the selection">
                <Ellipsis className="icon-s" aria-hidden />
              </Button>
            }
          >
            {mayManage && (
              <>
                <MenuItem
                  name="Activate…"
                  icon={<Play className="icon" aria-hidden />}
                  onAction={() => setBulk('activate')}
                />
                <MenuItem
                  name="Delete…"
                  tone="danger"
                  icon={<Trash2 className="icon" aria-hidden />}
                  onAction={() => setBulk('delete')}
                />
              </>
            )}
            {settingsItems?.({ noun: 'devices', onChoose: setSetting })}
          </Menu>
        )}
      </SelectionBar>
      <Filtered
        noun="devices"
        pane={pane}
        filter={search.filter}
        narrowing={{ under: search.under, q: search.q }}
        error={rows.error}
        onChange={onFilter}
      >
        <div className="list">
          <DeviceList
            window={rows}
            columns={columns}
            view={view}
            sort={sort}
            onSort={onSort}
            filter={filterKey}
            {...(mayMany && (mayManage || maySet) && { selection: { value: selection, set: setSelection } })}
            blank={
              search.filter ? (
                <FindsNothing
                  none="No device"
                  narrowed={Boolean(search.q || search.under)}
                  onClear={() => onFilter(undefined)}
                />
              ) : search.q ? (
                <Blank title="No device fits">
                  <p>Search for something else.</p>
                  <Button onPress={() => onSearch('')}>Clear the search</Button>
                </Blank>
              ) : (
                <Blank title="No devices yet">
                  <p>A device is added on the page of its end customer: it makes a pass key and a ready command.</p>
                  <LinkButton to="/customers" search={{ under: search.under, level: 'end_customer' }}>
                    Show end customers
                  </LinkButton>
                </Blank>
              )
            }
          />
        </div>
      </Filtered>
      {exporting && (
        <Suspense>
          <ExportDialog
            noun="devices"
            narrowing={filter}
            sort={sort}
            selection={exporting === 'selected' ? selection : undefined}
            total={rows}
            columns={fieldsShown(columns, view.layout)}
            onClose={() => setExporting(undefined)}
          />
        </Suspense>
      )}
      {bulk && (
        <Suspense>
          <BulkDialog action={bulk} {...chosen} onClose={() => setBulk(undefined)} />
        </Suspense>
      )}
      {setting && (
        <Suspense>
          <SettingsBulkDialog noun="devices" choice={setting} {...chosen} onClose={() => setSetting(undefined)} />
        </Suspense>
      )}
    </div>
  );
}
