import { expect, test } from 'vitest';
import { isRenewable, isTouched, type Cached, type Happened } from './touches';

/*
 * p ── r (reseller) ─┬─ a ── s (site)
 *                    └─ b
 *   ── q (reseller)
 */
const PATHS: Record<string, string> = { p: 'p/', r: 'p/r/', a: 'p/r/a/', s: 'p/r/a/s/', b: 'p/r/b/', q: 'p/q/' };

const row = (id: string) => ({ id, path: PATHS[id]! });
const page = (...ids: string[]) => ({ items: ids.map(row), total: ids.length, total_is_exact: true });
const device = (id: string, customer: string) => ({ id, path: PATHS[customer]!, customer_id: customer });
const user = (id: string, customer: string) => ({ id, customer_id: customer });

const CACHE: Record<string, Cached> = {
  me: { queryKey: ['me'], data: { id: 'usr_me', customer_id: 'p' } },
  'one p': { queryKey: ['customers', 'one', 'p'], data: row('p') },
  'one r': { queryKey: ['customers', 'one', 'r'], data: row('r') },
  'one a': { queryKey: ['customers', 'one', 'a'], data: row('a') },
  'one s': { queryKey: ['customers', 'one', 's'], data: row('s') },
  'one b': { queryKey: ['customers', 'one', 'b'], data: row('b') },
  'one q': { queryKey: ['customers', 'one', 'q'], data: row('q') },
  'form a': { queryKey: ['customers', 'form', 'a'], data: row('a') },
  'children p': { queryKey: ['customers', 'children', 'p'], data: [row('r'), row('q')] },
  'children r': { queryKey: ['customers', 'children', 'r'], data: [row('a'), row('b')] },
  'children a': { queryKey: ['customers', 'children', 'a'], data: [row('s')] },
  'children q': { queryKey: ['customers', 'children', 'q'], data: [] },
  'list first': { queryKey: ['customers', 'list', {}, 'company_name', 0], data: page('p', 'q', 'b') },
  'list second': { queryKey: ['customers', 'list', {}, 'company_name', 1], data: page('r', 'a', 's') },
  'list by state': { queryKey: ['customers', 'list', {}, '-effective_state', 0], data: page('q') },
  'list r': { queryKey: ['customers', 'list', { under: 'r' }, 'company_name', 0], data: page('b') },
  'list q': { queryKey: ['customers', 'list', { under: 'q' }, 'company_name', 0], data: page('q') },
  find: { queryKey: ['customers', 'find', 'x', ''], data: [row('q')] },
  'device a': { queryKey: ['devices', 'one', 'dev_a'], data: device('dev_a', 'a') },
  'device s': { queryKey: ['devices', 'one', 'dev_s'], data: device('dev_s', 's') },
  'device b': { queryKey: ['devices', 'one', 'dev_b'], data: device('dev_b', 'b') },
  'devices all': { queryKey: ['devices', 'list', {}, 'name', 0], data: { items: [device('dev_b', 'b')] } },
  'devices a': { queryKey: ['devices', 'list', { under: 'a' }, 'name', 0], data: { items: [device('dev_a', 'a')] } },
  'devices q': { queryKey: ['devices', 'list', { under: 'q' }, 'name', 0], data: { items: [] } },
  'largest r': { queryKey: ['devices', 'largest', 'r', 6], data: { items: [device('dev_b', 'b')] } },
  'users all': {
    queryKey: ['users', 'list', {}, 'name', 0],
    data: { items: [user('usr_me', 'p'), user('usr_a', 'a')] },
  },
  'users b': { queryKey: ['users', 'list', { under: 'b' }, 'name', 0], data: { items: [] } },
  'people at a': { queryKey: ['users', 'count', 'a'], data: 1 },
  'keys a': { queryKey: ['pass_keys', 'a'], data: [] },
  'keys b': { queryKey: ['pass_keys', 'b'], data: [] },
  'changes r': { queryKey: ['changes', 'r'], data: {} },
  'changes b': { queryKey: ['changes', 'b'], data: {} },
  'settings s': { queryKey: ['settings', 'customers', 's'], data: {} },
  tasks: { queryKey: ['tasks', 'list'], data: { items: [] } },
  locations: { queryKey: ['storage_locations'], data: [] },
  fields: { queryKey: ['fields'], data: [] },
  preview: { queryKey: ['preview', 'suspend', 'a', 'full_stop'], data: {} },
};

