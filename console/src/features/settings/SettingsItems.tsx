import { SlidersHorizontal } from 'lucide-react';
import { MenuDivider, MenuItem } from '../../ui/Menu';
import { settingChoices, type SettingChoice } from './choices';

type SettingsItemsProps = { noun: 'customers' | 'devices'; onChoose: (choice: SettingChoice) => void };

/** Each setting in a menu of what is done to many: to be set, and to be inherited again. */
export function SettingsItems({ noun, onChoose }: SettingsItemsProps) {
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
