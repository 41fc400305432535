import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useMay } from '../../app/useMe';
import { storageLocationsQuery } from '../customers/api';
import { plansQuery, productsQuery } from '../products/api';

/** What the ids in changes are called: of the catalogues, which everybody reads and which are short. */
export function useNames(): ReadonlyMap<string, string> {
  const locations = useQuery(storageLocationsQuery()).data;
  const products = useQuery({ ...productsQuery(), enabled: useMay('product_list') }).data;
  const plans = useQuery({ ...plansQuery(), enabled: useMay('plan_list') }).data;
  return useMemo(
    () =>
      new Map([locations, products, plans].flatMap((list) => (list ?? []).map(({ id, name }) => [id, name] as const))),
    [locations, products, plans],
  );
}
