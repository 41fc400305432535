import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type { Webhook, WebhookCreate, WebhookCreated, WebhookDelivery, WebhookUpdate } from '../../api/schema';

export function webhooksQuery(customer: string) {
  return queryOptions({
    queryKey: ['webhooks', customer],
    queryFn: async ({ signal }): Promise<Webhook[]> => {
      const params = { path: { id: customer } };
      return (await take(api.GET('/api/v1/customers/{id}/webhooks', { params, signal }))).items;
    },
  });
}

/** What was sent to one of them, the newest first. */
export function deliveriesQuery(id: string) {
  return queryOptions({
    queryKey: ['webhooks', 'deliveries', id],
    queryFn: async ({ signal }): Promise<WebhookDelivery[]> =>
      (await take(api.GET('/api/v1/webhooks/{id}/deliveries', { params: { path: { id } }, signal }))).items,
    // Messages go their way without that anything changes.
    refetchInterval: 2000,
  });
}

export function createWebhook(customer: string, body: WebhookCreate, key: string): Promise<WebhookCreated> {
  const headers = { 'Idempotency-Key': key };
  return take(api.POST('/api/v1/customers/{id}/webhooks', { params: { path: { id: customer } }, headers, body }));
}

export function updateWebhook({ id, version }: Webhook, body: WebhookUpdate): Promise<Webhook> {
  const params = { path: { id }, header: ifMatch(version) };
  return take(api.PATCH('/api/v1/webhooks/{id}', { params, headers: ifMatch(version), body }));
}

export function deleteWebhook(id: string): Promise<void> {
  return gone(done(api.DELETE('/api/v1/webhooks/{id}', { params: { path: { id } } })));
}

export function renewSecret(id: string): Promise<WebhookCreated> {
  return take(api.POST('/api/v1/webhooks/{id}/secret', { params: { path: { id } } }));
}

export function testWebhook(id: string): Promise<WebhookDelivery> {
  return take(api.POST('/api/v1/webhooks/{id}/test', { params: { path: { id } } }));
}

export function replayDelivery(id: string): Promise<WebhookDelivery> {
  return take(api.POST('/api/v1/webhook_deliveries/{id}/replay', { params: { path: { id } } }));
}
