/** What a list offers to set at many. Pure. */

import { isGlobal, REPORT_SETTINGS } from './reports';
import { isThresholdSetting } from './thresholds';
import { settingTitle, SETTINGS } from './words';

/** One setting at many, or inherited again by many. */
export type SettingChoice = { name: string; inherit: boolean };

/** What machines have nothing to do with, or what is said before there is one. */
const OF_CUSTOMERS = new Set(['auto_authorise', 'two_factor', ...Object.keys(REPORT_SETTINGS)]);

/** Of thresholds one is set at many; a menu of all would be long, and the API has them. */
const SET_AT_MANY = 'event_no_backup';

/** Each setting for these, to be set and to be inherited again. */
export function settingChoices(noun: 'customers' | 'devices'): (SettingChoice & { label: string })[] {
  const names = Object.keys(SETTINGS).filter(
    (name) =>
      !isGlobal(name) &&
      (noun === 'customers' || !OF_CUSTOMERS.has(name)) &&
      (!isThresholdSetting(name) || name === SET_AT_MANY),
  );
  return names.flatMap((name) => [
    { name, inherit: false, label: `${settingTitle(name)}…` },
    { name, inherit: true, label: `${settingTitle(name)}: inherit again…` },
  ]);
}
