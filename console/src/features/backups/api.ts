import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Device } from '../../api/schema';

/** The last days of a device. Its path stands in the key: what happens there is what makes it another. */
export function historyQuery({ id, path }: Pick<Device, 'id' | 'path'>) {
  return queryOptions({
    queryKey: ['history', id, path],
    queryFn: ({ signal }) => take(api.GET('/api/v1/devices/{id}/history', { params: { path: { id } }, signal })),
  });
}
