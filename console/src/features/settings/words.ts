/** What settings are called, what their values mean, and where they come from. Pure. */

import type { EffectiveSetting, PassedWhy, SettingSource } from '../../api/schema';
import { browserZone, exact } from '../../lib/format';
import type { Values } from '../../ui/form';
import { isListSetting, LIST_SETTINGS, listText, listWords, readList } from './lists';
import { isReportSetting, REPORT_SETTINGS, reportText, reportValues, reportWire } from './reports';
import { isThresholds, THRESHOLD_SETTINGS, thresholdsText, thresholdsValues, thresholdsWire } from './thresholds';
import { isThrottle, throttleText, throttleValues, throttleWire } from './throttle';

type Choice = { value: string; label: string; hint: string };

export type Known = {
  title: string;
  /** What it is for. */
  about: string;
  /** What it is set to: one of these, a window of time, or a rate. */
  form: { choices: readonly Choice[] } | 'window' | 'throttle' | 'thresholds' | 'reports' | 'list';
};

/** Whoever adds a setting to the API says here what it is called: one without a name is shown as the API has it. */
export const SETTINGS: Record<string, Known> = {
  ...THRESHOLD_SETTINGS,
  ...LIST_SETTINGS,
  ...REPORT_SETTINGS,
  auto_authorise: {
    title: 'Let devices in by themselves',
    about: 'What becomes of a machine that registers with a pass key and was not added by hand.',
    form: {
      choices: [
        { value: 'on', label: 'On', hint: 'Whoever has a pass key may back up at once.' },
        { value: 'off', label: 'Off', hint: 'A machine waits until somebody approves it.' },
      ],
    },
  },
  append_only: {
    title: 'Append-only backups',
    about: 'Whether a machine may delete from its backups, as somebody who has broken into it would.',
    form: {
      choices: [
        { value: 'on', label: 'On', hint: 'Nothing is deleted: “forget” and “prune” are refused.' },
        { value: 'off', label: 'Off', hint: 'Machines look after their backups themselves.' },
      ],
    },
  },
  licences_required: {
    title: 'Licences required',
    about: 'Whether a machine needs a licence to back up.',
    form: {
      choices: [
        { value: 'on', label: 'On', hint: 'Without one that holds, backups are refused. Restores go on.' },
        { value: 'off', label: 'Off', hint: 'Machines back up with or without a licence.' },
      ],
    },
  },
  prune_window: {
    title: 'Window for pruning',
    about: 'For how long append-only backups may be pruned all the same.',
    form: 'window',
  },
  throttle: {
    title: 'Bandwidth',
    about:
      'How fast each device may send its backups, and how fast they may be read: all its connections together, in each direction. What is set nearest holds, whole.',
    form: 'throttle',
  },
  two_factor: {
    title: 'Second factor',
    about: 'Whether people sign in with more than a password: a code from an app, or a passkey.',
    form: {
      choices: [
        { value: 'off', label: 'Off', hint: 'Nobody sets one up. Whoever has one is still asked for it.' },
        { value: 'on', label: 'On', hint: 'Everybody may set one up.' },
        {
          value: 'required',
          label: 'Required',
          hint: 'Whoever has none sets one up at the next sign-in, before anything else. Holds for everything below.',
        },
      ],
    },
  },
};

export function settingTitle(name: string): string {
  return SETTINGS[name]?.title ?? name.replaceAll('_', ' ');
}

export function choicesOf(name: string): readonly Choice[] | undefined {
  const form = SETTINGS[name]?.form;
  return typeof form === 'object' ? form.choices : undefined;
}

/** Whether it is opened for a time, and closed. */
export function isWindow(name: string): boolean {
  return SETTINGS[name]?.form === 'window';
}

/** What is said by a word of its own, and not by yes or no. */
function isNamed(name: string): boolean {
  return choicesOf(name)?.some(({ value }) => value !== 'on' && value !== 'off') ?? false;
}

/** A value in a word or a sentence. */
export function settingValue(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'On' : 'Off';
  const choice = choicesOf(name)?.find((known) => known.value === value);
  if (choice) return choice.label;
  if (SETTINGS[name]?.form === 'throttle' && isThrottle(value)) return throttleText(value);
  if (SETTINGS[name]?.form === 'thresholds' && isThresholds(value)) return thresholdsText(name, value);
  if (isListSetting(name)) return listWords(name, value);
  if (isReportSetting(name)) return reportText(name, value);
  if (name === 'prune_window') return isOpen(value) ? `Open until ${exact(value.until)}: ${value.reason}` : 'Closed';
  return value === null || value === undefined ? 'None' : JSON.stringify(value);
}

function isOpen(value: unknown): value is { until: string; reason: string } {
  return typeof value === 'object' && value !== null && 'until' in value && 'reason' in value;
}

/** Where a value comes from, seen from the one with this id. */
export function sourceText({ kind, id, name }: SettingSource, here: string): string {
  if (id === here) return 'Set here';
  switch (kind) {
    case 'default':
      return 'By default';
    case 'above':
      return 'From above';
    default:
      return `From ${name ?? 'above'}`;
  }
}

export function whyText(why: PassedWhy): string {
  switch (why) {
    case 'overridden':
      return 'overridden further down';
    case 'locked':
      return 'locked above';
    case 'not_applicable':
      return 'has run out';
  }
}

/** For how long a window is opened. */
export const HOURS: readonly { value: string; label: string }[] = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '12', label: '12 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
];

/** What a form begins with. */
export function valuesOf({ name, value, own }: Pick<EffectiveSetting, 'name' | 'value' | 'own'>): Values {
  if (name === 'prune_window') return { hours: '4', reason: '' };
  const present = own?.value ?? value;
  if (SETTINGS[name]?.form === 'throttle') return throttleValues(present, own?.locked ?? false, browserZone());
  if (SETTINGS[name]?.form === 'thresholds') return thresholdsValues(present, own?.locked ?? false);
  if (isListSetting(name)) return { items: listText(name, present), locked: own?.locked ? 'yes' : '' };
  if (isReportSetting(name))
    return reportValues(name, present, {
      locked: own?.locked ?? false,
      isSet: own !== null || value !== 'UTC',
      zone: browserZone(),
    });
  if (isNamed(name)) return { value: typeof present === 'string' ? present : 'on', locked: own?.locked ? 'yes' : '' };
  return { value: present === true ? 'on' : 'off', locked: own?.locked ? 'yes' : '' };
}

/** What the API is sent; `now` in milliseconds. `undefined`: too little is filled in. */
export function wireValue(name: string, values: Values, now: number): unknown {
  if (SETTINGS[name]?.form === 'throttle') return throttleWire(values);
  if (SETTINGS[name]?.form === 'thresholds') return thresholdsWire(values);
  if (isListSetting(name)) return readList(name, values['items'] ?? '');
  if (isReportSetting(name)) return reportWire(name, values);
  if (isNamed(name)) return values['value'];
  if (name !== 'prune_window') return values['value'] === 'on';
  const reason = values['reason']?.trim();
  if (!reason) return undefined;
  const hours = Number(values['hours'] ?? '4');
  return { until: new Date(now + hours * 3_600_000).toISOString(), reason };
}
