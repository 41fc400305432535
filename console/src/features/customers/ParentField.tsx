import { useQuery } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { customerName } from '../../lib/words';
import { useFormField } from '../../ui/form';
import { PickField } from '../../ui/pick/PickField';
import { customerQuery } from './api';
import { parentChoice, parentSearch } from './parents';

/** The customer under which a new one stands, with the path to it. */
export function ParentField({ initial }: { initial: Customer }) {
  return (
    <PickField
      name="parent_id"
      label="Under"
      noun="distributor or reseller"
      hint={<ParentPath />}
      source={{ search: parentSearch }}
      initial={parentChoice(initial)}
    />
  );
}

/** Names may repeat; what stands above tells them apart. */
function ParentPath() {
  const id = useFormField('parent_id').value;
  const parent = useQuery({ ...customerQuery(id), enabled: id !== '' }).data;
  if (id === '') return 'The distributor or reseller that looks after it.';
  if (!parent?.ancestors) return '\u00a0';
  return (
    <span className="pick-path">
      {[...parent.ancestors, parent].map((customer) => (
        <span key={customer.id}>{customerName(customer)}</span>
      ))}
    </span>
  );
}
