import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CornerLeftUp, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Customer } from '../api/schema';
import { customerQuery, customersOf, findQuery } from '../features/customers/api';
import { LevelIcon } from '../features/customers/LevelIcon';
import { customerName, LEVEL, refusalOf } from '../lib/words';
import { Finder, FinderItem, FinderSection } from '../ui/Finder';
import { ranked } from '../ui/pick/match';
import { recent } from './recent';
import { useNarrow } from './useNarrow';
import { useMe, useScope } from './useMe';

const LABEL = 'Switch to a customer';
const SHOWN = 20;

/**
 * The customer switcher: narrows the whole console to any node of the tree. Without a text it has the way back up and where
 * one was lately.
 */
export function Switcher({ takeEarly, onClose }: { takeEarly: () => string; onClose: () => void }) {
  const [text, setText] = useState('');
  const wanted = text.trim();
  const me = useMe();
  const scope = useScope();
  const go = useNavigate();
  const narrow = useNarrow();
  const here = useQuery(customerQuery(scope.id)).data;
  const ids = recent(me.id).filter((id) => id !== scope.id && id !== me.customer_id);
  const lately = useQuery({
    queryKey: ['customers', 'recent', ids],
    queryFn: ({ signal }) => customersOf(ids, signal),
    enabled: ids.length > 0,
  });
  const found = useQuery({ ...findQuery(wanted), enabled: wanted !== '', placeholderData: (old) => old });
  const named = (wanted ? (found.data ?? []) : []).map((customer) => ({
    id: customer.id,
    name: customerName(customer),
    customer,
  }));
  const hits = ranked(named, wanted, !found.isPlaceholderData)
    .slice(0, SHOWN)
    .map(({ customer }) => customer);
  const up = wanted ? [] : (here?.ancestors ?? []);
  const last = wanted ? [] : ids.flatMap((id) => lately.data?.find((customer) => customer.id === id) ?? []);
  // Whoever may have a customer: the one that is shown, or else what it stands under, which the form finds by itself.
  const mayAdd = me.operations.includes('customer_create') && here !== undefined;
  const parent = here && !refusalOf(here, 'add_customer') ? customerName(here) : undefined;

  const open = (id: string) => {
    onClose();
    if (id === 'add') void go({ to: '/customers/new', search: { parent: scope.id } });
    else narrow(id);
  };

  return (
    <Finder
      label={LABEL}
      hint={here ? `${LABEL}; now ${customerName(here)}` : LABEL}
      list="Customers"
      text={text}
      onText={setText}
      takeEarly={takeEarly}
      onClose={onClose}
      onAction={open}
      looking={found.isFetching}
      none={
        wanted === ''
          ? 'Type a name.'
          : found.isFetching
            ? 'Looking…'
            : `No customer below ${me.customer_name} fits “${wanted}”.`
      }
    >
      <FinderSection title="Back up">
        {up.map((above) => (
          <FinderItem
            key={above.id}
            id={above.id}
            name={above.id === me.customer_id ? `All of ${customerName(above)}` : customerName(above)}
            icon={<CornerLeftUp className="icon" />}
            kind={LEVEL[above.level]}
          />
        ))}
      </FinderSection>
      <FinderSection title="Recent">{last.map(item)}</FinderSection>
      <FinderSection title="Customers">{hits.map(item)}</FinderSection>
      {mayAdd && wanted === '' && (
        <FinderItem id="add" name={`Add customer${parent ? ` to ${parent}` : ''}`} icon={<Plus className="icon" />} />
      )}
    </Finder>
  );
}

function item(customer: Customer) {
  return (
    <FinderItem
      key={customer.id}
      id={customer.id}
      name={customerName(customer)}
      icon={<LevelIcon level={customer.level} />}
      detail={customer.parent_name}
      kind={LEVEL[customer.level]}
    />
  );
}
