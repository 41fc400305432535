import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Plus, Search, SunMoon, UserPlus } from 'lucide-react';
import { useState, type ReactNode } from 'react';
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
import { findQuery } from '../features/customers/api';
import { LevelIcon } from '../features/customers/LevelIcon';
import { customerName, LEVEL } from '../lib/words';
import { ranked } from '../ui/pick/match';
import { pagesFor } from './pages';
import { switchTheme } from './theme';
import { useMe } from './useMe';

const LABEL = 'Go to a customer, page or action';

/** Customers in the list. */
const SHOWN = 12;

type Command = { id: string; name: string; icon: ReactNode; run: () => void };

/** The command field: customers by name, pages, and what can be begun from anywhere. */
export function Palette({ takeEarly, onClose }: { takeEarly: () => string; onClose: () => void }) {
  const [text, setText] = useState('');
  // Never behind the text: Enter must not run what was listed for a shorter one.
  const wanted = text.trim();
  const me = useMe();
  const { operations } = me;
  const go = useNavigate();
  const found = useQuery({ ...findQuery(wanted), enabled: wanted.length > 0, placeholderData: (old) => old });
  const listed = wanted ? (found.data ?? []) : [];
  const named = listed.map((customer) => ({ id: customer.id, name: customerName(customer), customer }));
  const customers = ranked(named, wanted, !found.isPlaceholderData)
    .slice(0, SHOWN)
    .map(({ customer }) => customer);

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
    { id: 'theme', name: 'Light or dark', icon: <SunMoon className="icon" />, run: switchTheme },
  ]);
  const pages = matching(
    pagesFor(me).map(({ section, link, name, icon: Icon }) => ({
      id: section,
      name,
      icon: <Icon className="icon" />,
      run: () => void go(link),
    })),
  );

  const open = (id: string) => {
    onClose();
    const command = [...actions, ...pages].find((candidate) => candidate.id === id);
    if (command) command.run();
    else void go({ to: '/customers/$id', params: { id } });
  };

  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className="dialog palette">
        <Dialog aria-label={LABEL} className="dialog-box">
          <Autocomplete inputValue={text} onInputChange={setText}>
            <TextField
              aria-label={LABEL}
              type="search"
              autoFocus
              onFocus={() => setText((now) => takeEarly() + now)}
              className="palette-field"
            >
              <Search className="icon" aria-hidden />
              <Input placeholder={LABEL} />
            </TextField>
            <Menu
              className="palette-list"
              aria-label="What was found"
              onAction={(key) => open(String(key))}
              renderEmptyState={() => (
                <p className="menu-heading">{found.isFetching ? 'Looking…' : `Nothing is called “${text}”.`}</p>
              )}
            >
              {customers.length > 0 && (
                <MenuSection>
                  <Header className="menu-heading">Customers</Header>
                  {customers.map((customer) => (
                    <MenuItem
                      key={customer.id}
                      id={customer.id}
                      textValue={customerName(customer)}
                      className="menu-item"
                    >
                      <LevelIcon level={customer.level} />
                      <span className="menu-item-text">
                        <span>{customerName(customer)}</span>
                        {customer.parent_name && <span className="hint">{customer.parent_name}</span>}
                      </span>
                      <span className="menu-item-end">{LEVEL[customer.level]}</span>
                    </MenuItem>
                  ))}
                </MenuSection>
              )}
              <Commands title="Actions" commands={actions} />
              <Commands title="Pages" commands={pages} />
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Commands({ title, commands }: { title: string; commands: Command[] }) {
  if (commands.length === 0) return null;
  return (
    <MenuSection>
      <Header className="menu-heading">{title}</Header>
      {commands.map(({ id, name, icon }) => (
        <MenuItem key={id} id={id} textValue={name} className="menu-item">
          {icon}
          {name}
        </MenuItem>
      ))}
    </MenuSection>
  );
}
