import { queryOptions } from '@tanstack/react-query';
import { api, gone, done, ifMatch, take } from '../../api/client';
import type { Device, DeviceCreate, DeviceCredentials, DeviceDeletion, DeviceSuspend } from '../../api/schema';
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
  const query = { ...filter, sort: sort || undefined, ...range };
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

/** The devices below a customer that lack a backup longest; those that never had one first. */
export function lackingDevicesQuery(under: string, limit: number) {
  return queryOptions({
    queryKey: ['devices', 'lacking', under, limit],
    queryFn: ({ signal }) => listDevices({ under }, 'last_backup_at', { offset: 0, limit }, signal),
  });
}

/** Some devices found by a text. */
export function findDevicesQuery(q: string) {
  return queryOptions({
    queryKey: ['devices', 'find', q],
    queryFn: async ({ signal }) => (await listDevices({ q }, '', { offset: 0, limit: 5 }, signal)).items,
    staleTime: 10_000,
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

export function createDevice(body: DeviceCreate, key: string): Promise<Device> {
  return take(api.POST('/api/v1/devices', { headers: { 'Idempotency-Key': key }, body }));
}

export function approveDevice(id: string): Promise<Device> {
  return take(api.POST('/api/v1/devices/{id}/approve', { params: { path: { id } } }));
}

/** `version`: only if nobody has changed it since. */
export function suspendDevice(id: string, body: DeviceSuspend, version?: number): Promise<Device> {
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/devices/{id}/suspend', { params: { path: { id } }, headers, body }));
}

export function activateDevice(id: string, version?: number): Promise<Device> {
  const headers = version === undefined ? {} : ifMatch(version);
  return take(api.POST('/api/v1/devices/{id}/activate', { params: { path: { id } }, headers }));
}

export function deleteDevice(id: string): Promise<void> {
  return gone(done(api.DELETE('/api/v1/devices/{id}', { params: { path: { id } } })));
}

export function moveDevice(device: Device, customer_id: string): Promise<Device> {
  const params = { path: { id: device.id }, header: ifMatch(device.version) };
  return take(api.PATCH('/api/v1/devices/{id}', { params, headers: ifMatch(device.version), body: { customer_id } }));
}

export function releaseDevice(id: string, reason: string): Promise<Device> {
  return take(api.POST('/api/v1/devices/{id}/release', { params: { path: { id } }, body: { reason } }));
}

export function restoreDevice(id: string): Promise<Device> {
  return take(api.POST('/api/v1/devices/{id}/restore', { params: { path: { id } } }));
}

/** What deleting a device with its backups would do. */
export function foreseeDeletion(id: string): Promise<DeviceDeletion> {
  const params = { path: { id }, query: { data: 'delete' as const, dry_run: true } };
  return take(api.DELETE('/api/v1/devices/{id}', { params }));
}

export function giveUpDevice(id: string, data: 'keep' | 'delete'): Promise<DeviceDeletion> {
  return take(api.DELETE('/api/v1/devices/{id}', { params: { path: { id }, query: { data } } }));
}

/** How many devices below a customer wait to be approved. */
export function pendingQuery(under: string | undefined) {
  const filter = { under, filter: PENDING };
  return queryOptions({
    queryKey: ['devices', 'pending', filter],
    queryFn: async ({ signal }) => (await listDevices(filter, 'name', { offset: 0, limit: 1 }, signal)).total,
  });
}

/** Devices of a customer that were let in by its own password, the first few. */
export function accountDevicesQuery(under: string) {
  const filter = { under, filter: 'by_account == true' };
  return queryOptions({
    queryKey: ['devices', 'by_account', filter],
    queryFn: ({ signal }) => listDevices(filter, 'name', { offset: 0, limit: 5 }, signal),
  });
}

/** The list of those. */
export const PENDING = 'status == pending_approval';

export function issueCredentials(id: string, key: string): Promise<DeviceCredentials> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/devices/{id}/credentials', { params: { path: { id } }, headers }));
}
