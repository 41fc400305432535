/** What of the query cache shows something that a change has made another. Pure. */

import type { Change, Customer, Device, Event, Me, User } from '../../api/schema';

/** A change, as the feed tells it and as a command that was just done knows it. */
export type Happened = {
  action: string;
  subject_id: string;
  /** The ids from the top of what the caller may see down to the customer that it happened at, a slash after each. */
  path: string;
};

/** A query of the cache, by its key and what arrived for it. */
export type Cached = { queryKey: readonly unknown[]; data: unknown };

/** Where a customer stands, if that is known. */
export type PathOf = (customer: string) => string | undefined;

/** What an action makes another, noun by noun. */
type Reach = {
  /** The customer's own row; or every row from it downwards, where states and names flow down. */
  customers?: 'row' | 'subtree';
  /** Which customers are gone, and where they stood. */
  removed?: true;
  /** Customers come, go, or change places in lists; `by_state`: only in lists that go by the state. */
  customerLists?: 'all' | 'by_state';
  /** The numbers of the customer and of all above it. */
  totals?: true;
  devices?: 'row' | 'subtree';
  deviceLists?: true;
  /** One account; the name of their customer on all of its accounts; or who is in a list, and where. */
  users?: 'row' | 'customer' | 'lists';
  /** The keys of the customer or of one above it; or of all from it downwards, where what may be done with them flows down. */
  passKeys?: 'path' | 'subtree';
  /** Which tasks there are; how far each is, is told apart. */
  tasks?: true;
  /** Where people are signed in. */
  sessions?: true;
  /** Which API tokens there are, and what they may. */
  tokens?: true;
  /** What is held of the products. */
  licences?: true;
  /** What is notable. */
  events?: true;
  /** Whom customers have told what happens. */
  webhooks?: true;
  /** Who is told of events by mail. */
  notificationRules?: true;
  /** Who gets which report. */
  reports?: true;
  /** What is charged, by what, and how that stands. */
  invoices?: true;
  /** What is given to customers together, and who has it. */
  templates?: true;
  /** Which views there are, and what they show. */
  views?: true;
  /** What holds at a customer or device, there and below. */
  settings?: true;
};

const SWITCHED: Reach = {
  customers: 'subtree',
  customerLists: 'by_state',
  devices: 'subtree',
  passKeys: 'subtree',
};

/** It is to be deleted, or no more: it stays where it is, in other lists. */
const ENDING: Reach = { ...SWITCHED, customerLists: 'all' };

/** It and all below it stand elsewhere, and count elsewhere. */
const MOVED: Reach = {
  removed: true,
  customers: 'subtree',
  customerLists: 'all',
  totals: true,
  devices: 'subtree',
  deviceLists: true,
  users: 'lists',
  passKeys: 'subtree',
  tokens: true,
};

