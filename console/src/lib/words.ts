/** The wording of every code that the API sends. The only place that knows it. */

import { ApiError, Unloaded, Unreachable } from '../api/client';
import { Stale } from './save';
import type {
  Action,
  Customer,
  Device,
  DeviceKind,
  DeviceStatus,
  FieldError,
  Kind,
  Level,
  Mode,
  PassKeyState,
  Role,
  ServiceType,
} from '../api/schema';
import { counted } from './format';

export const LEVELS: readonly Level[] = [
  'provider',
  'distributor',
  'sub_distributor',
  'reseller',
  'end_customer',
  'site',
];

export const LEVEL: Record<Level, string> = {
  provider: 'Provider',
  distributor: 'Distributor',
  sub_distributor: 'Sub-distributor',
  reseller: 'Reseller',
  end_customer: 'End customer',
  site: 'Site',
};

export const LEVEL_IN_WORDS: Record<Level, string> = {
  provider: 'a provider',
  distributor: 'a distributor',
  sub_distributor: 'a sub-distributor',
  reseller: 'a reseller',
  end_customer: 'an end customer',
  site: 'a site',
};

export const LEVEL_PLURAL: Record<Level, string> = {
  provider: 'Providers',
  distributor: 'Distributors',
  sub_distributor: 'Sub-distributors',
  reseller: 'Resellers',
  end_customer: 'End customers',
  site: 'Sites',
};

/** From those who may most to those who may least. */
export const ROLES: readonly Role[] = [
  'super_user',
  'administrator',
  'manager',
  'operator',
  'supporter',
  'reporter',
  'restore_only',
  'invoice_auditor',
  'customer',
];

export const ROLE: Record<Role, string> = {
  super_user: 'Super user',
  administrator: 'Administrator',
  manager: 'Manager',
  operator: 'Operator',
  supporter: 'Supporter',
  reporter: 'Reporter',
  restore_only: 'Restore only',
  invoice_auditor: 'Invoice auditor',
  customer: 'Customer',
};

export const ROLE_HINT: Record<Role, string> = {
  super_user: 'May do what an administrator may, and only super users may change this person.',
  administrator: 'May do everything at this customer and below it.',
  manager: 'May run customers, devices and settings, but not people, passwords, moves or deletions.',
  operator: 'May see everything, and give devices new credentials.',
  supporter: 'May see everything at this customer and below it, and change nothing.',
  reporter: 'May see customers, devices and what happened, but neither people nor pass keys.',
  restore_only: 'May see which devices there are and which backups they have.',
  invoice_auditor: 'May see customers and what they used.',
  customer: 'May see this customer’s sites and devices, and add devices.',
};

export const MODE: Record<Mode, string> = {
  stop_backups: 'No new backups; restores work',
  full_stop: 'Neither backups nor restores',
};

export const DEVICE_KIND: Record<DeviceKind, string> = {
  agent: 'Agent',
  appliance: 'Appliance',
  direct_to_cloud: 'Direct to cloud',
};

export const DEVICE_STATUS: Record<DeviceStatus, string> = {
  authorised: 'Authorised',
  pending_approval: 'Waits for approval',
  expected: 'Expected',
  released: 'Released',
};

export const PASS_KEY_STATE: Record<PassKeyState, string> = {
  active: 'Active',
  expired: 'Expired',
  used_up: 'Used up',
  revoked: 'Revoked',
};

/** What a customer is called in a list. A site's short name is what people say. */
export function customerName(customer: Pick<Customer, 'company_name' | 'name' | 'level'>): string {
  return customer.level === 'site' && customer.name ? customer.name : customer.company_name;
}

/** The state in one word, for the second line of a row; `undefined` while there is nothing to say. */
export function shortState(subject: Pick<Customer | Device, 'effective_state'>): string | undefined {
  if (subject.effective_state.deleting) return 'Deleting';
  return subject.effective_state.state === 'suspended' ? 'Suspended' : undefined;
}

