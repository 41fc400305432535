/**
 * What the fields of changes are called, and their values in words and units. A field that a change may tell of stands in
 * `crates/tenantry/tests/it/change_fields.txt`, and a test holds that list against this file. Pure.
 */

import type { Change } from '../../api/schema';
import { countryName } from '../../lib/countries';
import { bytes, count, counted, exact, utcMonth } from '../../lib/format';
import { DEVICE_KIND, DEVICE_STATUS, fieldName, hasName, KIND, LEVEL, MODE, ROLE, SERVICE } from '../../lib/words';
import { EVENT_STATE, EVENT_TYPE, SEVERITY } from '../events/words';
import { SCHEDULE, STATE as INVOICE_STATE } from '../invoices/words';
import { whichText } from '../notifications/words';
import { UNIT } from '../products/words';
import { REPORT } from '../reports/words';
import { settingTitle, settingValue, SETTINGS } from '../settings/words';
import { PERMISSION } from '../tokens/words';
import { topicsText } from '../webhooks/words';

type Words = Readonly<Record<string, string>>;
/** `beside`: the other fields of the same side of the change. */
type InWords = (value: unknown, beside: ReadonlyMap<string, unknown>) => string;

/** Of one noun alone; else of all. */
const NAMES: Words = {
  'customer.quantity': 'Licences to hand out',
  'customer.units': 'Units',
  'customer.to': 'Sent to',
  'customer.note': 'Note',
  'customer.balance': 'Balance',
  'customer.assigned': 'Has a template',
  'customer.template_name': 'Template',
  'customer.product_name': 'Product',
  'customer.discount_rate': 'Discount',
  'customer.invoiced': 'Is invoiced',
  'customer.web_access': 'Web access',
  'customer.shared_notes': 'Notes for everybody',
  'customer.report': 'Report',
  'device.bytes': 'Size',
  'device.files': 'Files',
  'device.format': 'As',
  'device.is_whole': 'Sent whole',
  'device.paths': 'What',
  'device.product': 'Product',
  'device.snapshot': 'Backup',
  'device.units': 'Units',
  'device.month': 'Month',
  'device.by_account': 'Registered with a login',
  'event.detail': 'What is known',
  'event.kind': 'Type',
  'event.product': 'Product',
  'event.severity': 'Severity',
  'event.state': 'State',
  'invoice.credit_note': 'Credit note',
  'invoice.currency': 'Currency',
  'invoice.customer_name': 'Of',
  'invoice.number': 'Number',
  'invoice.plan_name': 'Plan',
  'invoice.plan_revision': 'Edition of the plan',
  'invoice.state': 'State',
  'invoice.total': 'Total',
  'invoice_plan.currency': 'Currency',
  'invoice_plan.customers_moved': 'Customers that had it',
  'invoice_plan.is_default': 'Used where none is chosen',
  'invoice_plan.issues_itself': 'Issued by themselves',
  'invoice_plan.items': 'Lines',
  'invoice_plan.payment_days': 'Days to pay',
  'invoice_plan.revision': 'Edition',
  'invoice_plan.schedule': 'Made',
  'invoice_plan.to': 'They have now',
  'licence.assigned': 'Handed to',
  'licence.ends_at': 'Ends',
  'licence.plan_revision': 'Edition of the plan',
  'licence.quantity': 'Licences',
  'licence.site_name': 'Site',
  'mail_settings.enabled': 'Mail is sent',
  'mail_settings.host': 'Server',
  'mail_settings.port': 'Port',
  'mail_settings.security': 'Protection',
  'mail_settings.sender': 'From',
  'notification_rule.at_hour': 'At',
  'notification_rule.delay_minutes': 'If it is still so after',
  'notification_rule.enabled': 'Switched on',
  'notification_rule.filter': 'Of which events',
  'notification_rule.pace': 'How often',
  'notification_rule.quiet': 'Not between',
  'notification_rule.recipients': 'Told',
  'notification_rule.time_zone': 'Time zone',
  'pass_key.uses': 'Uses',
  'plan.revision': 'Edition',
  'product.excludes': 'Doesn’t take',
  'product.weights': 'Weights',
  'session.login': 'Signed in as',
  'sign_in_provider.enabled': 'Switched on',
  'storage_pool.kind': 'Kind',
  'task.subjects': 'How many',
  'template.offered': 'Offered further down',
  'template.settings': 'Settings',
  'template.revision': 'Edition',
  'view.filter': 'Filter',
  'view.noun': 'List',
  'view.q': 'Search',
  'view.sort': 'Order',
  plan_id: 'Plan',
  product_id: 'Product',
  template_id: 'Template',
  'webhook.enabled': 'Switched on',
  'webhook.topics': 'Of what',
  'webhook.url': 'Address',
};

