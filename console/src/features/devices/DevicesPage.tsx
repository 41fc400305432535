import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Device } from '../../api/schema';
import { useScope } from '../../app/useMe';
import { useView } from '../../app/useView';
import { count } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Blank } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { ViewButton } from '../../ui/grid/ViewButton';
import { SearchBox } from '../../ui/grid/SearchBox';
import { useWindow } from '../../ui/grid/useWindow';
import { customerQuery } from '../customers/api';
import { FilterButton } from '../filter/FilterButton';
import { Filtered, FindsNothing } from '../filter/Filtered';
import { useFilterPane } from '../filter/useFilterPane';
import { listDevices } from './api';
import { DeviceList, useDeviceColumns } from './DeviceList';
import { useTitle } from '../../ui/useTitle';

const route = getRouteApi('/frame/devices');

/** Every device at and below the chosen customer. */
export function DevicesPage() {
  useTitle('Devices');
  const search = route.useSearch();
  const go = useNavigate({ from: '/devices' });
  const scope = useScope();
  const scopeCustomer = useQuery(customerQuery(scope.id)).data;
  const filter = { under: search.under, q: search.q, filter: search.filter };
  const pane = useFilterPane();
  const sort = search.sort ?? 'name';
  const rows = useWindow<Device>({
    key: ['devices', 'list', filter, sort],
    fetch: (range, signal) => listDevices(filter, sort, range, signal),
  });
  const onSearch = useCallback(
    (q: string) => void go({ search: (old) => ({ ...old, q: q || undefined }), replace: true }),
    [go],
  );
  const onFilter = (next: string | undefined) =>
    void go({ search: (old) => ({ ...old, filter: next }), replace: true });
  const onSort = (next: string) => void go({ search: (old) => ({ ...old, sort: next }), replace: true });
  const columns = useDeviceColumns(true);
  const view = useView(
    'devices',
    search.columns,
    (next) => void go({ search: (old) => ({ ...old, columns: next }), replace: true }),
  );
  return (
    <div className="list-page">
      <header className="page-head">
        <div className="page-title">
          <h1>Devices</h1>
          {!rows.loading && !rows.error && scopeCustomer && (
            <p className="quiet" role="status">
              <span className="number">{count(rows.total)}</span> in {customerName(scopeCustomer)} and below
            </p>
          )}
        </div>
      </header>
      <div className="bar">
        <SearchBox label="Name or system" value={search.q ?? ''} onChange={onSearch} />
        <div className="bar-end">
          <FilterButton pane={pane} filter={search.filter} />
          <ViewButton columns={columns} view={view} sort={sort} onSort={onSort} />
        </div>
      </div>
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
            filter={JSON.stringify(filter)}
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
    </div>
  );
}
