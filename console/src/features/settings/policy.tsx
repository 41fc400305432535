import { SelectField, TextArea } from '../../ui/fields';
import { useFormField } from '../../ui/form';
import type { BulkAction } from '../tasks/BulkDialog';
import { checkPolicy, LISTS, MODES, policyOf } from './lists';

/** What is done to each list at many customers. */
function PolicyFields() {
  return Object.keys(LISTS).map((name, at) => <ListFields key={name} name={name} first={at === 0} />);
}

function ListFields({ name, first }: { name: string; first: boolean }) {
  const { value: mode } = useFormField(`${name}_mode`);
  const { title, hint } = LISTS[name]!;
  return (
    <>
      <SelectField name={`${name}_mode`} label={title} optional options={[...MODES]} autoFocus={first} />
      {mode && (
        <TextArea
          name={`${name}_items`}
          label={`Items of ${title.toLowerCase()}`}
          hint={`${hint}.`}
          maxLength={100_000}
        />
      )}
    </>
  );
}

/** Changes lists of settings at customers, built on what is there. */
export const DEPLOY_POLICY: BulkAction = {
  noun: 'customers',
  name: 'deploy_policy',
  title: (what) => `Deploy a policy to ${what}`,
  initial: Object.fromEntries(
    Object.keys(LISTS).flatMap((name) => [
      [`${name}_mode`, ''],
      [`${name}_items`, ''],
    ]),
  ),
  fields: <PolicyFields />,
  check: checkPolicy,
  previewed: (values) => (Object.keys(checkPolicy(values)).length === 0 ? policyOf(values) : undefined),
  input: (values) => policyOf(values) ?? {},
  consequences: ({ customers = 0, lists = 0 }) => [
    { n: customers, text: customers === 1 ? 'customer is changed' : 'customers are changed' },
    { n: lists, text: lists === 1 ? 'list gets another value' : 'lists get another value' },
  ],
  unchanged: (what, one) => `${what} ${one ? 'has' : 'have'} it like this already: nothing to do.`,
  hint: 'It can be undone. What somebody changes at one of them in the meantime stays.',
  shows: 'changes',
};
