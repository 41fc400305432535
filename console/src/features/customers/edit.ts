/** From a form's texts to what is sent, and back. Pure. */

import type { Customer, CustomerCreate, CustomerUpdate, Kind, Level } from '../../api/schema';
import { parseSites, siteNameProblem } from '../../lib/sites';
import { checkPasswords } from '../../ui/NewPassword';
import type { Problems, Values } from '../../ui/form';
import { chosenLocation, locationProblem, type StorageLocation } from './place';
import { PROFILE, profileValues } from './ProfileFields';
import { NONE, offersOf, typesOf } from './ServiceFields';

const USERNAME = /^[A-Za-z0-9_]{3,64}$/u;

export function emptyValues(parent: string): Values {
  return {
    parent_id: parent,
    level: '',
    company_name: '',
    country: '',
    storage_location_id: '',
    email: '',
    invite_administrator: '',
    username: '',
    password: '',
    again: '',
    sites: '',
    max_devices: '',
    kind: '',
    service_type: '',
    offers: '',
    trial: '',
    plan_id: '',
    template_id: '',
    invite_by_mail: '',
    account_state: 'active',
    ...profileValues(undefined),
  };
}

export function valuesOf(customer: Customer): Values {
  return {
    ...(customer.level === 'site' && { name: customer.name ?? '' }),
    company_name: customer.company_name,
    country: customer.country ?? '',
    storage_location_id: customer.storage_location_id ?? '',
    email: customer.email ?? '',
    username: customer.username ?? '',
    password: '',
    again: '',
    kind: customer.kind ?? '',
    service_type: customer.service_type ?? '',
    offers: offersOf(customer),
    max_devices: customer.max_devices === null || customer.max_devices === undefined ? '' : `${customer.max_devices}`,
    ...profileValues(customer.profile),
  };
}

/** In the order of the page. */
export function checkNew(values: Values, level: Level | undefined, locations: StorageLocation[] | undefined): Problems {
  const problems: Problems = {};
  const { company_name, max_devices, offers } = checkCommon(values);
  if (company_name) problems['company_name'] = company_name;
  if (!values['parent_id']) problems['parent_id'] = 'Choose the customer that it stands under.';
  else if (!level) problems['level'] = 'Choose a level.';
  if (offers && level !== 'end_customer') problems['offers'] = offers;
  if (!values['country']) problems['country'] = 'Choose one: it decides the storage location.';
  Object.assign(problems, checkLocation(values, locations));
  if (values['invite_administrator'] && !values['email']?.trim()) {
    problems['email'] = 'The invitation needs an address.';
  }
  if (level === 'end_customer') {
    const { problem } = parseSites(values['sites'] ?? '');
    if (problem) problems['sites'] = problem;
  }
  if (values['username']) Object.assign(problems, checkAccount(values));
  if (max_devices) problems['max_devices'] = max_devices;
  return problems;
}

/** What it has already is shown, and not sent. */
export function checkEdit(
  values: Values,
  had: Pick<Customer, 'username' | 'country' | 'storage_location_id'>,
  locations: StorageLocation[] | undefined,
): Problems {
  const problems = checkCommon(values);
  if (had.country && !values['country']) problems['country'] = 'Choose one: it can be another, not none.';
  if (!had.storage_location_id) Object.assign(problems, checkLocation(values, locations));
  if (!had.username && values['username']) Object.assign(problems, checkAccount(values));
  return problems;
}

function checkCommon(values: Values): Problems {
  const problems: Problems = {};
  const name = values['name'];
  if (name !== undefined) {
    const problem = name.trim() ? siteNameProblem(name.trim()) : 'This is needed.';
    if (problem) problems['name'] = problem;
  }
  if (!values['company_name']?.trim()) problems['company_name'] = 'This is needed.';
  const most = values['max_devices'] ?? '';
  if (values['offers'] === NONE) problems['offers'] = 'Choose at least one.';
  if (most !== '' && !/^\d{1,6}$/u.test(most)) problems['max_devices'] = 'A whole number up to 999,999, or nothing.';
  return problems;
}

function checkLocation(values: Values, locations: StorageLocation[] | undefined): Problems {
  const problem = locationProblem(values['country'] ?? '', values['storage_location_id'] ?? '', locations);
  return problem ? { storage_location_id: problem } : {};
}

function checkAccount(values: Values): Problems {
  const problems: Problems = {};
  if (!USERNAME.test(values['username'] ?? '')) {
    problems['username'] = 'At least three letters, digits or underscores, without accents.';
  }
  return { ...problems, ...checkPasswords(values) };
}

