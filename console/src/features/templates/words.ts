/** What templates set, and how many have them. Pure. */

import type { SettingSet, Template } from '../../api/schema';
import { count } from '../../lib/format';
import { isGlobal } from '../settings/reports';
import { isWindow, settingTitle, settingValue, SETTINGS } from '../settings/words';

export type Bundle = Record<string, SettingSet>;

/** Names in the order of their titles. */
export function namesOf(settings: Bundle): string[] {
  return Object.keys(settings).toSorted((a, b) => settingTitle(a).localeCompare(settingTitle(b)));
}

export function setText(name: string, { value, locked }: SettingSet): string {
  return `${settingTitle(name)}: ${settingValue(name, value)}${locked ? ', locked' : ''}`;
}

/** What can still be added to it. A window is open for a time, and nothing to be given again and again. */
export function addable(settings: Bundle): string[] {
  const names = Object.keys(SETTINGS).filter((name) => !(name in settings) && !isWindow(name) && !isGlobal(name));
  return names.toSorted((a, b) => settingTitle(a).localeCompare(settingTitle(b)));
}

/** `12 customers, 3 differ` */
export function assignedText({ assigned, differing }: Pick<Template, 'assigned' | 'differing'>): string {
  if (assigned === 0) return 'Nobody';
  const who = assigned === 1 ? '1 customer' : `${count(assigned)} customers`;
  if (differing === 0) return who;
  return `${who}, ${count(differing)} ${differing === 1 ? 'differs' : 'differ'}`;
}
