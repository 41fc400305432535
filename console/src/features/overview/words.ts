/** What the overview's numbers are called. */

import type { Count, Finding, Level } from '../../api/schema';
import { bytes, count } from '../../lib/format';

type Tone = 'danger' | 'warning' | undefined;
type Words = { one: string; many: string; tone: Tone };

/** Begins with the number: `3 devices have been silent …`. */
const WORDS: Record<Finding, Words> = {
  threats: { one: 'threat: action required', many: 'threats: action required', tone: 'danger' },
  threat_warnings: { one: 'threat: a warning', many: 'threats: warnings', tone: 'warning' },
  system_events: { one: 'system event: action required', many: 'system events: action required', tone: 'danger' },
  system_warnings: { one: 'system event: a warning', many: 'system events: warnings', tone: 'warning' },
  licence_events: { one: 'licence event: action required', many: 'licence events: action required', tone: 'danger' },
  licence_warnings: { one: 'licence event: a warning', many: 'licence events: warnings', tone: 'warning' },
  devices_pending: { one: 'device waits to be approved', many: 'devices wait to be approved', tone: 'warning' },
  devices_never_backed_up: {
    one: 'device has never completed a backup',
    many: 'devices have never completed a backup',
    tone: 'danger',
  },
  devices_silent: {
    one: 'device has been silent for more than three days',
    many: 'devices have been silent for more than three days',
    tone: 'danger',
  },
  space_used_up: {
    one: 'customer has used up its space, or nearly',
    many: 'customers have used up their space, or nearly',
    tone: 'danger',
  },
  space_filling: {
    one: 'customer has used 80 % of its space',
    many: 'customers have used 80 % of their space',
    tone: 'warning',
  },
  devices_refused: {
    one: 'device was refused by the gateway within a day',
    many: 'devices were refused by the gateway within a day',
    tone: 'danger',
  },
  device_limit_reached: {
    one: 'customer has as many devices as it may have',
    many: 'customers have as many devices as they may have',
    tone: 'warning',
  },
  customers_suspended: { one: 'customer is suspended', many: 'customers are suspended', tone: 'warning' },
  trial_ends_today: { one: 'trial ends within a day', many: 'trials end within a day', tone: 'warning' },
  trial_ended: {
    one: 'customer went from trial to production today',
    many: 'customers went from trial to production today',
    tone: undefined,
  },
  trial_ends_this_week: { one: 'trial ends within a week', many: 'trials end within a week', tone: undefined },
  removed_this_week: {
    one: 'deleted customer is removed for good within a week',
    many: 'deleted customers are removed for good within a week',
    tone: 'warning',
  },
  device_limit_near: {
    one: 'customer may add one or two devices more',
    many: 'customers may add one or two devices more',
    tone: undefined,
  },
  pass_keys_expiring: {
    one: 'pass key ends within two days',
    many: 'pass keys end within two days',
    tone: undefined,
  },
  pass_keys_nearly_used: {
    one: 'pass key admits one or two devices more',
    many: 'pass keys admit one or two devices more',
    tone: undefined,
  },
  invitations_expiring: {
    one: 'person’s password link ends within two days',
    many: 'people’s password links end within two days',
    tone: undefined,
  },
  backup_within_day: { one: 'within a day', many: 'within a day', tone: undefined },
  backup_within_three_days: { one: '1 to 3 days ago', many: '1 to 3 days ago', tone: undefined },
  backup_within_week: { one: '3 to 7 days ago', many: '3 to 7 days ago', tone: 'warning' },
  backup_longer_ago: { one: 'more than 7 days ago', many: 'more than 7 days ago', tone: 'danger' },
  backup_never: { one: 'never', many: 'never', tone: 'danger' },
};

/** A newer server knows of more; its number would have no words. */
export function isKnown({ finding }: Count): boolean {
  return Object.hasOwn(WORDS, finding);
}

export function wordsOf({ finding, count: n }: Count): string {
  return n === 1 ? WORDS[finding].one : WORDS[finding].many;
}

export function toneOf({ finding }: Count): Tone {
  return WORDS[finding].tone;
}

/** `16,524`, or `10,000+` where the rest isn't counted. */
export function numberOf({ count: n, is_exact }: Pick<Count, 'count' | 'is_exact'>): string {
  return is_exact ? count(n) : `${count(n)}+`;
}

/** `+12 GB`, `−3 MB`, `±0`. */
export function growthText(change: number): string {
  if (change === 0) return '±0';
  return `${change > 0 ? '+' : '−'}${bytes(Math.abs(change))}`;
}

/** What stands directly below a node. */
export function childrenTitle(level: Level): string {
  if (level === 'end_customer') return 'Sites';
  return level === 'reseller' ? 'Customers' : 'Directly below';
}
