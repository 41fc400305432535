import { queryOptions } from '@tanstack/react-query';
import { api, take } from '../../api/client';
import type { Effective, SettingChange, SettingSet } from '../../api/schema';

/** Whose settings they are. */
export type Owner = {
  noun: 'customers' | 'devices';
  id: string;
  name: string;
  /** Of the customer, or of the one that the device stands under. */
  path: string;
};

export function settingsQuery({ noun, id }: Pick<Owner, 'noun' | 'id'>) {
  return queryOptions({
    queryKey: ['settings', noun, id],
    queryFn: ({ signal }): Promise<Effective> => {
      const params = { path: { id } };
      return noun === 'customers'
        ? take(api.GET('/api/v1/customers/{id}/effective', { params, signal }))
        : take(api.GET('/api/v1/devices/{id}/effective', { params, signal }));
    },
  });
}

type How = { dry_run?: boolean };

export function setSetting({ noun, id }: Owner, name: string, body: SettingSet, how: How = {}): Promise<SettingChange> {
  const params = { path: { id, name }, query: how };
  return noun === 'customers'
    ? take(api.PUT('/api/v1/customers/{id}/settings/{name}', { params, body }))
    : take(api.PUT('/api/v1/devices/{id}/settings/{name}', { params, body }));
}

export function inheritSetting({ noun, id }: Owner, name: string, how: How = {}): Promise<SettingChange> {
  const params = { path: { id, name }, query: how };
  return noun === 'customers'
    ? take(api.DELETE('/api/v1/customers/{id}/settings/{name}', { params }))
    : take(api.DELETE('/api/v1/devices/{id}/settings/{name}', { params }));
}
