import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Customer } from '../../api/schema';
import { customerName } from '../../lib/words';
import { useFormField } from '../../ui/form';
import { usePause } from '../../ui/usePause';
import { listCustomers } from './api';

type TwinProps = { parent: Customer | undefined; field: 'company_name' | 'email'; what: string; but?: string };

/** Says while a name is typed that another customer of the same parent has it, and leads there. It may be meant so. */
export function Twin({ parent, field, what, but }: TwinProps) {
  const { value } = useFormField(field);
  const [typed] = usePause(value.trim());
  const filter = `parent_id == ${parent?.id ?? ''} and ${field} == ${JSON.stringify(typed)}`;
  const { data: found = [] } = useQuery({
    queryKey: ['customers', 'twins', filter],
    queryFn: async ({ signal }) =>
      (await listCustomers({ filter }, 'company_name', { offset: 0, limit: 2 }, signal)).items,
    enabled: parent !== undefined && typed !== '' && !/\p{Cc}/u.test(typed),
    staleTime: 10_000,
    retry: false,
  });
  const twin = typed === value.trim() ? found.find(({ id }) => id !== but) : undefined;
  return (
    <p className={twin ? 'field-warning' : 'hidden-text'} role="status">
      {twin && parent && (
        <>
          {customerName(parent)} already has a customer with this {what}:{' '}
          <Link to="/customers/$id" params={{ id: twin.id }} className="link">
            {customerName(twin)}
          </Link>
        </>
      )}
    </p>
  );
}
