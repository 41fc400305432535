import type { ReactNode } from 'react';
import {
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  MenuTrigger,
  Popover,
  Separator,
  type MenuItemProps as AriaMenuItemProps,
} from 'react-aria-components';

type MenuProps = { label: string; trigger: ReactNode; note?: ReactNode; children: ReactNode };

export function Menu({ label, trigger, note, children }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" offset={4}>
        {note && <div className="menu-note">{note}</div>}
        <AriaMenu className="menu" aria-label={label}>
          {children}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

type MenuItemProps = Omit<AriaMenuItemProps, 'className' | 'children'> & {
  tone?: 'danger';
  icon?: ReactNode;
  /** Why it cannot be chosen now. */
  refusal?: string | undefined;
  /** What is read out and found by typing. */
  name: string;
};

export function MenuItem({ tone, icon, refusal, name, ...rest }: MenuItemProps) {
  return (
    <AriaMenuItem {...rest} className="menu-item" data-tone={tone} textValue={name} isDisabled={Boolean(refusal)}>
      {icon}
      <span className="menu-item-text">
        <span>{name}</span>
        {refusal && <span className="hint">{refusal}</span>}
      </span>
    </AriaMenuItem>
  );
}

export function MenuDivider() {
  return <Separator className="menu-divider" />;
}