/** The state in a sentence, with its cause. */
export function stateSentence(customer: Pick<Customer, 'id' | 'effective_state' | 'suspension' | 'level'>): string {
  const { state, mode, cause, cause_name } = customer.effective_state;
  if (state === 'active') return 'Active. Devices can back up.';
  if (customer.effective_state.deleting) {
    const what = cause === customer.id ? 'It is to be deleted' : `${cause_name ?? 'A customer above'} is to be deleted`;
    return `${what}. ${mode === 'full_stop' ? 'Neither backups nor restores work' : 'Backups are refused, restores work'}.`;
  }
  const extent = mode === 'full_stop' ? 'Neither backups nor restores work' : 'Backups are refused, restores work';
  if (cause === customer.id) return `Suspended here. ${extent}.`;
  if (cause_name) return `Suspended because ${cause_name} above is. ${extent}.`;
  return `Suspended from above. ${extent}.`;
}

const FIELDS: Record<string, string> = {
  company_name: 'Company name',
  name: 'Name',
  email: 'Email',
  username: 'Username',
  country: 'Country',
  storage_location_id: 'Storage location',
  serves: 'Serves',
  withdrawn: 'Withdrawn',
  max_devices: 'Most devices',
  allotted_bytes: 'Allotted space',
  overcommit: 'Promise it how many times',
  overcommit_percent: 'Promised up to, in per cent',
  unit: 'Unit',
  usage_billed: 'Billed by use',
  managed_here: 'Managed here',
  has_templates: 'Has templates',
  has_firmware: 'Has firmware',
  edition: 'Edition',
  term_months: 'Term in months',
  term_days: 'Term in days',
  auto_renew: 'Renewed by itself',
  expiry_notice_days: 'Notice before the end, in days',
  retired: 'Retired',
  kind: 'Kind',
  due_at: 'To be removed',
  stage: 'Stage',
  trial_ends_at: 'Trial ends',
  production_since: 'In production since',
  remove_products: 'Consent',
  as_of: 'Day',
  service_type: 'Service type',
  offered_service_types: 'Service types to provide',
  offers: 'Service types to provide',
  account_state: 'State',
  parent_id: 'Under',
  parent_name: 'Under',
  level: 'Level',
  role: 'Role',
  is_key_officer: 'Key officer',
  is_active: 'Active',
  permissions: 'Permissions',
  holds_at: 'Holds at',
  owner_name: 'Of',
  browser: 'Browser',
  sessions: 'Sessions',
  sites: 'Sites',
  password: 'Password',
  again: 'Password again',
  current_password: 'Present password',
  login: 'Email or username',
  token: 'Setup link',
  provider_name: 'Provider’s name',
  customer_id: 'Customer',
  pass_key: 'Pass key',
  mode: 'Mode',
  reason: 'Reason',
  public_message: 'Public message',
  suspension: 'Suspension',
  expires_at: 'Expires',
  max_uses: 'Most uses',
  site_id: 'Site',
  prefix: 'Begins with',
  os: 'Operating system',
  fingerprint: 'Fingerprint',
  address: 'Address',
  city: 'City',
  phone: 'Phone',
  fax: 'Fax',
  notes: 'Internal notes',
  shared_notes: 'Notes for everybody',
  contact: 'Contact person',
  reference: 'Reference',
  status: 'Status',
  append_only: 'Append-only backups',
  auto_authorise: 'Let devices in by themselves',
  prune_window: 'Window for pruning',
  two_factor: 'Second factor',
  recovery_codes_left: 'Recovery codes left',
  method: 'Method',
  provider: 'Provider',
  issuer: 'Issuer',
  client_id: 'Client ID',
  locked: 'Locked',
  until: 'Until',
  sentence: 'Told',
  requests: 'Requests',
};

/** Whether a field was given a name. */
export function hasName(field: string): boolean {
  return field in FIELDS;
}

/** The name of a wire field, nested or not. */
export function fieldName(field: string): string {
  const last =
    field
      .split('.')
      .at(-1)
      ?.replace(/\[\d+\]$/u, '') ?? field;
  return FIELDS[last] ?? last.replaceAll('_', ' ');
}

/** Who runs a customer's licences. */
export const KIND: Record<Kind, string> = { managed: 'Managed', self_managed: 'Self-managed' };

