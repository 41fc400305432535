import { api, ifMatch, take } from '../../api/client';
import type { StorageLocation, StorageLocationCreate, StorageLocationUpdate } from '../../api/schema';

export function createLocation(body: StorageLocationCreate, key: string): Promise<StorageLocation> {
  return take(api.POST('/api/v1/storage_locations', { body, headers: { 'Idempotency-Key': key } }));
}

export function updateLocation({ id, version }: StorageLocation, body: StorageLocationUpdate) {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/storage_locations/{id}', { params, headers: ifMatch(version), body }));
}
