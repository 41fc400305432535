import { queryOptions } from '@tanstack/react-query';
import { api, ifMatch, take } from '../../api/client';
import type { Plan, PlanCreate, PlanUpdate, Product, ProductCreate, ProductUpdate } from '../../api/schema';

export function productsQuery() {
  return queryOptions({
    queryKey: ['products'],
    queryFn: async ({ signal }): Promise<Product[]> => (await take(api.GET('/api/v1/products', { signal }))).items,
  });
}

export function plansQuery() {
  return queryOptions({
    queryKey: ['plans'],
    queryFn: async ({ signal }): Promise<Plan[]> => (await take(api.GET('/api/v1/plans', { signal }))).items,
  });
}

export function createProduct(body: ProductCreate, key: string): Promise<Product> {
  return take(api.POST('/api/v1/products', { body, headers: { 'Idempotency-Key': key } }));
}

export function updateProduct({ id, version }: Product, body: ProductUpdate): Promise<Product> {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/products/{id}', { params, headers: ifMatch(version), body }));
}

export function createPlan(body: PlanCreate, key: string): Promise<Plan> {
  return take(api.POST('/api/v1/plans', { body, headers: { 'Idempotency-Key': key } }));
}

export function updatePlan({ id, version }: Plan, body: PlanUpdate): Promise<Plan> {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/plans/{id}', { params, headers: ifMatch(version), body }));
}
