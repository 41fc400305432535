/** Of what webhooks are told, and how their messages fare. Pure. */

import type { Webhook, WebhookDelivery } from '../../api/schema';
import type { Values } from '../../ui/form';

/** What is offered; the API takes single actions, too. */
export const TOPICS = [
  { value: 'event.*', label: 'Events: what needs attention, and what is mended' },
  { value: 'customer.*', label: 'Customers and sites' },
  { value: 'device.*', label: 'Devices' },
  { value: 'licence.*', label: 'Licences' },
  { value: 'user.*', label: 'People' },
  { value: 'task.*', label: 'Tasks' },
] as const;

const OFFERED = new Set<string>(TOPICS.map(({ value }) => value));

export function topicsText({ topics }: Pick<Webhook, 'topics'>): string {
  if (topics.length === 0) return 'Everything';
  const names = topics.map((topic) => TOPICS.find(({ value }) => value === topic)?.label.split(':')[0] ?? topic);
  return names.join(', ');
}

/** What a form begins with. */
export function valuesOf(webhook: Webhook | undefined): Values {
  const chosen = Object.fromEntries(TOPICS.map(({ value }) => [value, webhook?.topics.includes(value) ? 'yes' : '']));
  return {
    name: webhook?.name ?? '',
    url: webhook?.url ?? '',
    enabled: webhook && !webhook.enabled ? '' : 'yes',
    ...chosen,
  };
}

/** What was ticked, and what the API alone has said before. */
export function topicsOf(values: Values, before: string[]): string[] {
  const ticked = TOPICS.map(({ value }) => value).filter((topic) => values[topic] === 'yes');
  return [...ticked, ...before.filter((topic) => !OFFERED.has(topic))];
}

export function deliveryText({ state, attempts, status, detail }: WebhookDelivery): string {
  if (state === 'delivered') return status ? `Arrived (${status})` : 'Arrived';
  const why = detail ?? (attempts === 0 ? '' : 'Nobody answered.');
  if (state === 'failed') return `Given up. ${why}`.trim();
  return attempts === 0 ? 'On its way' : `Tried ${attempts === 1 ? 'once' : `${attempts} times`}. ${why}`.trim();
}
