import { queryOptions } from '@tanstack/react-query';
import { api, done, gone, ifMatch, take } from '../../api/client';
import type { NotificationPreview, NotificationRule, NotificationRuleSet } from '../../api/schema';

export function rulesQuery(customer: string) {
  return queryOptions({
    queryKey: ['notification_rules', customer],
    queryFn: async ({ signal }): Promise<NotificationRule[]> => {
      const params = { path: { id: customer } };
      return (await take(api.GET('/api/v1/customers/{id}/notification_rules', { params, signal }))).items;
    },
  });
}

export function createRule(customer: string, body: NotificationRuleSet, key: string): Promise<NotificationRule> {
  const headers = { 'Idempotency-Key': key };
  return take(
    api.POST('/api/v1/customers/{id}/notification_rules', { params: { path: { id: customer } }, headers, body }),
  );
}

export function replaceRule({ id, version }: NotificationRule, body: NotificationRuleSet): Promise<NotificationRule> {
  const headers = ifMatch(version);
  return take(api.PUT('/api/v1/notification_rules/{id}', { params: { path: { id } }, headers, body }));
}

export function deleteRule(id: string): Promise<void> {
  return gone(done(api.DELETE('/api/v1/notification_rules/{id}', { params: { path: { id } } })));
}

export function previewRule(
  customer: string,
  body: NotificationRuleSet,
  signal: AbortSignal,
): Promise<NotificationPreview> {
  const params = { path: { id: customer } };
  return take(api.POST('/api/v1/customers/{id}/notification_rules/preview', { params, body, signal }));
}
