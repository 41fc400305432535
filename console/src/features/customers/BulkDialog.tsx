import type { Consequences, Mode } from '../../api/schema';
import { siteNameProblem } from '../../lib/sites';
import { TextField } from '../../ui/fields';
import type { Problems } from '../../ui/form';
import type { Selection } from '../../ui/grid/selection';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import type { CustomerFilter } from './api';
import type { BulkName } from './bulk';
import { switched } from './ConsequenceList';
import { CountryField } from './CountryField';
import { checkSuspension, modeOf, SuspendFields, suspensionOf } from './SuspendFields';

type CustomersBulkDialogProps = {
  action: BulkName;
  selection: Selection;
  filter: CustomerFilter;
  onClose: () => void;
  onBegun: () => void;
};

/** What is done to a selection of customers. */
export function CustomersBulkDialog({ action, ...rest }: CustomersBulkDialogProps) {
  return <BulkDialog action={ACTIONS[action]} {...rest} />;
}

const noun = 'customers';

const ACTIONS: Record<BulkName, BulkAction> = {
  suspend: {
    noun,
    name: 'suspend',
    title: (what) => `Suspend ${what}`,
    initial: { reason: '', mode: 'stop_backups' satisfies Mode, public_message: '' },
    fields: <SuspendFields />,
    check: checkSuspension,
    // What follows depends on the mode alone.
    previewed: (values) => ({ reason: 'Preview', mode: modeOf(values) }),
    input: suspensionOf,
    consequences: (effects) => switched('suspend', numbersOf(effects)),
    unchanged: (what, one) => `${what} ${one ? 'is' : 'are'} suspended like this already: nothing to do.`,
    hint: 'Nothing is deleted. It can be undone, and activating restores exactly what was.',
  },
  activate: {
    noun,
    name: 'activate',
    title: (what) => `Activate ${what}`,
    initial: {},
    previewed: () => ({}),
    input: () => ({}),
    consequences: (effects) => switched('activate', numbersOf(effects)),
    unchanged: (what, one) =>
      `${what} ${one ? 'has' : 'have'} no suspension of ${one ? 'its' : 'their'} own: nothing to do. What is suspended because a customer above is, is activated up there.`,
    hint: 'Where a customer above is suspended, backups stay off until that one is activated too.',
  },
  set_country: {
    noun,
    name: 'set_country',
    title: (what) => `Set the country of ${what}`,
    initial: { country: '' },
    fields: <CountryField hint="Where the devices are. Storage locations that are chosen already stay as they are." />,
    check: ({ country }): Problems => (country ? {} : { country: 'Choose one.' }),
    previewed: ({ country }) => (country ? { country } : undefined),
    input: ({ country }) => ({ country }),
    consequences: () => [],
    unchanged: (what, one) => `${what} ${one ? 'is' : 'are'} there already: nothing to do.`,
  },
  add_site: {
    noun,
    name: 'add_site',
    title: (what) => `Add a site to ${what}`,
    initial: { name: '' },
    fields: <TextField name="name" label="Name" hint="Letters, digits and underscores." maxLength={64} autoFocus />,
    check: ({ name = '' }): Problems => {
      const problem = name.trim() ? siteNameProblem(name.trim()) : 'This is needed.';
      return problem ? { name: problem } : {};
    },
    previewed: ({ name = '' }) => (siteNameProblem(name.trim()) ? undefined : { name: name.trim() }),
    input: ({ name = '' }) => ({ name: name.trim() }),
    consequences: ({ sites = 0 }) => [{ n: sites, text: sites === 1 ? 'site is added' : 'sites are added' }],
    unchanged: (what) => `${what}: nothing to do.`,
  },
  delete: {
    noun,
    name: 'delete',
    title: (what) => `Delete ${what}`,
    initial: {},
    previewed: () => ({}),
    input: () => ({}),
    consequences: ({ customers = 0, sites = 0 }) => [
      { n: customers, text: customers === 1 ? 'customer is gone for good' : 'customers are gone for good' },
      { n: sites, text: sites === 1 ? 'site is gone for good' : 'sites are gone for good' },
    ],
    unchanged: (what) => `${what}: nothing to do.`,
    hint: 'Their accounts can no longer sign in, and their pass keys stop working. No backups are lost: what holds some is left out.',
    final: 'confirmed',
  },
};

function numbersOf(effects: Record<string, number>): Consequences {
  const { customers = 0, devices = 0, devices_with_recent_backup = 0 } = effects;
  return { customers, devices, devices_with_recent_backup };
}
