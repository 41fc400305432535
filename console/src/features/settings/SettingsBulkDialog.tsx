import { countedNoun } from '../tasks/words';
import { useState } from 'react';
import type { Selection } from '../../ui/grid/selection';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import type { Narrowing } from '../tasks/selection';
import type { SettingChoice } from './choices';
import { checkSetting, SettingFields } from './SettingFields';
import { isWindow, settingTitle, valuesOf, wireValue } from './words';

type SettingsBulkDialogProps = {
  noun: 'customers' | 'devices';
  choice: SettingChoice;
  selection: Selection;
  filter: Narrowing;
  onClose: () => void;
  onBegun: () => void;
};

/** One setting at a selection. */
export function SettingsBulkDialog({ noun, choice, ...rest }: SettingsBulkDialogProps) {
  const [action] = useState(() => settingAction(noun, choice));
  return <BulkDialog action={action} {...rest} />;
}

function settingAction(noun: 'customers' | 'devices', { name, inherit }: SettingChoice): BulkAction {
  const title = settingTitle(name);
  // The moment that a window is counted from.
  const now = Date.now();
  const input = (values: Record<string, string>) => {
    const value = wireValue(name, values, now);
    if (value === undefined) return undefined;
    return isWindow(name) ? { name, value } : { name, value, locked: values['locked'] === 'yes' };
  };
  return {
    noun,
    name: inherit ? 'inherit_setting' : 'set_setting',
    title: (what) => (inherit ? `Inherit “${title}” again at ${what}` : `Set “${title}” at ${what}`),
    initial: inherit ? {} : valuesOf({ name, value: false, own: null }),
    ...(!inherit && {
      fields: <SettingFields name={name} lockable={noun === 'customers'} />,
      check: (values: Record<string, string>) => checkSetting(name, values),
    }),
    previewed: (values) => (inherit ? { name } : input(values)),
    input: (values) => (inherit ? { name } : (input(values) ?? { name })),
    consequences: ({ customers = 0, devices = 0 }) => [
      {
        n: customers,
        text: customers === 1 ? 'customer or site gets another value' : 'customers and sites get another value',
      },
      { n: devices, text: devices === 1 ? 'device gets another value' : 'devices get another value' },
    ],
    unchanged: (what, one) => `${what} ${one ? 'is' : 'are'} like this already: nothing to do.`,
    hint: `Each change is foretold, and can be undone. What somebody changes at ${countedNoun(noun, 2).slice(2)} in the meantime stays.`,
    shows: 'changes',
  };
}
