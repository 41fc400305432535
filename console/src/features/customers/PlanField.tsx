import { useQuery } from '@tanstack/react-query';
import { useMay } from '../../app/useMe';
import { SelectField } from '../../ui/fields';
import { plansQuery, productsQuery } from '../products/api';
import { soldPlans } from '../products/sold';

/** The licence that a new end customer begins with. */
export function PlanField() {
  const may = useMay('licence_grant');
  const plans = useQuery({ ...plansQuery(), enabled: may }).data ?? [];
  const products = useQuery({ ...productsQuery(), enabled: may }).data ?? [];
  const sold = soldPlans(plans, products);
  if (sold.length === 0) return null;
  return (
    <SelectField
      name="plan_id"
      label="Service plan"
      hint="Grants a licence of one under it. More can be granted later."
      optional
      options={[
        { value: '', label: 'None' },
        ...sold.map(({ id, name, product_name }) => ({ value: id, label: `${name} (${product_name})` })),
      ]}
    />
  );
}
