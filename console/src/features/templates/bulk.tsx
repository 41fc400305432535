import { useScope } from '../../app/useMe';
import type { Consequence } from '../../ui/Consequences';
import type { Problems } from '../../ui/form';
import type { BulkAction } from '../tasks/BulkDialog';
import { TemplateField } from './TemplateField';

const NONE = 'none';

/** The templates that can be assigned at a customer; else at the one to which the lists are narrowed. */
function Choice({ customer }: { customer?: string | undefined }) {
  const scope = useScope();
  return (
    <TemplateField
      customer={customer ?? scope.id}
      none="Choose"
      last={{ value: NONE, label: 'None: what is set stays' }}
      hint="All that it sets is set at each, or nothing where one setting is locked above."
      always
      autoFocus
    />
  );
}

function counted({ customers = 0, settings = 0 }: Record<string, number>): Consequence[] {
  return [
    { n: customers, text: customers === 1 ? 'customer is changed' : 'customers are changed' },
    { n: settings, text: settings === 1 ? 'setting gets another value' : 'settings get another value' },
  ];
}

function input(template: string | undefined): object {
  return { template_id: template === NONE ? null : template };
}

/** Gives customers a template. */
export function assignTemplateAction(customer?: string): BulkAction {
  return {
    noun: 'customers',
    name: 'assign_template',
    title: (what) => `Assign a template to ${what}`,
    initial: { template_id: '' },
    fields: <Choice customer={customer} />,
    check: ({ template_id }): Problems => (template_id ? {} : { template_id: 'Choose one.' }),
    previewed: ({ template_id }) => (template_id ? input(template_id) : undefined),
    input: ({ template_id }) => input(template_id),
    consequences: counted,
    unchanged: (what, one) => `${what} ${one ? 'has' : 'have'} it and ${one ? 'sets' : 'set'} the same: nothing to do.`,
    hint: 'It can be undone. What somebody changes at one of them in the meantime stays.',
    shows: 'changes',
  };
}

/** Makes customers set what their template does. */
export const RESTORE_TEMPLATE: BulkAction = {
  noun: 'customers',
  name: 'restore_template',
  title: (what) => `Bring ${what} back to the template`,
  initial: {},
  previewed: () => ({}),
  input: () => ({}),
  consequences: counted,
  unchanged: (what, one) => `${what} ${one ? 'sets' : 'set'} what the template does: nothing to do.`,
  hint: 'It can be undone. What a template doesn’t set stays as it is.',
  shows: 'changes',
};
