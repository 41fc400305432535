import { ChoiceField } from '../../ui/fields';
import type { Selection } from '../../ui/grid/selection';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import type { Narrowing } from '../tasks/selection';
import { BASES } from './words';

type RenewDialogProps = { selection: Selection; filter: Narrowing; onClose: () => void; onBegun: () => void };

/** Many licences go on for another term. */
export function RenewDialog(props: RenewDialogProps) {
  return <BulkDialog action={RENEW} {...props} />;
}

const basis = (values: Record<string, string>) => ({ basis: values['basis'] ?? 'from_expiry' });

const RENEW: BulkAction = {
  noun: 'licences',
  name: 'renew',
  title: (what) => `Renew ${what}`,
  initial: { basis: 'from_expiry' },
  fields: <ChoiceField name="basis" label="The new term begins" options={BASES} />,
  previewed: basis,
  input: basis,
  consequences: ({ licences = 0 }) => [
    { n: licences, text: licences === 1 ? 'licence goes on for another term' : 'licences go on for another term' },
  ],
  unchanged: (what) => `${what}: nothing to do.`,
  hint: 'Each goes on for the term of its plan. It can be undone.',
  shows: 'changes',
};