const at = (action: string, customer: string, subject = customer): Happened => ({
  action,
  subject_id: subject,
  path: PATHS[customer] ?? `p/r/${customer}/`,
});
const touched = (happened: Happened) =>
  Object.keys(CACHE).filter((name) => isTouched(happened, CACHE[name]!, (id) => PATHS[id]));

test('a suspension touches the customer, all below it, and pages of lists that show one of them', () => {
  const expected = [
    'one a',
    'one s',
    'children r',
    'children a',
    'list second',
    'list by state',
    'find',
    'device a',
    'device s',
    'devices a',
    'keys a',
    'changes r',
    'settings s',
  ];
  expect(touched(at('customer.suspended', 'a'))).toEqual(expected);
  expect(touched(at('customer.activated', 'a'))).toEqual(expected);
});

test('one of a reseller reaches far down and nothing beside it', () => {
  const found = touched(at('customer.suspended', 'r'));
  for (const name of ['one s', 'one b', 'device b', 'devices all', 'list first', 'list r', 'keys b']) {
    expect(found).toContain(name);
  }
  for (const name of ['one p', 'one q', 'list q', 'children q', 'users all', 'me']) expect(found).not.toContain(name);
});

test('a setting touches what is set, wherever it is shown, and the customer’s own row', () => {
  expect(touched(at('customer.setting_set', 'a'))).toEqual([
    'one a',
    'children r',
    'list second',
    'find',
    'changes r',
    'settings s',
  ]);
  expect(touched(at('device.setting_inherited', 'a', 'dev_a'))).toEqual([
    'device a',
    'devices a',
    'changes r',
    'settings s',
  ]);
});

test('a new customer touches its parent’s children, lists that may show it, and the totals up the path', () => {
  expect(touched(at('customer.created', 'new'))).toEqual([
    'one p',
    'one r',
    'children p',
    'children r',
    'list first',
    'list second',
    'list by state',
    'list r',
    'find',
    'changes r',
  ]);
});

test('a deletion touches what was there, too', () => {
  const found = touched(at('customer.deleted', 'b'));
  for (const name of [
    'one b',
    'one r',
    'one p',
    'children r',
    'list r',
    'device b',
    'users b',
    'keys b',
    'largest r',
  ]) {
    expect(found).toContain(name);
  }
  for (const name of ['one a', 'one q', 'children a', 'list q', 'device a', 'devices q', 'keys a', 'people at a']) {
    expect(found).not.toContain(name);
  }
});

test('a name is shown on everything below, on the accounts of the customer, and at the top', () => {
  const found = touched(at('customer.updated', 'a'));
  for (const name of ['one a', 'one s', 'device s', 'users all', 'list first', 'list r']) expect(found).toContain(name);
  for (const name of ['one p', 'one r', 'users b', 'me', 'form a']) expect(found).not.toContain(name);
  expect(touched(at('customer.updated', 'p'))).toContain('me');
});

test('a registration touches the numbers above it, lists of devices, and the key that was used', () => {
  expect(touched(at('device.registered', 'a', 'dev_new'))).toEqual([
    'one p',
    'one r',
    'one a',
    'children p',
    'children r',
    'list first',
    'list second',
    'devices all',
    'devices a',
    'largest r',
    'keys a',
    'changes r',
  ]);
});

test('a renamed device touches itself and lists that may show it', () => {
  expect(touched(at('device.updated', 'a', 'dev_a'))).toEqual([
    'device a',
    'devices all',
    'devices a',
    'largest r',
    'changes r',
  ]);
  expect(touched(at('device.credentials_issued', 'a', 'dev_a'))).toEqual(['device a', 'devices a', 'changes r']);
});

test('accounts touch lists of people and no customers', () => {
  expect(touched(at('user.created', 'a', 'usr_new'))).toEqual(['users all', 'people at a', 'changes r']);
  expect(touched(at('user.updated', 'p', 'usr_me'))).toEqual(['me', 'users all']);
  expect(touched(at('session.created', 'a', 'usr_a'))).toEqual(['users all', 'changes r']);
  expect(touched(at('session.created', 'p', 'usr_me'))).toEqual(['users all']);
  expect(touched(at('session.deleted', 'a', 'usr_a'))).toEqual(['changes r']);
  expect(touched(at('customer.password_set', 'a'))).toEqual([
    'one a',
    'children r',
    'list second',
    'find',
    'changes r',
  ]);
});