export function createOf(values: Values, level: Level, locations: StorageLocation[] | undefined): CustomerCreate {
  const country = values['country'] ?? '';
  const username = values['username']?.trim();
  const profile = profileOf(values);
  return {
    parent_id: values['parent_id'] ?? '',
    level,
    company_name: values['company_name']?.trim() ?? '',
    country,
    storage_location_id: chosenLocation(country, values['storage_location_id'] ?? '', locations),
    email: values['email']?.trim() || null,
    ...(values['invite_administrator'] && { invite_administrator: true }),
    ...(values['invite_administrator'] && values['invite_by_mail'] && { invite_by_mail: true }),
    ...(username && { username, password: values['password'] ?? '' }),
    ...(level === 'end_customer' && { sites: parseSites(values['sites'] ?? '').names }),
    max_devices: values['max_devices'] ? Number(values['max_devices']) : null,
    ...(values['kind'] && { kind: kindOf(values) }),
    ...(values['service_type'] && { service_type: typesOf(values['service_type'])[0]! }),
    ...(level !== 'end_customer' && values['offers'] && { offered_service_types: typesOf(values['offers']) }),
    ...(level === 'end_customer' && values['trial'] && { trial: true }),
    ...(level === 'end_customer' && values['plan_id'] && { plan_id: values['plan_id'] }),
    ...(values['template_id'] && values['kind'] !== 'self_managed' && { template_id: values['template_id'] }),
    account_state: values['account_state'] === 'suspended' ? 'suspended' : 'active',
    ...(Object.keys(profile).length > 0 && { profile }),
  };
}

function kindOf(values: Values): Kind | null {
  const kind = values['kind'];
  return kind === 'managed' || kind === 'self_managed' ? kind : null;
}

/** Only what differs from what the form began with. */
export function updateOf(values: Values, began: Values, locations: StorageLocation[] | undefined): CustomerUpdate {
  const differs = (field: string) => values[field]?.trim() !== began[field]?.trim();
  const text = (field: string) => values[field]?.trim() || null;
  const update: CustomerUpdate = {};
  if (differs('company_name')) update.company_name = values['company_name']?.trim() ?? '';
  if (values['name'] !== undefined && differs('name')) update.name = values['name'].trim();
  if (differs('email')) update.email = text('email');
  if (differs('country') && values['country']) update.country = values['country'];
  if (differs('max_devices')) update.max_devices = values['max_devices'] ? Number(values['max_devices']) : null;
  if (differs('service_type') && values['service_type']) update.service_type = typesOf(values['service_type'])[0]!;
  if (differs('offers')) update.offered_service_types = typesOf(values['offers']);
  if (differs('kind')) update.kind = kindOf(values);
  if (!began['storage_location_id']) {
    const chosen = chosenLocation(values['country'] ?? '', values['storage_location_id'] ?? '', locations);
    if (chosen) update.storage_location_id = chosen;
  }
  if (!began['username'] && values['username']) {
    update.username = values['username'].trim();
    update.password = values['password'] ?? '';
  }
  const profile = PROFILE.filter((field) => differs(`profile.${field}`));
  if (profile.length > 0) {
    update.profile = Object.fromEntries(profile.map((field) => [field, text(`profile.${field}`)]));
  }
  return update;
}

/** Whether an edit can be taken back by another one: what is said once and for all is not. */
export function takesBack(before: Customer, now: Customer): boolean {
  return (
    before.username === now.username &&
    before.storage_location_id === now.storage_location_id &&
    Boolean(before.country) === Boolean(now.country)
  );
}

/**
 * Whether a customer is what a form wanted it to be: its own answer was lost, and what made it stale was itself. A
 * password can't be seen, so one that was to be set is not taken for granted.
 */
export function isSaved(values: Values, now: Values, locations: StorageLocation[] | undefined): boolean {
  return !values['password'] && Object.keys(updateOf(values, now, locations)).length === 0;
}

/** Whether what was sent once is what a customer is now, so that what was edited since can be sent upon it. */
export function follows(sent: Values, values: Values, now: Values, locations: StorageLocation[] | undefined): boolean {
  return sent['password'] === values['password'] && Object.keys(updateOf(sent, now, locations)).length === 0;
}

function profileOf(values: Values): Record<string, string> {
  const filled = PROFILE.map((field) => [field, values[`profile.${field}`]?.trim() ?? ''] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== ''));
}

export type Conflict = { field: string; was: string; is: string };

/** What somebody else changed in the meantime. `unanswered`: what was sent from here, and perhaps saved. */
export function conflictsOf(began: Values, now: Values, unanswered: readonly Values[] = []): Conflict[] {
  const isOurs = (field: string) => unanswered.some((sent) => sent[field]?.trim() === now[field]);
  return Object.keys(began)
    .filter((field) => (began[field] ?? '') !== (now[field] ?? '') && !isOurs(field))
    .map((field) => ({ field, was: began[field] ?? '', is: now[field] ?? '' }));
}
