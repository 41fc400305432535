/** From when on events of a type are worth attention: what is typed, told and sent. Pure. */

import type { EventType } from '../../api/schema';
import { count } from '../../lib/format';
import type { Problems, Values } from '../../ui/form';
import { EVENT_TYPE } from '../events/words';
import type { Known } from './words';

type Thresholds = { warning: number | null; action_required: number | null };

/** What a type's thresholds count. */
type Measure = 'days' | 'days_left' | 'percent' | 'times';

const MEASURES: Partial<Record<EventType, Measure>> = {
  no_backup: 'days',
  space_filling: 'percent',
  licence_ending: 'days_left',
  trial_licence_ending: 'days_left',
  credits_running_out: 'days_left',
  trial_ending: 'days_left',
  unusual_deletion: 'percent',
  unusual_upload: 'percent',
};

/** What is asked for in words of its own; the others count how often something happens within an hour. */
const ABOUT: Partial<Record<EventType, string>> = {
  no_backup: 'Days without a backup after which a device is told of.',
  space_filling: 'How full allotted space is, in per cent.',
  licence_ending: 'Days before the end of a licence that doesn’t renew itself; 0: at its end.',
  trial_licence_ending: 'Days before the end of a trial licence; 0: at its end.',
  credits_running_out: 'Days before monthly units that are paid beforehand no longer suffice.',
  trial_ending: 'Days before the end of a trial.',
  unusual_deletion: 'How much of a repository is deleted in one go, in per cent.',
  unusual_upload: 'How much new data a backup sends, in per cent of the average of the last ten.',
};

const PREFIX = 'event_';

function typeOf(name: string): EventType {
  return name.slice(PREFIX.length) as EventType;
}

export function measureOf(name: string): Measure {
  return MEASURES[typeOf(name)] ?? 'times';
}

export const THRESHOLD_SETTINGS: Record<string, Known> = Object.fromEntries(
  Object.entries(EVENT_TYPE).map(([type, title]) => [
    PREFIX + type,
    {
      title,
      about: ABOUT[type as EventType] ?? 'How often it happens within an hour.',
      form: 'thresholds',
    } satisfies Known,
  ]),
);

export function isThresholdSetting(name: string): boolean {
  return name.startsWith(PREFIX);
}

export function isThresholds(value: unknown): value is Thresholds {
  return typeof value === 'object' && value !== null && 'warning' in value && 'action_required' in value;
}

/** `Warning after 3 days, action required after 7 days` */
export function thresholdsText(name: string, { warning, action_required }: Thresholds): string {
  const told = [
    warning !== null && `warning ${reached(name, warning)}`,
    action_required !== null && `action required ${reached(name, action_required)}`,
  ].filter(Boolean);
  if (told.length === 0) return 'Off';
  const text = told.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function reached(name: string, n: number): string {
  const days = `${count(n)} ${n === 1 ? 'day' : 'days'}`;
  switch (measureOf(name)) {
    case 'days':
      return `after ${days}`;
    case 'days_left':
      return n === 0 ? 'at the end' : `${days} before`;
    case 'percent':
      return `at ${count(n)} %`;
    case 'times':
      return n === 1 ? 'at the first' : `at ${count(n)} in an hour`;
  }
}

/** What stands behind a number. */
export function unitOf(name: string): string {
  switch (measureOf(name)) {
    case 'days':
      return 'days';
    case 'days_left':
      return 'days before';
    case 'percent':
      return '%';
    case 'times':
      return 'in an hour';
  }
}

export function thresholdsValues(value: unknown, locked: boolean): Values {
  const { warning, action_required } = isThresholds(value) ? value : { warning: null, action_required: null };
  return { warning: typed(warning), action_required: typed(action_required), locked: locked ? 'yes' : '' };
}

function typed(n: number | null): string {
  return n === null ? '' : String(n);
}

const MOST = 1_000_000;

/** Nothing typed: never. `undefined`: no number. */
function numberOf(text: string | undefined): number | null | undefined {
  const trimmed = (text ?? '').trim();
  if (trimmed === '') return null;
  return /^\d{1,7}$/u.test(trimmed) && Number(trimmed) <= MOST ? Number(trimmed) : undefined;
}

export function checkThresholds(name: string, values: Values): Problems {
  const least = measureOf(name) === 'days_left' ? 0 : 1;
  const problems: Problems = {};
  const [warning, action] = [numberOf(values['warning']), numberOf(values['action_required'])];
  for (const [field, n] of [
    ['warning', warning],
    ['action_required', action],
  ] as const) {
    if (n === undefined || (n !== null && n < least)) problems[field] = `A whole number, ${least} or more; or nothing.`;
  }
  if (typeof warning === 'number' && typeof action === 'number' && !problems['action_required']) {
    const falls = measureOf(name) === 'days_left';
    if (falls ? action > warning : action < warning) {
      problems['action_required'] = falls
        ? 'At most as many days as for a warning.'
        : 'At least as much as for a warning.';
    }
  }
  return problems;
}

/** What the API is sent; `undefined`: too little is filled in. */
export function thresholdsWire(values: Values): Thresholds | undefined {
  const [warning, action_required] = [numberOf(values['warning']), numberOf(values['action_required'])];
  return warning === undefined || action_required === undefined ? undefined : { warning, action_required };
}
