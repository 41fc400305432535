import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import {
  ChevronsUpDown,
  CircleUser,
  Keyboard,
  KeyRound,
  ListTree,
  LogOut,
  Menu as MenuIcon,
  Moon,
  Search,
  Sun,
  X,
} from 'lucide-react';
import { Suspense, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { customerQuery } from '../features/customers/api';
import { signOut } from '../features/sessions/api';
import { Tasks } from '../features/tasks/Tasks';
import { initials } from '../lib/format';
import { customerName, problemText, ROLE } from '../lib/words';
import { IconButton } from '../ui/Button';
import { lazyDialog } from '../ui/lazily';
import { Menu, MenuItem } from '../ui/Menu';
import { useSingleKeys } from '../ui/singleKeys';
import { toast } from '../ui/Toasts';
import { homeOf } from './pages';
import { forget } from './recent';
import { switchTheme } from './theme';
import { useMay, useMe, useScope } from './useMe';

const OwnPasswordDialog = lazyDialog(
  async () => (await import('../features/sessions/OwnPasswordDialog')).OwnPasswordDialog,
);

type TopBarProps = {
  drawer: boolean;
  onDrawer: (open: boolean) => void;
  onPalette: () => void;
  onSwitcher: (() => void) | undefined;
  onKeys: () => void;
};

export function TopBar({ drawer, onDrawer, onPalette, onSwitcher, onKeys }: TopBarProps) {
  const me = useMe();
  const mayTasks = useMay('task_list');
  return (
    <header className="top">
      <span className="top-drawer">
        <IconButton
          label={drawer ? 'Close the navigation' : 'Open the navigation'}
          aria-expanded={drawer}
          onPress={() => onDrawer(!drawer)}
        >
          {drawer ? <X className="icon" aria-hidden /> : <MenuIcon className="icon" aria-hidden />}
        </IconButton>
      </span>
      <Link {...homeOf(me)} activeOptions={{ exact: true }} className="brand">
        <span className="brand-mark" aria-hidden>
          {initials(me.customer_name).charAt(0)}
        </span>
        <span className="brand-name">{me.customer_name}</span>
      </Link>
      {onSwitcher && <SwitcherButton onPress={onSwitcher} />}
      <AriaButton className="button command" aria-keyshortcuts="Control+K" onPress={onPalette}>
        <Search className="icon-s" aria-hidden />
        <span>Go to a customer, page or action</span>
        <kbd aria-hidden>Ctrl K</kbd>
      </AriaButton>
      <div className="top-end">
        {mayTasks && <Tasks />}
        <IconButton label="Light or dark" onPress={switchTheme}>
          <Sun className="icon when-dark" aria-hidden />
          <Moon className="icon when-light" aria-hidden />
        </IconButton>
        <Account onKeys={onKeys} />
      </div>
    </header>
  );
}

/** Where the console stands, and the way to anywhere else. */
function SwitcherButton({ onPress }: { onPress: () => void }) {
  const scope = useScope();
  const keys = useSingleKeys();
  const customer = useQuery(customerQuery(scope.id)).data;
  const name = scope.chosen ? customer && customerName(customer) : 'All customers';
  return (
    <AriaButton
      className="button switcher"
      data-narrowed={scope.chosen || undefined}
      aria-label={`${name ?? ''}, switch customer`}
      {...(keys && { 'aria-keyshortcuts': 'c' })}
      onPress={onPress}
    >
      <ListTree className="icon-s" aria-hidden />
      <span>{name}</span>
      <ChevronsUpDown className="icon-s" aria-hidden />
    </AriaButton>
  );
}

function Account({ onKeys }: { onKeys: () => void }) {
  const me = useMe();
  const client = useQueryClient();
  const go = useNavigate();
  const [changing, setChanging] = useState(false);

  const leave = async () => {
    // Whoever closes the page at once has said it all the same.
    forget(me.id);
    try {
      await signOut();
    } catch (error) {
      toast(problemText(error));
      return;
    }
    await go({ to: '/sign-in', search: {} });
    client.clear();
  };

  return (
    <>
      <Menu
        label="Account"
        note={
          <>
            <p className="strong">{me.name}</p>
            {me.login !== me.name && <p className="quiet">{me.login}</p>}
            <p className="quiet">
              {ROLE[me.role]}, {me.customer_name}
            </p>
          </>
        }
        trigger={
          <AriaButton
            className="button account"
            data-kind="quiet"
            aria-label={`${initials(me.name)}, account of ${me.name}`}
          >
            <span className="avatar" aria-hidden>
              {initials(me.name)}
            </span>
          </AriaButton>
        }
      >
        <MenuItem
          name="Your account"
          icon={<CircleUser className="icon" aria-hidden />}
          onAction={() => void go({ to: '/account' })}
        />
        <MenuItem
          name="Change password…"
          icon={<KeyRound className="icon" aria-hidden />}
          onAction={() => setChanging(true)}
        />
        <MenuItem name="Keyboard shortcuts…" icon={<Keyboard className="icon" aria-hidden />} onAction={onKeys} />
        <MenuItem name="Sign out" icon={<LogOut className="icon" aria-hidden />} onAction={() => void leave()} />
      </Menu>
      {changing && (
        <Suspense>
          <OwnPasswordDialog onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </>
  );
}
