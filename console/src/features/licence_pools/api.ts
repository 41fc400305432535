import { queryOptions } from '@tanstack/react-query';
import { api, ifMatch, take } from '../../api/client';
import type { LicencePool, PoolQuantity } from '../../api/schema';

/** What a customer may hand out of each product. */
export function licencePoolsQuery(customer: string) {
  return queryOptions({
    queryKey: ['licence_pools', customer],
    queryFn: async ({ signal }): Promise<LicencePool[]> => {
      const params = { path: { id: customer } };
      return (await take(api.GET('/api/v1/customers/{id}/licence_pools', { params, signal }))).items;
    },
  });
}

export function setLicencePool(customer: string, pool: LicencePool, quantity: PoolQuantity): Promise<LicencePool> {
  const header = ifMatch(pool.version);
  const params = { path: { id: customer, product_id: pool.product_id }, header };
  const body = { quantity };
  return take(api.PUT('/api/v1/customers/{id}/licence_pools/{product_id}', { params, headers: header, body }));
}
