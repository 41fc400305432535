import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import type { Customer } from '../../api/schema';
import { customerName, LEVEL } from '../../lib/words';
import { PickField } from '../../ui/PickField';
import { parentsQuery } from './parents';

/** The customer under which a new one stands; offers only those that may have one. */
export function ParentField({ initial }: { initial: Customer | null }) {
  const [text, setText] = useState(initial ? customerName(initial) : '');
  const [typed, setTyped] = useState('');
  const wanted = useDeferredValue(typed.trim());
  const found = useQuery({ ...parentsQuery(wanted), placeholderData: (old) => old });
  const onText = (next: string) => {
    setText(next);
    // A name that was just chosen is no search: the list offers the others again.
    setTyped(found.data?.some((customer) => customerName(customer) === next) ? '' : next);
  };
  const choices = (found.data ?? []).map((customer) => ({
    id: customer.id,
    name: customerName(customer),
    detail: LEVEL[customer.level],
  }));
  return (
    <PickField
      name="parent_id"
      label="Under"
      hint="The distributor or reseller that looks after it."
      choices={choices}
      text={text}
      onText={onText}
      none={found.isFetching ? 'Looking…' : 'No customer of this name may have one below it.'}
    />
  );
}