export const SERVICE: Record<ServiceType, string> = { all_inclusive: 'All-inclusive', software_only: 'Software-only' };

const FIELD_PROBLEMS: Record<string, string> = {
  required: 'This is needed.',
  email_taken: 'Another account signs in with this address.',
  duplicate_site: 'The customer has a site of this name already.',
  parent_not_found: 'There is no such customer, or it is not yours to see.',
  storage_pool_refused: 'The bucket can’t be a storage pool.',
  not_in_browser: 'These backups lie in a bucket. Restore them with the backup client.',
  storage_location_not_choosable: 'The country decides the storage location.',
};

/** What is wrong with a field. The server's own sentence is the more precise one where we have none. */
export function fieldProblem(error: FieldError): string {
  return FIELD_PROBLEMS[error.code] ?? error.detail;
}

const PROBLEMS: Record<string, string> = {
  sign_in_required: 'The session has ended. Sign in again.',
  sign_in_failed: 'The login or the password is wrong.',
  proof_required: 'Prove once more that it is you.',
  setup_token_invalid: 'This setup link is not valid any more. The server prints a new one when it starts.',
  invitation_invalid: 'This invitation is not valid, was used, or has run out. Ask for a new one.',
  setup_done: 'This installation has been set up already. Sign in instead.',
  version_stale: 'Somebody else has changed this in the meantime.',
  unavailable: 'The server cannot do this for a moment. Try again.',
  foreign_origin: 'The browser sent this from another site, so it was refused.',
};

/** Why something was refused or failed, in one or two sentences. */
export function problemText(error: unknown): string {
  if (error instanceof Unreachable) return 'The server does not answer. Check the connection and try again.';
  if (error instanceof Unloaded) {
    return 'Its script could not be loaded: the connection is gone, or the server has a newer console. Load it again.';
  }
  if (error instanceof Stale) return PROBLEMS['version_stale']!;
  if (!(error instanceof ApiError)) return 'Something in this page failed. Load it again.';
  const { code, detail, request_id } = error.problem;
  if (code === 'internal' || code === 'unknown') return `${detail}${request_id ? ` Request ${request_id}.` : ''}`;
  return PROBLEMS[code] ?? detail;
}

/** The same for a form that makes something: what was sent may have arrived. Sent again unchanged, it is made once. */
export function explainNoAnswer(error: unknown): string | undefined {
  if (!(error instanceof Unreachable)) return undefined;
  return 'No answer came, so it may have been added or not. Send it again as it is: it is not added twice.';
}

/** Whose a device is: its customer, and the site where it stands at one. */
export function ownerOf({
  customer_name,
  end_customer_name,
}: Pick<Device, 'customer_name' | 'end_customer_name'>): string {
  return end_customer_name ? `${end_customer_name}, ${customer_name}` : customer_name;
}

/** Whether an action of a resource may be taken, and if not, why. */
export function refusalOf(subject: { actions: Action[] } | undefined, name: string): string | undefined {
  const action = subject?.actions.find((candidate) => candidate.name === name);
  if (!action) return 'This is not offered here.';
  return action.allowed ? undefined : (action.reason ?? 'Your role does not allow this.');
}

/** `offers` tells a missing action from a refused one: what no role could do here is not shown at all. */
export function offers(subject: { actions: Action[] } | undefined, name: string): boolean {
  return subject?.actions.some((action) => action.name === name) ?? false;
}

/** Devices that a limit counts: those that wait for approval take no place yet. */
export function takenPlaces({ totals }: Pick<Customer, 'totals'>): number {
  return totals.devices - totals.devices_pending;
}

/** `4 customers, 12 sites and 60 devices`. */
export function totalsText({ totals }: Pick<Customer, 'totals'>): string {
  const parts = [
    totals.customers > 0 && counted(totals.customers, 'customer'),
    totals.sites > 0 && counted(totals.sites, 'site'),
    totals.devices > 0 && counted(totals.devices, 'device'),
  ].filter((part) => part !== false);
  return parts.length > 0 ? join(parts) : 'nothing below it yet';
}

function join(parts: string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;
}
