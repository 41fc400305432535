import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, type ReactNode } from 'react';
import type { Device } from '../../api/schema';
import { ListFailed } from '../../ui/Blank';
import type { View } from '../../app/useView';
import { Grid, type Column } from '../../ui/grid/Grid';
import type { Selection } from '../../ui/grid/selection';
import type { RowWindow } from '../../ui/grid/useWindow';
import { storageLocationsQuery } from '../customers/api';
import { deviceColumns } from './columns';

type DeviceListProps = {
  window: RowWindow<Device>;
  columns: Column<Device>[];
  sort: string;
  onSort: (sort: string) => void;
  filter: string;
  blank: ReactNode;
  view?: View;
  /** Without it rows can't be selected. */
  selection?: { value: Selection; set: (selection: Selection) => void };
};

export function DeviceList({ window, view, ...rest }: DeviceListProps) {
  const go = useNavigate();
  if (window.error) return <ListFailed what="The devices" error={window.error} onRetry={window.retry} />;
  return (
    <Grid
      {...rest}
      {...(view && { layout: { value: view.layout, set: view.setLayout }, compact: view.compact })}
      label="Devices"
      window={window}
      rowId={(device) => device.id}
      rowName={(device) => device.name}
      onOpen={(device) => void go({ to: '/devices/$id', params: { id: device.id } })}
    />
  );
}

/** `withCustomer`: rows say whose they are. */
export function useDeviceColumns(withCustomer: boolean): Column<Device>[] {
  const locations = useQuery(storageLocationsQuery()).data;
  return useMemo(() => {
    const name = (id: string) => locations?.find((location) => location.id === id)?.name ?? '';
    return deviceColumns(name, withCustomer);
  }, [locations, withCustomer]);
}
