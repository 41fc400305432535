/** Who is told of which events, in words; and what is typed and sent. Pure. */

import type { NotificationRule, NotificationRuleSet } from '../../api/schema';
import { counted } from '../../lib/format';
import type { Problems, Values } from '../../ui/form';

/** What is asked for most; everything else is a filter of one's own. */
export const WHICH = [
  { value: 'severity == action_required', label: 'All that require action' },
  { value: 'severity in (action_required, warning)', label: 'Warnings, too' },
  { value: 'category == threat and severity != info', label: 'Threats only' },
  { value: 'category == licence and severity != info', label: 'Licences only' },
] as const;
export const OWN = 'own';

export const DELAYS = [
  { value: '0', label: 'At once' },
  { value: '10', label: 'If it is still so after 10 minutes' },
  { value: '30', label: 'If it is still so after 30 minutes' },
  { value: '60', label: 'If it is still so after 1 hour' },
  { value: '240', label: 'If it is still so after 4 hours' },
] as const;

export const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  value: String(hour),
  label: `${String(hour).padStart(2, '0')}:00`,
}));

export function whichText({ filter }: Pick<NotificationRule, 'filter'>): string {
  return WHICH.find(({ value }) => value === filter)?.label ?? filter;
}

export function whenText({ pace, at_hour, time_zone, delay_minutes, quiet }: NotificationRule): string {
  const when =
    pace === 'day'
      ? `Once a day at ${String(at_hour).padStart(2, '0')}:00 (${time_zone})`
      : delay_minutes === 0
        ? 'At once'
        : `After ${delay_minutes % 60 === 0 ? counted(delay_minutes / 60, 'hour') : counted(delay_minutes, 'minute')}`;
  return quiet ? `${when}, not from ${quiet.from} to ${quiet.to}` : when;
}

/** What a form begins with. */
export function valuesOf(rule: NotificationRule | undefined, zone: string): Values {
  const known = !rule || WHICH.some(({ value }) => value === rule.filter);
  return {
    name: rule?.name ?? '',
    which: known ? (rule?.filter ?? WHICH[0].value) : OWN,
    filter: known ? '' : (rule?.filter ?? ''),
    recipients: rule?.recipients.join('\n') ?? '',
    pace: rule?.pace ?? 'event',
    at_hour: String(rule?.at_hour ?? 7),
    time_zone: rule?.time_zone ?? zone,
    delay_minutes: String(rule?.delay_minutes ?? 10),
    from: rule?.quiet?.from ?? '',
    to: rule?.quiet?.to ?? '',
    enabled: rule && !rule.enabled ? '' : 'yes',
  };
}

function addressesOf(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,;]+/u).filter(Boolean);
}

function isTime(text: string | undefined): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/u.test((text ?? '').trim());
}

export function check(values: Values): Problems {
  const quiet = Boolean(values['from']?.trim() || values['to']?.trim());
  return {
    ...(!values['name']?.trim() && { name: 'What it is called here.' }),
    ...(values['which'] === OWN &&
      !values['filter']?.trim() && { filter: 'Which events, in the language of filters.' }),
    ...(addressesOf(values['recipients']).length === 0 && { recipients: 'At least one address.' }),
    ...(quiet && !isTime(values['from']) && { from: 'As 22:00.' }),
    ...(quiet && !isTime(values['to']) && { to: 'As 06:00.' }),
  };
}

/** What the API is sent. */
export function wireOf(values: Values): NotificationRuleSet {
  const [from, to] = [values['from']?.trim() ?? '', values['to']?.trim() ?? ''];
  return {
    name: values['name']?.trim() ?? '',
    filter: values['which'] === OWN ? (values['filter']?.trim() ?? '') : (values['which'] ?? ''),
    recipients: addressesOf(values['recipients']),
    pace: values['pace'] === 'day' ? 'day' : 'event',
    at_hour: Number(values['at_hour'] ?? 7),
    time_zone: values['time_zone']?.trim() || 'UTC',
    delay_minutes: Number(values['delay_minutes'] ?? 0),
    quiet: from && to ? { from, to } : null,
    enabled: values['enabled'] === 'yes',
  };
}
