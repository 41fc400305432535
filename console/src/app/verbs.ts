/** What can be done to a customer by saying so: "suspend brindle". Pure; the rules are the server's. */

import type { Customer } from '../api/schema';
import { offers, refusalOf } from '../lib/words';
import { fold } from '../ui/pick/match';

export type VerbId =
  | 'suspend'
  | 'activate'
  | 'edit'
  | 'device'
  | 'site'
  | 'person'
  | 'customer'
  | 'password'
  | 'delete';

type Verb = {
  id: VerbId;
  /** As it is typed and shown. */
  verb: string;
  /** Before the name of the customer. */
  joins: string;
  /** As customers call it in `actions`. */
  action: string;
  /** Without this the role never does it. */
  operation: string;
};

const VERBS: Verb[] = [
  { id: 'suspend', verb: 'Suspend', joins: '', action: 'suspend', operation: 'customer_suspend' },
  { id: 'activate', verb: 'Activate', joins: '', action: 'activate', operation: 'customer_activate' },
  { id: 'edit', verb: 'Edit', joins: '', action: 'edit', operation: 'customer_update' },
  { id: 'device', verb: 'Add device', joins: 'to ', action: 'add_device', operation: 'pass_key_create' },
  { id: 'site', verb: 'Add site', joins: 'to ', action: 'add_site', operation: 'site_create' },
  { id: 'customer', verb: 'Add customer', joins: 'to ', action: 'add_customer', operation: 'customer_create' },
  { id: 'person', verb: 'Add person', joins: 'to ', action: 'add_user', operation: 'user_create' },
  { id: 'password', verb: 'Set password', joins: 'of ', action: 'set_password', operation: 'customer_set_password' },
  { id: 'delete', verb: 'Delete', joins: '', action: 'delete', operation: 'customer_delete' },
];

/** The verb that a text begins with, and whom it is said of. */
export function saidOf(text: string, operations: readonly string[]): { verb: Verb; rest: string } | undefined {
  const wanted = fold(text);
  for (const verb of VERBS) {
    const said = `${fold(verb.verb)} `;
    if (!operations.includes(verb.operation) || !wanted.startsWith(said)) continue;
    const rest = wanted.slice(said.length);
    const joined = verb.joins && rest.startsWith(verb.joins) ? rest.slice(verb.joins.length) : rest;
    return { verb, rest: joined.trim() };
  }
  return undefined;
}

/** Verbs to be completed: the beginning of one was typed. */
export function begun(text: string, operations: readonly string[]): Verb[] {
  const wanted = fold(text);
  if (wanted === '') return [];
  return VERBS.filter(({ verb, operation }) => operations.includes(operation) && fold(verb).startsWith(wanted));
}

export type Said = { verb: VerbId; customer: Customer; name: string; refusal: string | undefined };

/** What can be said of these customers; what no role could do to one is left out, what can't be done now says why. */
export function sayings(
  { id, verb, joins, action }: Verb,
  customers: readonly Customer[],
  nameOf: (of: Customer) => string,
): Said[] {
  return customers
    .filter((customer) => offers(customer, action))
    .map((customer) => ({
      verb: id,
      customer,
      name: `${verb} ${joins}${nameOf(customer)}`,
      refusal: refusalOf(customer, action),
    }))
    .toSorted((a, b) => Number(a.refusal !== undefined) - Number(b.refusal !== undefined));
}
