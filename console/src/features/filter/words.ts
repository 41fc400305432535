/** What the fields of lists, and their values, are called. */

import type { Field } from '../../api/schema';
import { countryName } from '../../lib/countries';
import { DEVICE_KIND, DEVICE_STATUS, fieldName, LEVEL, MODE, PASS_KEY_STATE, ROLE } from '../../lib/words';
import { CATEGORY, EVENT_STATE, EVENT_TYPE, SEVERITY } from '../events/words';
import { LICENCE_STATE } from '../licences/words';

/** The lists with a filter. */
export type Noun = 'customers' | 'removed_customers' | 'devices' | 'users' | 'pass_keys' | 'licences' | 'events';

type Words = { titles: Record<string, string>; first: string[]; example: string };

const STATES = {
  'effective_state.state': 'State',
  'effective_state.mode': 'Suspended to',
  last_backup_at: 'Last backup',
  customer_name: 'Customer’s name',
};

/** `first`: what is asked for most, in this order. `example`: for the empty text field. */
const WORDS: Record<Noun, Words> = {
  customers: {
    titles: {
      ...STATES,
      id: 'Id of the customer',
      parent_id: 'Id of the customer above',
      name: 'Site’s short name',
      account_state: 'Own state',
      'suspension.mode': 'Own suspension',
      'suspension.reason': 'Reason of the suspension',
      'suspension.public_message': 'Public message of the suspension',
      'suspension.since': 'Suspended since',
      'deletion.due_at': 'To be removed',
      'deletion.scheduled_at': 'Deleted',
      service_type: 'Service type',
      stage: 'Trial or production',
      trial_ends_at: 'Trial ends',
      production_since: 'In production since',
      max_devices: 'Device limit',
      'own_settings.auto_authorise': 'Own setting: devices let in by themselves',
      'own_settings.append_only': 'Own setting: append-only backups',
      'template.id': 'Id of the template',
      'template.name': 'Template',
      'template.state': 'Same as its template',
      is_default: 'Made at setup',
      'attention.action_required': 'Events: action required',
      'attention.warning': 'Events: warnings',
      'attention.threat.action_required': 'Threats: action required',
      'attention.threat.warning': 'Threats: warnings',
      'attention.system.action_required': 'System events: action required',
      'attention.system.warning': 'System events: warnings',
      'attention.licence.action_required': 'Licence events: action required',
      'attention.licence.warning': 'Licence events: warnings',
      'totals.customers': 'Customers below',
      'totals.sites': 'Sites below',
      'totals.devices': 'Devices',
      'totals.devices_pending': 'Devices that wait for approval',
      'totals.used_bytes': 'Storage used',
      'totals.allotted_bytes': 'Allotted space',
      'totals.used_percent': 'Allotted space used, in %',
      created_at: 'Added',
    },
    first: [
      'effective_state.state',
      'level',
      'last_backup_at',
      'totals.used_bytes',
      'country',
      'totals.devices',
      'kind',
      'company_name',
    ],
    example: 'level == end_customer and last_backup_at < now-2d',
  },
  devices: {
    titles: {
      ...STATES,
      id: 'Id of the device',
      customer_id: 'Id of the customer',
      kind: 'Kind of device',
      status: 'Approval',
      account_state: 'Own state',
      'own_settings.append_only': 'Own setting: append-only backups',
      repository_id: 'Id of the repository',
      used_bytes: 'Storage used',
      allotted_bytes: 'Allotted space',
      first_contact_at: 'First contact',
      created_at: 'Registered',
    },
    first: ['effective_state.state', 'last_backup_at', 'os', 'kind', 'status', 'used_bytes', 'name', 'customer_name'],
    example: 'os ~ "windows" and used_bytes > 1TB',
  },
  users: {
    titles: {
      ...STATES,
      id: 'Id of the account',
      customer_id: 'Id of the customer',
      has_password: 'Has a password',
      has_second_factor: 'Has a second factor',
      is_active: 'Is active',
      is_key_officer: 'Is a key officer',
      invitation_expires_at: 'Password link holds until',
      last_sign_in_at: 'Last sign-in',
      created_at: 'Added',
    },
    first: ['role', 'has_password', 'has_second_factor', 'last_sign_in_at', 'customer_name', 'name', 'email'],
    example: 'role == administrator and last_sign_in_at < now-90d',
  },
  removed_customers: {
    titles: {
      id: 'Id of the customer',
      company_name: 'Company name',
      name: 'Name of the site',
      level: 'Level',
      parent_id: 'Id of the parent',
      created_at: 'Added',
      deletion_scheduled_at: 'Deletion decided',
      removed_at: 'Gone since',
      devices: 'Devices',
      used_bytes: 'Used space',
      last_backup_at: 'Last backup',
    },
    first: ['level', 'removed_at', 'created_at', 'company_name'],
    example: 'level == end_customer and removed_at > now-90d',
  },
  pass_keys: {
    titles: {
      id: 'Id of the pass key',
      customer_id: 'Id of the customer',
      customer_name: 'Customer’s name',
      site_id: 'Id of the site',
      prefix: 'Begins with',
      uses: 'Devices so far',
      max_uses: 'Devices at most',
      uses_left: 'Devices left',
      expires_at: 'Ends',
      created_at: 'Made',
    },
    first: ['state', 'expires_at', 'uses_left', 'customer_name'],
    example: 'state == active and expires_at < now+2d',
  },
  licences: {
    titles: {
      id: 'Id of the licence',
      customer_id: 'Id of the customer',
      customer_name: 'Customer’s name',
      product_id: 'Id of the product',
      product_name: 'Product',
      plan_id: 'Id of the plan',
      quantity: 'Held',
      assigned: 'Assigned',
      unassigned: 'Not assigned',
      starts_at: 'Begins',
      ends_at: 'Ends',
      auto_renew: 'Renews itself',
      created_at: 'Granted',
    },
    first: ['state', 'product_name', 'ends_at', 'customer_name', 'auto_renew', 'unassigned'],
    example: 'state in (expiring, grace) and auto_renew == false',
  },
  events: {
    titles: {
      id: 'Id of the event',
      customer_id: 'Id of the customer',
      customer_name: 'Customer’s name',
      device_id: 'Id of the device',
      device_name: 'Device',
      category: 'Category',
      type: 'Event',
      severity: 'Severity',
      product: 'Product',
      detail: 'Details',
      count: 'Seen how often',
      first_seen_at: 'First seen',
      last_seen_at: 'Last seen',
      opened_at: 'Opened',
      resolved_at: 'Resolved',
      'decision.until': 'Acknowledged until',
    },
    first: ['severity', 'category', 'type', 'state', 'customer_name', 'last_seen_at', 'device_name'],
    example: 'category == threat and last_seen_at > now-1d',
  },
};

