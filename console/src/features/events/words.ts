/** What events are called, and what is worth whose eye. Pure. */

import type { Attention, Event, EventType } from '../../api/schema';
import { count } from '../../lib/format';

export const EVENT_TYPE: Record<EventType, string> = {
  no_backup: 'No backup',
  space_filling: 'Space is filling',
  licence_ending: 'Licence ends',
  trial_licence_ending: 'Trial licence ends',
  credits_running_out: 'Monthly units run out',
  trial_ending: 'Trial ends',
  trial_ended: 'Trial has ended',
  space_used_up: 'Space is used up',
  licence_missing: 'No licence',
  storage_unavailable: 'Storage is full or away',
  deletion_refused: 'Deletion refused',
  wrong_password: 'Wrong password',
  unusual_deletion: 'Unusual deletion',
  unusual_upload: 'Unusual upload',
  virus_found: 'Virus found',
  spyware_found: 'Spyware found',
  spyware_restart: 'Restart to remove spyware',
  threat_unresolved: 'Threat not removed',
  real_time_scan_off: 'Real-time scan is off',
  outbreak_alert: 'Outbreak alert',
  behaviour_blocked: 'Behaviour blocked',
  network_virus: 'Network virus',
  url_blocked: 'URLs blocked',
  web_threat: 'Web reputation violations',
  device_blocked: 'Device control violations',
  spam_found: 'Spam',
  component_outdated: 'Component is out of date',
  service_unreachable: 'Service cannot be reached',
  disk_space_low: 'Disk space is low',
};

/** Of a type that a newer server knows the server’s own words. */
export function titleOf({ type, title }: Pick<Event, 'type' | 'title'>): string {
  return Object.hasOwn(EVENT_TYPE, type) ? EVENT_TYPE[type] : title;
}

export const SEVERITY: Record<Event['severity'], string> = {
  info: 'Information',
  warning: 'Warning',
  action_required: 'Action required',
};

export const SEVERITY_TONE: Partial<Record<Event['severity'], 'warning' | 'danger'>> = {
  warning: 'warning',
  action_required: 'danger',
};

export const EVENT_STATE: Record<Event['state'], string> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  resolved_by_itself: 'Resolved by itself',
};

export const CATEGORY: Record<Event['category'], string> = {
  threat: 'Threat',
  system: 'System',
  licence: 'Licence',
};

/** What is so is mended by changing it: who, and on which part of their page. */
export function helpOf({ type, customer_id, device_id }: Pick<Event, 'type' | 'customer_id' | 'device_id'>): Help {
  if (type === 'licence_ending' || type === 'trial_licence_ending' || type === 'licence_missing') {
    return { label: 'Open licences', customer: customer_id, tab: 'licences' };
  }
  // Whose space it is may stand above the device.
  if (device_id && type !== 'space_used_up') return { label: 'Open device', device: device_id };
  return { label: 'Open customer', customer: customer_id, tab: 'overview' };
}

export type Help =
  | { label: string; device: string }
  | { label: string; customer: string; tab: 'overview' | 'licences' };

/** Open events of a customer in one look: the worst first, in words; the others by their number. */
export type Told = { tone: 'danger' | 'warning'; n: number; text: string; full: string; filter: string };

const CATEGORIES = ['threat', 'system', 'licence'] as const;
const NOUNS: Record<(typeof CATEGORIES)[number], [one: string, many: string]> = {
  threat: ['threat', 'threats'],
  system: ['system event', 'system events'],
  licence: ['licence event', 'licence events'],
};

export function toldOf(attention: Attention | null | undefined): Told[] {
  if (!attention) return [];
  return (['action_required', 'warning'] as const).flatMap((severity) =>
    CATEGORIES.flatMap((category): Told[] => {
      const n = attention[category][severity];
      if (n === 0) return [];
      const noun = NOUNS[category][n === 1 ? 0 : 1];
      return [
        {
          tone: severity === 'action_required' ? 'danger' : 'warning',
          n,
          text: `${count(n)} ${noun}`,
          full: `${count(n)} ${CATEGORY[category].toLowerCase()} ${n === 1 ? 'event' : 'events'}: ${SEVERITY[severity].toLowerCase()}`,
          filter: `state == open and category == ${category} and severity == ${severity}`,
        },
      ];
    }),
  );
}

/** The worst of them by its name, where it is known, and how many there are besides. */
export function worstOf(attention: Attention | null | undefined): (Told & { others: number }) | undefined {
  const told = toldOf(attention);
  const [worst] = told;
  if (!worst) return undefined;
  const others = told.reduce((sum, { n }) => sum + n, 0) - 1;
  const type = attention?.worst;
  if (!type || !Object.hasOwn(EVENT_TYPE, type)) return { ...worst, others: others + 1 - worst.n };
  return { ...worst, text: EVENT_TYPE[type], filter: `state == open and type == ${type}`, others };
}

/** For how long somebody looks after an event before it opens again. */
export const UNTIL: readonly { value: string; label: string }[] = [
  { value: '', label: 'Until it is mended, or gets worse' },
  { value: '1', label: '1 day' },
  { value: '3', label: '3 days' },
  { value: '7', label: '1 week' },
  { value: '30', label: '30 days' },
];

/** What the API is sent; `now` in milliseconds. */
export function acknowledgement(
  { reason = '', days = '' }: Record<string, string>,
  now: number,
): { reason?: string; until?: string } {
  return {
    ...(reason.trim() && { reason: reason.trim() }),
    ...(days && { until: new Date(now + Number(days) * 86_400_000).toISOString() }),
  };
}