/** Whoever adds an action to the API says here what it touches: one without does not compile. */
const REACHES: Record<Change['action'], Reach> = {
  'customer.created': { customerLists: 'all', totals: true },
  'customer.updated': { customers: 'subtree', customerLists: 'all', devices: 'subtree', users: 'customer' },
  'customer.suspended': SWITCHED,
  'customer.activated': SWITCHED,
  'customer.deletion_scheduled': ENDING,
  'customer.restored': ENDING,
  'customer.storage_migrated': { customers: 'row', customerLists: 'all' },
  'customer.trial_ended': { customers: 'row', customerLists: 'all' },
  'customer.moved': MOVED,
  'customer.moved_away': MOVED,
  'customer.deleted': {
    removed: true,
    customers: 'subtree',
    customerLists: 'all',
    totals: true,
    devices: 'subtree',
    deviceLists: true,
    users: 'lists',
    passKeys: 'subtree',
    tokens: true,
  },
  'customer.password_set': { customers: 'row', sessions: true },
  'customer.web_access_set': { customers: 'row', customerLists: 'all', sessions: true, tokens: true },
  'customer.space_set': { customers: 'row', customerLists: 'all' },
  'customer.licence_pool_set': { customers: 'row' },
  'customer.credits_added': { customers: 'row' },
  'customer.credits_countered': { customers: 'row' },
  'customer.invited': {},
  'user.created': { users: 'lists' },
  'user.updated': { users: 'lists', sessions: true, tokens: true },
  'user.invited': { users: 'row' },
  'user.password_set': { users: 'row', sessions: true },
  'user.deleted': { users: 'lists', tokens: true },
  'session.created': { users: 'row', sessions: true },
  'session.deleted': { sessions: true },
  'session.revoked': { sessions: true },
  'event.opened': { events: true, totals: true },
  'event.worsened': { events: true, totals: true },
  'event.acknowledged': { events: true, totals: true },
  'event.resolved': { events: true, totals: true },
  'licence.granted': { licences: true },
  'licence.updated': { licences: true },
  'licence.assigned': { licences: true },
  'licence.revoked': { licences: true },
  'licence.reassigned': { licences: true },
  'licence.renewed': { licences: true },
  'licence.cancelled': { licences: true },
  'token.created': { tokens: true },
  'token.revoked': { tokens: true },
  'factor.added': { users: 'row', sessions: true },
  'factor.removed': { users: 'row' },
  'factors.reset': { users: 'row', sessions: true, tokens: true },
  'recovery_codes.renewed': {},
  'codes.blocked': {},
  'recovery_code.used': {},
  'sign_in_provider.set': {},
  'sign_in_provider.removed': {},
  'pass_key.created': { passKeys: 'path' },
  'pass_key.rotated': { passKeys: 'path' },
  'pass_key.revoked': { passKeys: 'path' },
  'device.registered': { totals: true, deviceLists: true, passKeys: 'path' },
  'device.registered_again': { devices: 'row', passKeys: 'path' },
  'device.updated': { devices: 'row', deviceLists: true },
  'device.space_set': { devices: 'row' },
  'device.credentials_issued': { devices: 'row' },
  'device.added': { totals: true, deviceLists: true },
  'device.licensed': { devices: 'row', licences: true },
  'device.unlicensed': { devices: 'row', licences: true },
  'device.moved': { totals: true, devices: 'row', deviceLists: true, customerLists: 'all' },
  'device.moved_away': { totals: true, devices: 'row', deviceLists: true, customerLists: 'all' },
  'device.released': { devices: 'row', deviceLists: true },
  'device.reprovisioned': { totals: true, devices: 'row', deviceLists: true },
  'device.deletion_scheduled': { devices: 'row', deviceLists: true },
  'device.restored': { devices: 'row', deviceLists: true },
  'device.approved': { totals: true, devices: 'row', deviceLists: true },
  'device.suspended': { devices: 'row', deviceLists: true },
  'device.activated': { devices: 'row', deviceLists: true },
  'device.deleted': { totals: true, devices: 'row', deviceLists: true },
  'device.deletion_refused': { devices: 'row' },
  'device.vault_opened': {},
  'device.file_downloaded': {},
  'device.archive_downloaded': {},
  'customer.setting_set': { customers: 'row', settings: true },
  'customer.setting_inherited': { customers: 'row', settings: true },
  'device.setting_set': { devices: 'row', settings: true },
  'device.setting_inherited': { devices: 'row', settings: true },
  'task.created': { tasks: true },
  'task.stopped': { tasks: true },
  'task.retried': { tasks: true },
  'storage_location.created': {},
  'storage_location.updated': {},
  'storage_pool.created': {},
  'storage_pool.updated': {},
  'product.created': {},
  'product.updated': {},
  'plan.created': {},
  'plan.updated': {},
  'customer.template_assigned': { customers: 'row', settings: true, templates: true },
  'customer.details_sent': {},
  'customer.report_sent': {},
  'customer.report_stopped': { reports: true },
  'customer.report_resumed': { reports: true },
  'invoice_plan.created': { invoices: true },
  'invoice_plan.updated': { invoices: true },
  'invoice_plan.deleted': { invoices: true },
  'customer.invoice_settings_set': { invoices: true },
  'tax_rates.set': {},
  'invoice.drafted': { invoices: true },
  'invoice.issued': { invoices: true },
  'invoice.paid': { invoices: true },
  'invoice.overdue': { invoices: true },
  'invoice.credited': { invoices: true },
  'invoice.deleted': { invoices: true },
  'template.created': { templates: true },
  'template.updated': { templates: true, customers: 'subtree' },
  'template.deleted': { templates: true, customers: 'subtree' },
  'notification_rule.created': { notificationRules: true },
  'notification_rule.updated': { notificationRules: true },
  'notification_rule.deleted': { notificationRules: true },
  'webhook.created': { webhooks: true },
  'webhook.updated': { webhooks: true },
  'webhook.secret_renewed': {},
  'webhook.deleted': { webhooks: true },
  'mail_settings.updated': { reports: true },
  'view.shared': { views: true },
  'view.updated': { views: true },
  'view.unshared': { views: true },
};

/** For what a newer server tells and this console has never heard of. */
const ANYTHING: Reach = {
  removed: true,
  customers: 'subtree',
  customerLists: 'all',
  totals: true,
  devices: 'subtree',
  deviceLists: true,
  users: 'lists',
  passKeys: 'subtree',
  tasks: true,
  sessions: true,
  tokens: true,
  views: true,
  settings: true,
  events: true,
};

