import { expect, test } from 'vitest';
import type { Webhook, WebhookDelivery } from '../../api/schema';
import { deliveryText, topicsOf, topicsText, valuesOf } from './words';

const webhook = {
  name: 'Desk',
  url: 'https://example.com/',
  enabled: false,
  topics: ['event.*', 'view.shared'],
} as Webhook;

test('topics are told in words, and those of the API are kept by a form', () => {
  expect(topicsText(webhook)).toBe('Events, view.shared');
  expect(topicsText({ topics: [] })).toBe('Everything');
  const values = valuesOf(webhook);
  expect(values).toMatchObject({ name: 'Desk', enabled: '', 'event.*': 'yes', 'device.*': '' });
  expect(topicsOf({ ...values, 'device.*': 'yes' }, webhook.topics)).toEqual(['event.*', 'device.*', 'view.shared']);
  expect(valuesOf(undefined)).toMatchObject({ name: '', enabled: 'yes' });
});

function told(delivery: Partial<WebhookDelivery>) {
  return deliveryText(delivery as WebhookDelivery);
}

test('a message says how it fares', () => {
  expect(told({ state: 'queued', attempts: 0 })).toBe('On its way');
  expect(told({ state: 'queued', attempts: 2, detail: 'The receiver answered 500' })).toBe(
    'Tried 2 times. The receiver answered 500',
  );
  expect(told({ state: 'delivered', attempts: 1, status: 204 })).toBe('Arrived (204)');
  expect(told({ state: 'failed', attempts: 10, detail: 'The receiver cannot be reached.' })).toBe(
    'Given up. The receiver cannot be reached.',
  );
});
