/** What customers are told by mail, by which clock and in whose name: what is typed, told and sent. Pure. */

import type { Problems, Values } from '../../ui/form';
import type { Known } from './words';

type Every = 'day' | 'week' | 'month';

export const EVERY: readonly { value: Every; label: string }[] = [
  { value: 'day', label: 'Every day' },
  { value: 'week', label: 'Every Monday' },
  { value: 'month', label: 'On the first of the month' },
];

export const JOB_KINDS = ['backup', 'restore', 'delete'] as const;
const JOB_WORDS: Record<(typeof JOB_KINDS)[number], string> = {
  backup: 'Backups',
  restore: 'Restores',
  delete: 'Deletions',
};

export const REPORT_SETTINGS: Record<string, Known> = {
  time_zone: {
    title: 'Time zone',
    about: 'The clock by which reports are sent, and which they show.',
    form: 'reports',
  },
  branding: {
    title: 'Name and colour of reports',
    about: 'In whose name reports come. Without a name they come in that of the company above.',
    form: 'reports',
  },
  job_reports: {
    title: 'Job reports',
    about: 'Sent every day at seven to the customer’s email address, for all devices below it.',
    form: 'reports',
  },
  status_report: {
    title: 'Backup status report',
    about: 'How each device’s backups stand, to the customer’s email address, as often as the provider says.',
    form: 'reports',
  },
  consolidated_report: {
    title: 'Consolidated report',
    about: 'Backups, storage, events and devices together, to addresses of your choice.',
    form: 'reports',
  },
  global_status_report: {
    title: 'Backup status report for all',
    about: 'Without it no customer gets one. It goes to those that have it switched on.',
    form: 'reports',
  },
  global_consolidated_report: {
    title: 'Consolidated report for all',
    about: 'Every customer gets it at its email address. It takes the place of their own.',
    form: 'reports',
  },
};

export function isReportSetting(name: string): boolean {
  return name in REPORT_SETTINGS;
}

/** Only the provider has it. */
export function isGlobal(name: string): boolean {
  return name.startsWith('global_');
}

/** Nobody has anything below it that could say otherwise. */
export function isLockable(name: string): boolean {
  return name !== 'consolidated_report' && !isGlobal(name);
}

type Wire = Record<string, unknown>;

function wireOf(value: unknown): Wire {
  return typeof value === 'object' && value !== null ? (value as Wire) : {};
}

function everyOf(value: unknown): Every {
  return value === 'week' || value === 'month' ? value : 'day';
}

function everyText(value: unknown): string {
  return EVERY.find((known) => known.value === everyOf(value))!.label;
}

function addressesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((address) => typeof address === 'string') : [];
}

/** Each on a line, or with commas between them. */
export function parseAddresses(text: string): string[] {
  return text
    .split(/[\s,;]+/u)
    .map((address) => address.trim())
    .filter(Boolean);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function yes(value: unknown): string {
  return value === true ? 'yes' : '';
}

/** A value in words. */
export function reportText(name: string, given: unknown): string {
  const value = wireOf(given);
  switch (name) {
    case 'time_zone':
      return textOf(given);
    case 'branding':
      return [value['name'], value['colour']].filter(Boolean).join(', ') || 'As the company above';
    case 'job_reports':
      return (
        JOB_KINDS.filter((kind) => value[kind] === true)
          .map((kind) => JOB_WORDS[kind])
          .join(', ') || 'Off'
      );
    case 'status_report':
      return value['enabled'] === true ? 'On' : 'Off';
    default: {
      if (value['enabled'] !== true) return 'Off';
      const to = addressesOf(value['recipients']);
      const hour = typeof value['at_hour'] === 'number' ? ` at ${String(value['at_hour']).padStart(2, '0')}:00` : '';
      const filter = textOf(value['filter']);
      return [everyText(value['every']) + hour, to.length > 0 && `to ${to.join(', ')}`, filter && `only ${filter}`]
        .filter(Boolean)
        .join(', ');
    }
  }
}

type Begun = { locked: boolean; isSet: boolean; zone: string };

/** What a form begins with. */
export function reportValues(name: string, given: unknown, { locked, isSet, zone }: Begun): Values {
  const value = wireOf(given);
  const rest = { locked: locked ? 'yes' : '' };
  switch (name) {
    case 'time_zone':
      // Where nobody has set one, most want their own.
      return { ...rest, zone: isSet ? textOf(given) : zone };
    case 'branding':
      return { ...rest, name: textOf(value['name']), colour: textOf(value['colour']) };
    case 'job_reports':
      // What is set beside it by other means stays.
      return {
        ...rest,
        ...Object.fromEntries(JOB_KINDS.map((kind) => [kind, yes(value[kind])])),
        replication: yes(value['replication']),
      };
    default:
      return {
        ...rest,
        enabled: yes(value['enabled']),
        every: everyOf(value['every']),
        at_hour: String(typeof value['at_hour'] === 'number' ? value['at_hour'] : 7),
        filter: textOf(value['filter']),
        recipients: addressesOf(value['recipients']).join('\n'),
      };
  }
}

/** What the API is sent. */
export function reportWire(name: string, values: Values): unknown {
  const enabled = values['enabled'] === 'yes';
  const every = everyOf(values['every']);
  switch (name) {
    case 'time_zone':
      return values['zone']?.trim() ?? '';
    case 'branding':
      return { name: values['name']?.trim() || null, colour: values['colour']?.trim() || null };
    case 'job_reports':
      return Object.fromEntries([...JOB_KINDS, 'replication'].map((kind) => [kind, values[kind] === 'yes']));
    case 'status_report':
      return { enabled };
    case 'consolidated_report':
      return { enabled, every, recipients: parseAddresses(values['recipients'] ?? '') };
    case 'global_status_report':
      return { enabled, every, at_hour: Number(values['at_hour'] ?? 7), filter: values['filter']?.trim() || null };
    default:
      return { enabled, every };
  }
}

/** What can be seen to be wrong without asking. */
export function checkReport(name: string, values: Values): Problems {
  if (name === 'time_zone' && !isZone(values['zone']?.trim() ?? '')) {
    return { zone: 'A name as Europe/Berlin.' };
  }
  const colour = values['colour']?.trim() ?? '';
  if (name === 'branding' && colour && !/^#[0-9a-f]{6}$/iu.test(colour)) return { colour: 'As #1d4ed8.' };
  if (name === 'consolidated_report' && values['enabled'] && parseAddresses(values['recipients'] ?? '').length === 0) {
    return { recipients: 'At least one address.' };
  }
  return {};
}

function isZone(name: string): boolean {
  if (!name) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