/** Whether what is cached may be another after a change. What is still on its way may have been read before it. */
export function isTouched(happened: Happened, { queryKey, data }: Cached, pathOf: PathOf): boolean {
  const place = new Place(happened);
  const [noun, kind, of] = queryKey;
  if (isFiltered(of) && mayFind(place, String(noun), of, pathOf)) return true;
  if (kind === 'counts') return false;
  switch (noun) {
    case 'customers':
      return customersTouched(place, queryKey, data);
    case 'removed_customers':
      return place.reach.removed === true;
    case 'devices':
      return devicesTouched(place, queryKey, data);
    case 'users':
      return usersTouched(place, queryKey, data);
    case 'pass_keys':
      return kind === 'list' ? passKeyListTouched(place, of) : passKeysTouched(place, String(kind), pathOf);
    case 'tasks':
      return place.reach.tasks === true;
    case 'sessions':
      return place.reach.sessions === true;
    case 'licences':
      return place.reach.licences === true || place.reach.customers === 'subtree';
    case 'events':
      return eventsTouched(place, of, data);
    case 'notification_rules':
      return place.reach.notificationRules === true;
    case 'reports':
      return place.reach.reports === true || place.reach.settings === true || place.reach.customers === 'subtree';
    case 'invoices':
      return place.reach.invoices === true || place.reach.customers === 'subtree';
    case 'templates':
      // Whoever sets something else may differ.
      return place.reach.templates === true || place.reach.settings === true;
    case 'webhooks':
      return place.reach.webhooks === true;
    case 'tokens':
      return place.reach.tokens === true;
    case 'views':
      return place.reach.views === true;
    // Few are shown at a time, and what holds at them may come from anywhere above. Names are among what is shown.
    case 'settings':
      return place.reach.settings === true || place.reach.customers === 'subtree';
    case 'history':
      return place.reach.devices !== undefined && place.reaches(String(of));
    case 'changes':
      return place.isAtOrBelow(String(kind));
    case 'overview':
      return overviewTouched(place, String(kind), String(of));
    case 'me':
      return meTouched(place, data as Me | undefined);
    // What was asked for in a dialog is answered once: the command itself has the last word.
    case 'preview':
    case 'bulk':
      return false;
    default:
      return !LASTING.has(noun);
  }
}

/** What no change touches. */
const LASTING = new Set<unknown>(['setup', 'shown_once', 'storage_locations', 'fields', 'vaults']);

/** Whether something is asked for anew when nobody can tell what has happened. Who is signed in is asked each time. */
export function isRenewable(queryKey: readonly unknown[]): boolean {
  const [noun] = queryKey;
  return !LASTING.has(noun) && noun !== 'me' && noun !== 'bulk' && noun !== 'preview' && !isForm(queryKey);
}

/** What a form begins with stays while it is filled in. */
function isForm([noun, kind]: readonly unknown[]): boolean {
  return noun === 'customers' && kind === 'form';
}

/** Where a change happened, and what it reaches. */
class Place {
  readonly reach: Reach;
  readonly subject: string;
  readonly path: string;
  private readonly ids: readonly string[];

  constructor({ action, subject_id, path }: Happened) {
    this.reach = Object.hasOwn(REACHES, action) ? REACHES[action as Change['action']] : ANYTHING;
    this.subject = subject_id;
    this.path = path;
    this.ids = idsOf(path);
  }

  get customer(): string | undefined {
    return this.ids.at(-1);
  }

  get parent(): string | undefined {
    return this.ids.at(-2);
  }

  /** It happened at this customer, or somewhere below it. */
  isAtOrBelow(customer: string): boolean {
    return this.ids.includes(customer);
  }

  /** A list that is narrowed to a customer may show it. */
  isUnder(under: unknown): boolean {
    return typeof under !== 'string' || this.isAtOrBelow(under);
  }

  /** What stands here stands at the customer, or below it. */
  reaches(path: string): boolean {
    return path.startsWith(this.path);
  }
}

type Filtered = { under?: string; filter?: string; by?: string };

/** What has a filter finds other rows when what it asks for changes, shown or not; so does what only counts them. */
function isFiltered(of: unknown): of is Filtered {
  return typeof of === 'object' && of !== null && (Boolean((of as Filtered).filter) || 'by' in of);
}

function mayFind(place: Place, noun: string, { under, filter = '', by = '' }: Filtered, pathOf: PathOf): boolean {
  const { customerLists, totals, devices, deviceLists, users, passKeys, settings, licences, events, templates } =
    place.reach;
  const path = under === undefined ? undefined : pathOf(under);
  // What flows down comes from above the customer to which it is narrowed, too.
  if (!place.isUnder(under) && (path === undefined || !place.reaches(path))) return false;
  switch (noun) {
    case 'customers':
      if (totals && /totals\.|attention/u.test(filter)) return true;
      if (settings && /own_settings|template/u.test(filter + by)) return true;
      if (templates && /template/u.test(filter + by)) return true;
      return customerLists === 'by_state' ? /state|suspension|mode/u.test(filter + by) : customerLists === 'all';
    case 'devices':
      return Boolean(devices ?? deviceLists);
    case 'users':
      return users !== undefined;
    case 'pass_keys':
      return passKeys !== undefined;
    case 'licences':
      return licences === true;
    case 'events':
      return events === true;
    default:
      return false;
  }
}