/** Fields that say nothing to a person beyond what stands beside them. */
const SILENT = new Set(['id', 'path', 'parent_path', 'parent_id', 'customer_id', 'suspended_from', 'licence_id']);

const lower = (words: Words): Words =>
  Object.fromEntries(Object.entries(words).map(([key, word]) => [key, word.toLowerCase()]));

const ACCOUNT_STATE: Words = { active: 'active', suspended: 'suspended', deleting: 'to be deleted' };

/** What a word of the API is called, by noun and field; else by field. */
const WORDS: Readonly<Record<string, Words>> = {
  account_state: ACCOUNT_STATE,
  mode: MODE,
  level: LEVEL,
  role: ROLE,
  service_type: SERVICE,
  offered_service_types: SERVICE,
  'customer.report': REPORT,
  'customer.kind': lower(KIND),
  'customer.stage': { trial: 'on trial', production: 'in production' },
  'customer.quantity': { auto: 'as many as are used' },
  'device.kind': DEVICE_KIND,
  'device.status': lower(DEVICE_STATUS),
  'event.kind': EVENT_TYPE,
  'event.severity': lower(SEVERITY),
  'event.state': lower(EVENT_STATE),
  'factor.kind': { totp: 'authenticator app', passkey: 'passkey' },
  'invoice.kind': { invoice: 'invoice', credit_note: 'credit note' },
  'invoice.state': lower(INVOICE_STATE),
  schedule: SCHEDULE,
  edition: { full: 'full', trial: 'trial' },
  'mail_settings.security': { starttls: 'STARTTLS', tls: 'TLS from the start', none: 'none' },
  'notification_rule.pace': { event: 'for each event', day: 'once a day' },
  method: {
    password: 'password',
    totp: 'password and authenticator app',
    passkey: 'passkey',
    recovery_code: 'recovery code',
    oidc: 'another provider',
  },
  permissions: PERMISSION,
  'product.unit': UNIT,
  'view.noun': { customers: 'customers', devices: 'devices', users: 'people', events: 'events', licences: 'licences' },
};

const hours = (value: unknown) => `${String(value).padStart(2, '0')}:00`;

/** What is no word: numbers with their units, lists, texts of a language. */
const TOLD: Readonly<Record<string, InWords>> = {
  country: (value) => countryName(String(value)),
  serves: (value) =>
    listOf(value)
      .map((code) => countryName(String(code)))
      .join(', '),
  discount_rate: (value) => percent(Number(value) / 1e6),
  overcommit_percent: (value) => percent(Number(value)),
  'device.bytes': (value) => bytes(Number(value)),
  'device.paths': (value) => parsed(value).map(String).join(', '),
  month: (value) => utcMonth(String(value)),
  total: (value, beside) => inMoney(Number(value), String(beside.get('currency') ?? 'EUR')),
  at_hour: hours,
  delay_minutes: (value) => (Number(value) === 0 ? 'at once' : counted(Number(value), 'minute')),
  quiet: (value) => String(value).replace('-', ' and '),
  topics: (value) => topicsText({ topics: listOf(value).map(String) }),
  'notification_rule.filter': (value) => whichText({ filter: String(value) }),
  recipients: (value) => listOf(value).join(', '),
  items: (value) => namesOf(value),
  excludes: (value) =>
    parsed(value)
      .map((unit) => UNIT[unit as keyof typeof UNIT] ?? String(unit))
      .join(', '),
  weights: (value) =>
    parsed(value)
      .map((one) => sentence(one))
      .join('; '),
};