test('tasks that begin or are stopped touch the list of tasks', () => {
  expect(touched(at('task.created', 'a', 'tsk_1'))).toEqual(['changes r', 'tasks']);
});

test('pass keys touch the list of their customer, also those of its sites', () => {
  expect(touched(at('pass_key.created', 's', 'key_1'))).toEqual(['keys a', 'changes r']);
});

test('what a newer server tells touches whatever it may', () => {
  const found = touched(at('customer.sold', 'a'));
  for (const name of ['one p', 'one s', 'device s', 'users all', 'people at a', 'list r', 'keys a']) {
    expect(found).toContain(name);
  }
  for (const name of ['one q', 'list q', 'keys b', 'form a', 'locations', 'preview']) expect(found).not.toContain(name);
});

const pending = (...queryKey: unknown[]) => ({ queryKey, data: undefined });
const nowhere = () => undefined;

test('what has not arrived yet may be old when it does', () => {
  const suspended = at('customer.suspended', 'a');
  expect(isTouched(suspended, pending('customers', 'one', 's'), nowhere)).toBe(true);
  expect(isTouched(suspended, pending('devices', 'list', {}, 'name', 0), nowhere)).toBe(true);
  expect(isTouched(suspended, pending('users', 'list', {}, 'name', 0), nowhere)).toBe(false);
  expect(isTouched(suspended, pending('pass_keys', 'unknown'), nowhere)).toBe(true);
});

test('whoever adds a noun and forgets it here is fetched too often and not too seldom', () => {
  expect(isTouched(at('user.created', 'q', 'u'), { queryKey: ['ledgers', 'list'], data: [] }, nowhere)).toBe(true);
});

test('when nobody knows what happened, forms and dialogs still keep what they began with', () => {
  const names = Object.keys(CACHE).filter((name) => !isRenewable(CACHE[name]!.queryKey));
  expect(names).toEqual(['me', 'form a', 'locations', 'fields', 'preview']);
});

const isAsked = (happened: Happened, cached: Cached) => isTouched(happened, cached, (id) => PATHS[id]);

const filtered = (noun: string, of: object): Cached => ({
  queryKey: [noun, 'list', of, 'name', 0],
  data: { items: [], total: 0 },
});
const counts = (under?: string): Cached => ({
  queryKey: ['customers', 'counts', { by: 'level,effective_state.state', under }],
  data: { total: 3, is_exact: true, fields: [] },
});

test('what has a filter is asked anew when rows that it did not show may fit it', () => {
  const suspended = { filter: 'effective_state.state == suspended' };
  for (const noun of ['customers', 'devices']) {
    expect(isAsked(at('customer.suspended', 'r'), filtered(noun, suspended))).toBe(true);
    expect(isAsked(at('customer.suspended', 'r'), filtered(noun, { ...suspended, under: 'a' }))).toBe(true);
    expect(isAsked(at('customer.suspended', 'r'), filtered(noun, { ...suspended, under: 'q' }))).toBe(false);
  }
  expect(isAsked(at('device.registered', 'a', 'dev_1'), filtered('customers', suspended))).toBe(false);
  expect(isAsked(at('device.registered', 'a', 'dev_1'), filtered('customers', { filter: 'totals.devices > 2' }))).toBe(
    true,
  );
  expect(isAsked(at('customer.suspended', 'r'), filtered('users', suspended))).toBe(false);
  expect(isAsked(at('customer.suspended', 'r'), filtered('customers', { filter: 'level != site' }))).toBe(false);
  expect(isAsked(at('customer.created', 'new'), filtered('customers', { filter: 'level != site' }))).toBe(true);
});

test('counts follow what is counted', () => {
  expect(isAsked(at('customer.created', 'new'), counts())).toBe(true);
  expect(isAsked(at('customer.suspended', 'r'), counts('a'))).toBe(true);
  expect(isAsked(at('customer.suspended', 'r'), counts('q'))).toBe(false);
  expect(isAsked(at('user.created', 'a', 'usr_1'), counts())).toBe(false);
});

test('what is shared of views touches the views, and nothing that they show', () => {
  const views = { queryKey: ['views', 'customers'], data: [] };
  expect(isAsked(at('view.shared', 'r', 'vie_1'), views)).toBe(true);
  expect(isAsked(at('user.created', 'r', 'usr_1'), views)).toBe(false);
  expect(touched(at('view.unshared', 'r', 'vie_1'))).toEqual(['changes r']);
});
