import { queryOptions } from '@tanstack/react-query';
import { api, ifMatch, take } from '../../api/client';
import type {
  StorageLocation,
  StorageLocationCreate,
  StorageLocationUpdate,
  StoragePool,
  StoragePoolCreate,
  StoragePoolUpdate,
} from '../../api/schema';

export function createLocation(body: StorageLocationCreate, key: string): Promise<StorageLocation> {
  return take(api.POST('/api/v1/storage_locations', { body, headers: { 'Idempotency-Key': key } }));
}

export function updateLocation({ id, version }: StorageLocation, body: StorageLocationUpdate) {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/storage_locations/{id}', { params, headers: ifMatch(version), body }));
}

/** How a pool does changes by itself. */
const LOOK_EVERY = 10_000;

export function storagePoolsQuery() {
  return queryOptions({
    queryKey: ['storage_pools'],
    queryFn: async ({ signal }): Promise<StoragePool[]> =>
      (await take(api.GET('/api/v1/storage_pools', { signal }))).items,
    refetchInterval: LOOK_EVERY,
  });
}

export function createPool(body: StoragePoolCreate, key: string): Promise<StoragePool> {
  return take(api.POST('/api/v1/storage_pools', { body, headers: { 'Idempotency-Key': key } }));
}

export function updatePool({ id, version }: StoragePool, body: StoragePoolUpdate): Promise<StoragePool> {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/storage_pools/{id}', { params, headers: ifMatch(version), body }));
}