export type Field = { noun: string; path: string };

/** Whether somebody has said what a field is called. */
export function isKnown({ noun, path }: Field): boolean {
  const last = lastOf(path);
  return (
    SILENT.has(last) ||
    isId(last) ||
    settingOf(path) !== undefined ||
    noun === 'tax_rates' ||
    `${noun}.${last}` in NAMES ||
    hasName(last)
  );
}

/** Whether it is told at all. */
export function isSilent(path: string): boolean {
  return SILENT.has(lastOf(path));
}

export function isId(path: string): boolean {
  return lastOf(path).endsWith('_id') || lastOf(path) === 'holds_at';
}

/** What a field is called. */
export function nameOf({ noun, path }: Field): string {
  const setting = settingOf(path);
  if (setting) return setting.isLock ? `${settingTitle(setting.name)}: locked` : settingTitle(setting.name);
  if (noun === 'tax_rates') return countryName(path);
  return NAMES[`${noun}.${lastOf(path)}`] ?? NAMES[lastOf(path)] ?? fieldName(path);
}

/** Its value in words. */
export function wordsOf({ noun, path }: Field, value: unknown, beside: ReadonlyMap<string, unknown>): string {
  const setting = settingOf(path);
  if (setting && !setting.isLock) {
    return value === null || value === undefined ? 'inherited' : settingValue(setting.name, value);
  }
  if (value === null || value === undefined || value === '') return NOTHING;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (noun === 'tax_rates') return percent(Number(value));
  const last = lastOf(path);
  const tell = TOLD[`${noun}.${last}`] ?? TOLD[last];
  if (tell) return tell(value, beside);
  if (last.endsWith('_bytes') && typeof value === 'number') return bytes(value);
  const words = WORDS[`${noun}.${last}`] ?? WORDS[last];
  if (words)
    return listOf(value)
      .map((one) => words[String(one)] ?? plain(one))
      .join(', ');
  return sentence(value);
}

/** As if nothing had been there. */
export const NOTHING = 'none';

/** Whatever nobody has words for: no JSON, no underscores of the API. */
function sentence(value: unknown): string {
  if (typeof value === 'number') return count(value);
  if (Array.isArray(value)) return value.map(sentence).join(', ') || NOTHING;
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => `${name.replaceAll('_', ' ')} ${sentence(inner)}`)
      .join(', ');
  }
  const text = String(value);
  return TIME.test(text) ? exact(text) : text;
}

function plain(value: unknown): string {
  return String(value).replaceAll('_', ' ');
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/u;

/** An array, or a text with commas or blanks between. */
function listOf(value: unknown): unknown[] {
  return Array.isArray(value)
    ? value
    : String(value)
        .split(/[,\s]+/u)
        .filter(Boolean);
}

/** JSON in a text, as a list. */
function parsed(value: unknown): unknown[] {
  try {
    const found: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    return Array.isArray(found) ? found : [found];
  } catch {
    return [value];
  }
}

function namesOf(value: unknown): string {
  return parsed(value)
    .map((item) => (typeof item === 'object' && item !== null && 'name' in item ? String(item.name) : sentence(item)))
    .join(', ');
}

function percent(value: number): string {
  return `${Number(value.toFixed(6))} %`;
}

function inMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en-GB', { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function lastOf(path: string): string {
  return path.split('.').at(-1) ?? path;
}

/** `append_only` of a customer, `settings.append_only.value` and `….locked` of a template. */
function settingOf(path: string): { name: string; isLock: boolean } | undefined {
  const parts = path.split('.').filter((part) => part !== 'settings');
  const name = parts[0] ?? '';
  return name in SETTINGS ? { name, isLock: parts[1] === 'locked' } : undefined;
}

/** The noun of a change, whose fields it tells of. */
export function nounOf({ action }: Pick<Change, 'action'>): string {
  return action.split('.')[0] ?? action;
}
