import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type { Customer, Template, TemplateCreate, TemplateUpdate } from '../../api/schema';

/** Those that can be assigned at a customer. */
export function templatesQuery(customer: string) {
  return queryOptions({
    queryKey: ['templates', customer],
    queryFn: async ({ signal }): Promise<Template[]> => {
      const params = { path: { id: customer } };
      return (await take(api.GET('/api/v1/customers/{id}/templates', { params, signal }))).items;
    },
  });
}

export function createTemplate(customer: string, body: TemplateCreate, key: string): Promise<Template> {
  const params = { path: { id: customer } };
  return take(api.POST('/api/v1/customers/{id}/templates', { params, headers: { 'Idempotency-Key': key }, body }));
}

export function updateTemplate({ id, version }: Template, body: TemplateUpdate): Promise<Template> {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/templates/{id}', { params, headers: ifMatch(version), body }));
}

export function deleteTemplate(id: string): Promise<void> {
  return gone(done(api.DELETE('/api/v1/templates/{id}', { params: { path: { id } } })));
}

export function assignTemplate(customer: string, template_id: string): Promise<Customer> {
  return take(
    api.PUT('/api/v1/customers/{id}/template', { params: { path: { id: customer } }, body: { template_id } }),
  );
}

export function detachTemplate(customer: string): Promise<Customer> {
  return take(api.DELETE('/api/v1/customers/{id}/template', { params: { path: { id: customer } } }));
}
