import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, type ReactNode } from 'react';
import type { Device } from '../../api/schema';
import { ListFailed } from '../../ui/Blank';
import { Grid } from '../../ui/grid/Grid';
import type { RowWindow } from '../../ui/grid/useWindow';
import { storageLocationsQuery } from '../customers/api';
import { deviceColumns } from './columns';

type DeviceListProps = {
  window: RowWindow<Device>;
  withCustomer: boolean;
  sort: string;
  onSort: (sort: string) => void;
  filter: string;
  blank: ReactNode;
};

export function DeviceList({ window, withCustomer, ...rest }: DeviceListProps) {
  const go = useNavigate();
  const locations = useQuery(storageLocationsQuery()).data;
  const columns = useMemo(() => {
    const name = (id: string) => locations?.find((location) => location.id === id)?.name ?? '';
    return deviceColumns(name, withCustomer);
  }, [locations, withCustomer]);
  if (window.error) return <ListFailed what="The devices" error={window.error} onRetry={window.retry} />;
  return (
    <Grid
      {...rest}
      label="Devices"
      columns={columns}
      window={window}
      rowId={(device) => device.id}
      rowName={(device) => device.name}
      onOpen={(device) => void go({ to: '/devices/$id', params: { id: device.id } })}
    />
  );
}