/** How many of a list's fields are unfolded before anybody has asked for one. */
export const UNFOLDED = 4;

export function titleOf(noun: Noun, field: string): string {
  return WORDS[noun].titles[field] ?? fieldName(field);
}

export function exampleOf(noun: Noun): string {
  return WORDS[noun].example;
}

/** Those that are asked for most before the others. */
export function inOrder(noun: Noun, fields: Field[]): Field[] {
  const { first } = WORDS[noun];
  const rank = ({ name }: Field) => (first.includes(name) ? first.indexOf(name) : first.length);
  return fields.toSorted((a, b) => rank(a) - rank(b));
}

const VALUES: Record<string, string> = {
  ...LEVEL,
  ...ROLE,
  ...MODE,
  ...DEVICE_KIND,
  ...DEVICE_STATUS,
  ...PASS_KEY_STATE,
  ...LICENCE_STATE,
  ...CATEGORY,
  ...EVENT_TYPE,
  ...EVENT_STATE,
  ...SEVERITY,
  active: 'Active',
  suspended: 'Suspended',
  managed: 'Managed',
  self_managed: 'Self-managed',
};

/** `places`: the storage locations, by their ids. */
export function valueName({ kind }: Field, value: string, places: ReadonlyMap<string, string>): string {
  switch (kind) {
    case 'flag':
      return value === 'true' ? 'Yes' : 'No';
    case 'code':
      return countryName(value);
    case 'id':
      return places.get(value) ?? value;
    case 'word':
      return VALUES[value] ?? value.replaceAll('_', ' ');
    default:
      return value;
  }
}

/** What a list has, and what its rows are called where the filter finds none. */
export const ROWS: Record<Noun, { one: string; many: string }> = {
  customers: { one: 'customer', many: 'customers' },
  removed_customers: { one: 'deleted customer', many: 'deleted customers' },
  devices: { one: 'device', many: 'devices' },
  users: { one: 'person', many: 'people' },
  pass_keys: { one: 'pass key', many: 'pass keys' },
  licences: { one: 'licence', many: 'licences' },
  events: { one: 'event', many: 'events' },
};