const PICKED = new Set<unknown>(['find', 'tree', 'recent', 'twins', 'parents', 'nearest_parent']);

function customersTouched(place: Place, key: readonly unknown[], data: unknown): boolean {
  const { customers, customerLists, totals } = place.reach;
  const [, kind, of, sort] = key;
  if (isForm(key)) return false;
  const concerns = Boolean(customers ?? customerLists ?? totals);
  // What a picker found: short lists, only asked for while somebody looks.
  if (PICKED.has(kind)) return Boolean(customers ?? customerLists);
  const rows = rowsOf<Customer>(data);
  if (!rows) return concerns;
  const shown = rows.some(
    (row) =>
      (totals && place.isAtOrBelow(row.id)) ||
      (customers === 'row' && row.id === place.customer) ||
      (customers === 'subtree' && place.reaches(row.path)),
  );
  if (shown || !customerLists) return shown;
  if (kind === 'children') return customerLists === 'all' && of === place.parent;
  if (kind !== 'list') return false;
  return place.isUnder(underOf(of)) && (customerLists === 'all' || goesByState(sort));
}

function goesByState(sort: unknown): boolean {
  return String(sort).endsWith('effective_state');
}

function devicesTouched(place: Place, [, kind, of]: readonly unknown[], data: unknown): boolean {
  const { devices, deviceLists } = place.reach;
  const rows = rowsOf<Device>(data);
  if (!rows) return Boolean(devices ?? deviceLists);
  const shown = rows.some(
    (row) => (devices === 'row' && row.id === place.subject) || (devices === 'subtree' && place.reaches(row.path)),
  );
  return shown || (deviceLists === true && kind !== 'one' && place.isUnder(underOf(of)));
}

function eventsTouched(place: Place, of: unknown, data: unknown): boolean {
  const { events, customers, devices, deviceLists } = place.reach;
  const rows = rowsOf<Event>(data);
  if (!rows) return Boolean(events ?? customers ?? devices);
  if (events && place.isUnder(underOf(of))) return true;
  // Names stand in them, and some go with what they are about.
  return rows.some(
    (row) => (customers && place.reaches(row.path)) || ((devices ?? deviceLists) && row.device_id === place.subject),
  );
}

/** Numbers of everything below a customer; of what was measured only today is another. */
function overviewTouched(place: Place, kind: string, customer: string): boolean {
  const { customers, customerLists, totals, devices, deviceLists, users, passKeys } = place.reach;
  if (kind === 'days') return false;
  const reached = customers ?? customerLists ?? totals ?? devices ?? deviceLists ?? users ?? passKeys;
  return Boolean(reached) && place.isAtOrBelow(customer);
}

function usersTouched(place: Place, [, , of]: readonly unknown[], data: unknown): boolean {
  const { users } = place.reach;
  if (!users) return false;
  // Only their number is known.
  if (typeof data === 'number') return users === 'lists' && place.isUnder(underOf(of));
  const rows = rowsOf<User>(data);
  if (!rows) return true;
  if (users === 'customer') return rows.some((row) => row.customer_id === place.customer);
  return rows.some((row) => row.id === place.subject) || (users === 'lists' && place.isUnder(underOf(of)));
}

/** Of everybody below a customer. */
function passKeyListTouched(place: Place, of: unknown): boolean {
  return place.reach.passKeys !== undefined && place.isUnder(underOf(of));
}

function passKeysTouched(place: Place, customer: string, pathOf: PathOf): boolean {
  const { passKeys } = place.reach;
  if (!passKeys) return false;
  if (place.isAtOrBelow(customer)) return true;
  if (passKeys === 'path') return false;
  const path = pathOf(customer);
  return path === undefined || place.reaches(path);
}

function meTouched(place: Place, me: Me | undefined): boolean {
  if (!me) return false;
  const { customers, users } = place.reach;
  return (
    (users === 'lists' && place.subject === me.id) || (customers === 'subtree' && place.customer === me.customer_id)
  );
}

/** `under` as lists have it in their keys: in a filter, or by itself. */
function underOf(of: unknown): unknown {
  return typeof of === 'object' && of !== null ? (of as { under?: string }).under : of;
}

/** The rows in an answer: of a page, of a list, or the only one. `undefined`: nothing has arrived. */
export function rowsOf<T>(data: unknown): T[] | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  if (Array.isArray(data)) return data as T[];
  return 'items' in data ? (data.items as T[]) : [data as T];
}

export function idsOf(path: string): string[] {
  return path.split('/').filter(Boolean);
}
