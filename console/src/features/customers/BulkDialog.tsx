import type { Consequences, Mode } from '../../api/schema';
import { siteNameProblem } from '../../lib/sites';
import { bytes } from '../../lib/format';
import type { Consequence } from '../../ui/Consequences';
import { CheckField, TextField } from '../../ui/fields';
import type { Problems, Values } from '../../ui/form';
import type { Selection } from '../../ui/grid/selection';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import { passwordLinks } from '../tasks/passwordLinks';
import { DEPLOY_POLICY } from '../settings/policy';
import { assignTemplateAction, RESTORE_TEMPLATE } from '../templates/bulk';
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

const HOLD =
  'Backups stop at once. For a while it can be undone, or cancelled at each of them; then they are removed for good, with their backups.';

/** That devices and customers go too: without it those that have some are left out. */
function Consent() {
  return (
    <CheckField
      name="remove_products"
      label="Devices with their backups, and customers below, go too"
      hint="Otherwise those that have some are left out."
    />
  );
}

function consent({ remove_products }: Values): object {
  return remove_products ? { remove_products: true } : {};
}

function gone(effects: Record<string, number>): Consequence[] {
  const { customers = 0, sites = 0, devices = 0, used_bytes = 0 } = effects;
  return [
    { n: devices, text: `${devices === 1 ? 'device' : 'devices'} with ${bytes(used_bytes)} of backups` },
    { n: customers, text: customers === 1 ? 'customer is deleted' : 'customers are deleted' },
    { n: sites, text: sites === 1 ? 'site is deleted' : 'sites are deleted' },
  ].filter(({ n }) => n > 0);
}

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
    shows: 'changes',
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
    shows: 'changes',
  },
  set_country: {
    noun,
    name: 'set_country',
    title: (what) => `Set the country of ${what}`,
    initial: { country: '' },
    fields: (
      <CountryField
        hint="Where the devices are. Storage locations that are chosen already stay as they are."
        autoFocus
      />
    ),
    check: ({ country }): Problems => (country ? {} : { country: 'Choose one.' }),
    previewed: ({ country }) => (country ? { country } : undefined),
    input: ({ country }) => ({ country }),
    consequences: () => [],
    unchanged: (what, one) => `${what} ${one ? 'is' : 'are'} there already: nothing to do.`,
    shows: 'changes',
  },
  assign_template: assignTemplateAction(),
  restore_template: RESTORE_TEMPLATE,
  deploy_policy: DEPLOY_POLICY,
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
  invitation: {
    ...passwordLinks(noun),
    hint: 'Each sets the password of the customer’s own account, once and within a week. The links made before end; until then the old passwords stay as they are.',
  },
  delete: {
    noun,
    name: 'delete',
    title: (what) => `Delete ${what}`,
    initial: { remove_products: '' },
    asksConsent: true,
    fields: <Consent />,
    previewed: consent,
    input: consent,
    consequences: gone,
    unchanged: (what, one) => `${what} ${one ? 'goes' : 'go'} already, or along with what is above: nothing to do.`,
    hint: HOLD,
    final: 'held',
  },
  remove_site: {
    noun,
    name: 'delete',
    title: (what) => `Remove ${what.replace('customer', 'site')}`,
    initial: { remove_products: '' },
    asksConsent: true,
    fields: <Consent />,
    previewed: consent,
    input: consent,
    consequences: gone,
    unchanged: (what, one) => `${what} ${one ? 'goes' : 'go'} already: nothing to do.`,
    hint: `The customers stay. ${HOLD}`,
    final: 'held',
  },
  restore: {
    noun,
    name: 'restore',
    title: (what) => `Cancel the deletion of ${what}`,
    initial: {},
    previewed: () => ({}),
    input: () => ({}),
    consequences: () => [],
    unchanged: (what, one) => `${what} ${one ? 'is' : 'are'} not to be deleted: nothing to do.`,
    hint: 'Everything is as it was before.',
  },
};

function numbersOf(effects: Record<string, number>): Consequences {
  const { customers = 0, devices = 0, devices_with_recent_backup = 0 } = effects;
  return { customers, devices, devices_with_recent_backup };
}
