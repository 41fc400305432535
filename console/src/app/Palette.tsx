import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { HardDrive, Keyboard, ListTree, Plus, SunMoon, User as UserIcon, UserPlus, Zap } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { findQuery } from '../features/customers/api';
import { findDevicesQuery } from '../features/devices/api';
import { findUsersQuery } from '../features/users/api';
import { LevelIcon } from '../features/customers/LevelIcon';
import { customerName, LEVEL, ownerOf } from '../lib/words';
import { Finder, FinderItem, FinderSection } from '../ui/Finder';
import { ranked } from '../ui/pick/match';
import type { Said } from './Act';
import { isOwn, pagesFor } from './pages';
import { switchTheme } from './theme';
import { useMe } from './useMe';
import { begun, saidOf, sayings } from './verbs';

const LABEL = 'Go to a customer, page or action';
const HINT = 'Search, or say what to do: suspend …';

/** Customers in the list. */
const SHOWN = 12;

type Command = { id: string; name: string; icon: ReactNode; run: () => void };

type PaletteProps = {
  takeEarly: () => string;
  onSay: (said: Said) => void;
  onSwitch: () => void;
  onKeys: () => void;
  onClose: () => void;
};

/** The command field: customers, devices and people by name, pages, what can be begun from anywhere and what can be said. */
export function Palette({ takeEarly, onSay, onSwitch, onKeys, onClose }: PaletteProps) {
  const [text, setText] = useState('');
  // Never behind the text: Enter must not run what was listed for a shorter one.
  const wanted = text.trim();
  const me = useMe();
  const { operations } = me;
  const go = useNavigate();
  const said = saidOf(wanted, operations);
  const sought = said ? said.rest : wanted;
  const found = useQuery({ ...findQuery(sought), enabled: sought.length > 0, placeholderData: (old) => old });
  const listed = sought ? (found.data ?? []) : [];
  const named = listed.map((customer) => ({ id: customer.id, name: customerName(customer), customer }));
  const fitting = ranked(named, sought, !found.isPlaceholderData).map(({ customer }) => customer);
  const spoken = said ? sayings(said.verb, fitting, customerName).slice(0, SHOWN) : [];
  const customers = said ? [] : fitting.slice(0, SHOWN);
  const others = wanted.length > 1 && !said;
  const ofDevices = others && operations.includes('device_list');
  const ofPeople = others && operations.includes('user_list');
  const { data: devices = [] } = useQuery({ ...findDevicesQuery(wanted), enabled: ofDevices });
  const { data: people = [] } = useQuery({ ...findUsersQuery(wanted), enabled: ofPeople });

  const matching = (commands: Command[]) => ranked(commands, wanted);
  const actions = matching([
    ...(operations.includes('customer_create')
      ? [
          {
            id: 'add',
            name: 'Add customer',
            icon: <Plus className="icon" />,
            run: () => void go({ to: '/customers/new' }),
          },
        ]
      : []),
    ...(operations.includes('user_create')
      ? [
          {
            id: 'person',
            name: 'Add person',
            icon: <UserPlus className="icon" />,
            run: () => void go({ to: '/people', search: { add: 'yes' } }),
          },
        ]
      : []),
    ...(isOwn(me)
      ? []
      : [{ id: 'switch', name: 'Switch customer', icon: <ListTree className="icon" />, run: onSwitch }]),
    {
      id: 'account',
      name: 'Your account',
      icon: <UserIcon className="icon" />,
      run: () => void go({ to: '/account' }),
    },
    { id: 'keys', name: 'Keyboard shortcuts', icon: <Keyboard className="icon" />, run: onKeys },
    { id: 'theme', name: 'Light or dark', icon: <SunMoon className="icon" />, run: switchTheme },
  ]);
  const verbs = begun(wanted, operations);
  const pages = matching(
    pagesFor(me).map(({ section, link, name, icon: Icon }) => ({
      id: section,
      name,
      icon: <Icon className="icon" />,
      run: () => void go(link),
    })),
  );

  const open = (id: string) => {
    const verb = verbs.find((candidate) => `verb ${candidate.id}` === id);
    if (verb) return setText(`${verb.verb} `);
    onClose();
    const command = [...actions, ...pages].find((candidate) => candidate.id === id);
    const chosen = spoken.find(({ customer }) => `say ${customer.id}` === id);
    if (command) command.run();
    else if (chosen) onSay({ verb: chosen.verb, id: chosen.customer.id });
    else if (id.startsWith('dev_')) void go({ to: '/devices/$id', params: { id } });
    else if (id.startsWith('usr_')) {
      const person = people.find((candidate) => candidate.id === id);
      void go({ to: '/people', search: { q: person?.email ?? wanted, under: undefined } });
    } else void go({ to: '/customers/$id', params: { id } });
  };

  return (
    <Finder
      label={LABEL}
      hint={HINT}
      list="What was found"
      text={text}
      onText={setText}
      takeEarly={takeEarly}
      onClose={onClose}
      onAction={open}
      refused={spoken.filter(({ refusal }) => refusal).map(({ customer }) => `say ${customer.id}`)}
      stays
      looking={found.isFetching}
      none={found.isFetching ? 'Looking…' : said ? nobody(said.verb.verb, said.rest) : `Nothing is called “${text}”.`}
    >
      <FinderSection title="Do">
        {spoken.map(({ customer, name, refusal }) => (
          <FinderItem
            key={customer.id}
            id={`say ${customer.id}`}
            name={name}
            icon={<Zap className="icon" />}
            detail={refusal ?? customer.parent_name}
            kind={LEVEL[customer.level]}
          />
        ))}
      </FinderSection>
      <FinderSection title="Customers">
        {customers.map((customer) => (
          <FinderItem
            key={customer.id}
            id={customer.id}
            name={customerName(customer)}
            icon={<LevelIcon level={customer.level} />}
            detail={customer.parent_name}
            kind={LEVEL[customer.level]}
          />
        ))}
      </FinderSection>
      <FinderSection title="Devices">
        {devices.map((device) => (
          <FinderItem
            key={device.id}
            id={device.id}
            name={device.name}
            icon={<HardDrive className="icon" />}
            detail={ownerOf(device)}
          />
        ))}
      </FinderSection>
      <FinderSection title="People">
        {people.map(({ id, name, email, customer_name }) => (
          <FinderItem
            key={id}
            id={id}
            name={name}
            icon={<UserIcon className="icon" />}
            detail={`${email}, ${customer_name}`}
          />
        ))}
      </FinderSection>
      <FinderSection title="Say of whom">
        {verbs.map(({ id, verb }) => (
          <FinderItem key={id} id={`verb ${id}`} name={`${verb} …`} icon={<Zap className="icon" />} />
        ))}
      </FinderSection>
      <FinderSection title="Actions">{actions.map(item)}</FinderSection>
      <FinderSection title="Pages">{pages.map(item)}</FinderSection>
    </Finder>
  );
}

function nobody(verb: string, rest: string): string {
  return rest ? `“${verb}” can be said of nobody called “${rest}”.` : `“${verb}” of whom? Type a name.`;
}

function item({ id, name, icon }: Command) {
  return <FinderItem key={id} id={id} name={name} icon={icon} />;
}
