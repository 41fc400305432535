/** What the console keeps in its URL. Texts only, so that every address can be read, typed and sent. */

import type { Level } from '../api/schema';
import { LEVELS } from '../lib/words';

/** The customer to which the whole console is narrowed. */
export type Scope = { under?: string | undefined };

export type ListSearch = Scope & {
  q?: string | undefined;
  sort?: string | undefined;
  /** In the language of filters, as it was typed. */
  filter?: string | undefined;
  /** Those that are shown, with dots between them. */
  columns?: string | undefined;
  /** The id of a saved view, beside what differs from it. */
  view?: string | undefined;
  /** What stands beside the view is all there is: it was changed. */
  changed?: 'yes' | undefined;
};

/** Without a level it is all of them but sites, which are many and belong to their customers; or a row for each site. */
export type LevelChoice = Level | 'all' | 'by_site' | undefined;

export type CustomersSearch = ListSearch & { level?: LevelChoice };

const TABS = ['overview', 'devices', 'licences', 'pass_keys', 'people', 'invoices', 'settings', 'activity'] as const;
export type Tab = (typeof TABS)[number];

export type Raw = Record<string, unknown>;

export function readScope(raw: Raw): Scope {
  return { under: text(raw['under']) };
}

export function readList(raw: Raw): ListSearch {
  return {
    ...readScope(raw),
    q: text(raw['q']),
    sort: text(raw['sort']),
    filter: text(raw['filter']),
    columns: text(raw['columns']),
    view: text(raw['view']),
    changed: raw['changed'] === 'yes' ? 'yes' : undefined,
  };
}

/** Where somebody looks in backups: the vault is of use only to whoever has opened it. */
export type RestoreSearch = Scope & {
  vault?: string | undefined;
  snapshot?: string | undefined;
  path?: string | undefined;
  q?: string | undefined;
  sort?: string | undefined;
};

export function readRestore(raw: Raw): RestoreSearch {
  return {
    ...readScope(raw),
    vault: text(raw['vault']),
    snapshot: text(raw['snapshot']),
    path: text(raw['path']),
    q: text(raw['q']),
    sort: text(raw['sort']),
  };
}

/**
 * What a list goes by: what was chosen, else its usual order. A search goes by what fits best, which has no name (`''`):
 * what begins with the text comes first.
 */
export function orderOf({ sort, q }: Pick<ListSearch, 'sort' | 'q'>, usual: string): string {
  return sort ?? (q ? '' : usual);
}

const LEVEL_CHOICES = [...LEVELS, 'all', 'by_site'] as const;

export function readCustomers(raw: Raw): CustomersSearch {
  return { ...readList(raw), level: LEVEL_CHOICES.find((level) => level === raw['level']) };
}

export type PeopleSearch = ListSearch & {
  /** The dialog for a new person is open. */
  add?: 'yes' | undefined;
};

export function readPeople(raw: Raw): PeopleSearch {
  return { ...readList(raw), add: raw['add'] === 'yes' ? 'yes' : undefined };
}

/** Dialogs of a customer's page that other pages lead to. */
const ADDS = ['device', 'by_hand', 'site', 'person', 'details'] as const;

export type CustomerSearch = {
  tab?: Tab | undefined;
  add?: (typeof ADDS)[number] | undefined;
  /** The activity shows who came and went, too. */
  sign_ins?: 'yes' | undefined;
};

export function readCustomer(raw: Raw): CustomerSearch {
  return {
    tab: TABS.find((tab) => tab === raw['tab']),
    add: ADDS.find((add) => add === raw['add']),
    sign_ins: raw['sign_ins'] === 'yes' ? 'yes' : undefined,
  };
}

/** `?under=cus_1&q=acme` and back; nothing is quoted or escaped beyond what a URL needs. */
export function parseSearch(search: string): Raw {
  return Object.fromEntries(new URLSearchParams(search));
}

export function writeSearch(values: Raw): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string' && value !== '') params.set(name, value);
  }
  const written = params.toString();
  return written ? `?${written}` : '';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
