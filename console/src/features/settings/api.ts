import { queryOptions } from '@tanstack/react-query';
import { api, ifMatch, take } from '../../api/client';
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

type How = {
  dry_run?: boolean;
  /** Only if nobody has changed the owner since. */
  version?: number;
};

export function setSetting(owner: Owner, name: string, body: SettingSet, how: How = {}): Promise<SettingChange> {
  const request = { ...requestOf(owner, name, how), body };
  return owner.noun === 'customers'
    ? take(api.PUT('/api/v1/customers/{id}/settings/{name}', request))
    : take(api.PUT('/api/v1/devices/{id}/settings/{name}', request));
}

export function inheritSetting(owner: Owner, name: string, how: How = {}): Promise<SettingChange> {
  const request = requestOf(owner, name, how);
  return owner.noun === 'customers'
    ? take(api.DELETE('/api/v1/customers/{id}/settings/{name}', request))
    : take(api.DELETE('/api/v1/devices/{id}/settings/{name}', request));
}

function requestOf({ id }: Owner, name: string, { dry_run = false, version }: How) {
  return {
    params: { path: { id, name }, query: { dry_run } },
    headers: version === undefined ? {} : ifMatch(version),
  };
}
