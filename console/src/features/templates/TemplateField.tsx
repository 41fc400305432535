import { useQuery } from '@tanstack/react-query';
import { useMay } from '../../app/useMe';
import { SelectField } from '../../ui/fields';
import { templatesQuery } from './api';

type TemplateFieldProps = {
  /** At or above whom it stands. */
  customer: string;
  none: string;
  hint: string;
  /** Only those that belong to this customer itself. */
  own?: boolean;
  last?: { value: string; label: string };
  /** Also where there is none. */
  always?: boolean;
  autoFocus?: boolean;
};

/** A choice of the templates that can be assigned at a customer. */
export function TemplateField({ customer, none, hint, own, last, always, autoFocus = false }: TemplateFieldProps) {
  const may = useMay('customer_assign_template');
  const found = useQuery({ ...templatesQuery(customer), enabled: may && customer !== '' }).data ?? [];
  const templates = own ? found.filter(({ customer_id }) => customer_id === customer) : found;
  if (templates.length === 0 && !always) return null;
  return (
    <SelectField
      name="template_id"
      label="Template"
      hint={hint}
      {...(!always && { optional: true })}
      autoFocus={autoFocus}
      options={[
        { value: '', label: none },
        ...templates.map(({ id, name }) => ({ value: id, label: name })),
        ...(last ? [last] : []),
      ]}
    />
  );
}
