import { Search } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, type ReactNode } from 'react';
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  TextField,
} from 'react-aria-components';

type FinderProps = {
  /** What it is for. */
  label: string;
  /** In the empty field. */
  hint: string;
  /** What the list below the field has. */
  list: string;
  text: string;
  onText: (change: string | ((now: string) => string)) => void;
  /** What was typed before the field was there. */
  takeEarly: () => string;
  onClose: () => void;
  onAction: (id: string) => void;
  /** Listed, and not to be chosen. */
  refused?: string[];
  /** Choosing something doesn't always close it: whoever chooses says so. */
  stays?: boolean;
  /** Others may still be found: Enter waits for them where there is nothing to choose. */
  looking: boolean;
  /** In the place of a list without anything in it. */
  none: ReactNode;
  children: ReactNode;
};

/** In milliseconds: by then the list shows what was found. */
const LISTED = 30;

/** The first that can be chosen. */
const FIRST = '[role="menuitem"][data-key]:not([aria-disabled="true"])';

/** A field that lies over the page, and a list of what it finds: typed, walked through with the arrows, chosen with Enter. */
export function Finder({ label, hint, list, text, onText, takeEarly, onClose, onAction, ...rest }: FinderProps) {
  const { refused = [], stays = false, looking, none, children } = rest;
  const box = useRef<HTMLDivElement>(null);
  // Enter was pressed, and nothing has come of it yet.
  const entered = useRef(false);
  const act = (id: string) => {
    entered.current = false;
    onAction(id);
  };
  // What is marked is chosen by the list itself. Where nothing is marked yet, it is the first; where there is nothing
  // yet, it is what comes.
  const choose = useEffectEvent(() => {
    if (!entered.current) return;
    const first = box.current?.querySelector<HTMLElement>(FIRST)?.dataset['key'];
    if (first !== undefined) act(first);
    else if (!looking) entered.current = false;
  });
  useEffect(() => {
    if (looking) return undefined;
    const timer = setTimeout(choose, LISTED);
    return () => clearTimeout(timer);
  }, [looking]);
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className="dialog palette">
        <Dialog aria-label={label} className="dialog-box">
          {/* It only listens. */}
          {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
          <div
            ref={box}
            className="palette-box"
            onKeyDownCapture={({ key, nativeEvent }) => {
              entered.current = key === 'Enter' && !nativeEvent.isComposing;
            }}
            onKeyUp={({ key }) => {
              if (key === 'Enter') setTimeout(choose);
            }}
          >
            <Autocomplete
              inputValue={text}
              onInputChange={(next) => {
                entered.current = false;
                onText(next);
              }}
            >
              <TextField
                aria-label={label}
                type="search"
                autoFocus
                onFocus={() => onText((now) => takeEarly() + now)}
                className="palette-field"
              >
                <Search className="icon" aria-hidden />
                <Input placeholder={hint} />
              </TextField>
              <Menu
                className="palette-list"
                aria-label={list}
                onAction={(key) => act(String(key))}
                disabledKeys={refused}
                shouldCloseOnSelect={!stays}
                renderEmptyState={() => <p className="menu-heading">{none}</p>}
              >
                {children}
              </Menu>
            </Autocomplete>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Those of a kind, below what it is called; nothing where there are none. */
export function FinderSection({ title, children }: { title: string; children: ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <MenuSection>
      <Header className="menu-heading">{title}</Header>
      {children}
    </MenuSection>
  );
}

type FinderItemProps = {
  id: string;
  name: string;
  icon: ReactNode;
  /** Below the name: what tells it from others of this name, or why it can't be chosen. */
  detail?: string | null | undefined;
  /** At the end: what it is. */
  kind?: string;
};

export function FinderItem({ id, name, icon, detail, kind }: FinderItemProps) {
  return (
    <MenuItem id={id} textValue={name} className="menu-item">
      {icon}
      <span className="menu-item-text">
        <span>{name}</span>
        {detail && <span className="hint">{detail}</span>}
      </span>
      {kind && <span className="menu-item-end">{kind}</span>}
    </MenuItem>
  );
}
