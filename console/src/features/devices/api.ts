import { queryOptions } from '@tanstack/react-query';
import { api, ifMatch, take } from '../../api/client';
import type { Device, DeviceCredentials } from '../../api/schema';
import type { Page } from '../../ui/grid/useWindow';

export type DeviceFilter = {
  under?: string | undefined;
  q?: string | undefined;
  filter?: string | undefined;
};

export async function listDevices(
  filter: DeviceFilter,
  sort: string,
  range: { offset: number; limit: number },
  signal?: AbortSignal,
) {
  const query = { ...filter, sort, ...range };
  const page: Page<Device> = await take(api.GET('/api/v1/devices', { params: { query }, signal }));
  return page;
}

/** The devices below a customer that hold most. */
export function largestDevicesQuery(under: string, limit: number) {
  return queryOptions({
    queryKey: ['devices', 'largest', under, limit],
    queryFn: ({ signal }) => listDevices({ under }, '-used_bytes', { offset: 0, limit }, signal),
  });
}

export function deviceQuery(id: string) {
  return queryOptions({
    queryKey: ['devices', 'one', id],
    queryFn: ({ signal }) => showDevice(id, signal),
  });
}

export function showDevice(id: string, signal?: AbortSignal): Promise<Device> {
  return take(api.GET('/api/v1/devices/{id}', { params: { path: { id } }, signal }));
}

export function renameDevice(device: Device, name: string): Promise<Device> {
  const params = { path: { id: device.id }, header: ifMatch(device.version) };
  return take(api.PATCH('/api/v1/devices/{id}', { params, headers: ifMatch(device.version), body: { name } }));
}

export function issueCredentials(id: string, key: string): Promise<DeviceCredentials> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/devices/{id}/credentials', { params: { path: { id } }, headers }));
}
