import { SlidersHorizontal } from 'lucide-react';
import { MenuDivider, MenuItem } from '../../ui/Menu';
import { settingChoices, type SettingChoice } from './choices';

type Wanted = { noun: 'customers' | 'devices'; onChoose: (choice: SettingChoice) => void };

/** Each setting in a menu of what is done to many: to be set, and to be inherited again. */
export function settingsItems({ noun, onChoose }: Wanted) {
  return (
    <>
      <MenuDivider />
      {settingChoices(noun).map(({ label, ...choice }) => (
        <MenuItem
          key={label}
          name={label}
          icon={<SlidersHorizontal className="icon" aria-hidden />}
          onAction={() => onChoose(choice)}
        />
      ))}
    </>
  );
}
