/** What a list offers to set at many. Pure. */

import { settingTitle, SETTINGS } from './words';

/** One setting at many, or inherited again by many. */
export type SettingChoice = { name: string; inherit: boolean };

/** What machines have nothing to do with, or what is said before there is one. */
const OF_CUSTOMERS = new Set(['auto_authorise', 'two_factor']);

/** Each setting for these, to be set and to be inherited again. */
export function settingChoices(noun: 'customers' | 'devices'): (SettingChoice & { label: string })[] {
  const names = Object.keys(SETTINGS).filter((name) => noun === 'customers' || !OF_CUSTOMERS.has(name));
  return names.flatMap((name) => [
    { name, inherit: false, label: `${settingTitle(name)}…` },
    { name, inherit: true, label: `${settingTitle(name)}: inherit again…` },
  ]);
}
