import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Change } from '../../api/schema';
import { differencesOf } from './describe';
import { isKnown, isSilent, nameOf, nounOf, wordsOf } from './fields';
import { CHANGES, sentenceOf } from './sentences';

const root = resolve(import.meta.dirname, '../../../..');
const text = (path: string) => readFileSync(resolve(root, path), 'utf8');

/** What the integration tests have seen in the change log, or say that they miss. */
const LISTED = text('crates/tenantry/tests/it/change_fields.txt')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => ({ noun: line.slice(0, line.indexOf('.')), path: line.slice(line.indexOf('.') + 1) }));

type Api = { components: { schemas: Record<string, { enum?: string[] }> } };
const { schemas } = (JSON.parse(text('openapi.json')) as Api).components;

const say = (action: Change['action'], after: unknown, before: unknown = null) =>
  differencesOf({ action, before, after } as Pick<Change, 'action' | 'before' | 'after'>);

test('every field that the change log tells of has a name for people', () => {
  expect(LISTED.length).toBeGreaterThan(100);
  expect(LISTED.filter((field) => !isKnown(field))).toEqual([]);
  expect(
    LISTED.filter(({ path }) => !isSilent(path))
      .map(nameOf)
      .filter((name) => name.includes('_') || /^[a-z]/u.test(name)),
  ).toEqual([]);
});

test('every noun that something happens to has fields in the list, or is known to tell of none', () => {
  const bare = new Set(['codes', 'factors', 'recovery_codes', 'storage_pool']);
  const nouns = new Set(Object.keys(CHANGES).map((action) => nounOf({ action: action as Change['action'] })));
  const listed = new Set(LISTED.map(({ noun }) => noun));
  expect([...nouns].filter((noun) => !listed.has(noun) && !bare.has(noun))).toEqual(['tax_rates']);
});

test.each([
  ['customer.account_state', 'AccountState'],
  ['customer.kind', 'Kind'],
  ['customer.level', 'Level'],
  ['customer.mode', 'Mode'],
  ['customer.service_type', 'ServiceType'],
  ['customer.stage', 'Stage'],
  ['device.kind', 'DeviceKind'],
  ['device.status', 'DeviceStatus'],
  ['event.kind', 'EventType'],
  ['event.severity', 'Severity'],
  ['event.state', 'EventState'],
  ['invoice.state', 'InvoiceState'],
  ['invoice.kind', 'InvoiceKind'],
  ['invoice_plan.schedule', 'InvoiceSchedule'],
  ['licence.edition', 'Edition'],
  ['mail_settings.security', 'MailSecurity'],
  ['notification_rule.pace', 'Pace'],
  ['product.unit', 'Unit'],
  ['token.permissions', 'Permission'],
  ['user.role', 'Role'],
  ['view.noun', 'ViewNoun'],
])('each word that %s may hold is said in words', (field, schema) => {
  const words = schemas[schema]?.enum;
  expect(words, schema).toBeDefined();
  const [noun = '', path = ''] = field.split('.');
  const raw = (words ?? []).filter((word) => {
    const told = wordsOf({ noun, path }, word, new Map());
    return told.includes('_') || told === '';
  });
  expect(raw).toEqual([]);
});

test('numbers have their units, lists their words, and settings what they mean', () => {
  expect(say('customer.space_set', { allotted_bytes: 2e12 })[0]).toMatchObject({
    field: 'Allotted space',
    after: '2\u00a0TB',
  });
  expect(say('customer.invoice_settings_set', { discount_rate: 15_000_000 })[0]?.after).toBe('15 %');
  expect(say('tax_rates.set', { DE: '19' })[0]).toMatchObject({ field: 'Germany', after: '19 %' });
  expect(say('invoice.drafted', { total: 3740, currency: 'EUR' })[0]?.after).toBe('€37.40');
  expect(say('customer.created', { offered_service_types: 'all_inclusive,software_only' })[0]?.after).toBe(
    'All-inclusive, Software-only',
  );
  expect(
    say('customer.setting_set', { throttle: { enabled: true, bytes_per_second: 1_250_000 } }, { throttle: null }),
  ).toEqual([{ key: 'throttle', field: 'Bandwidth', before: 'inherited', after: '10 Mbit/s' }]);
  expect(say('template.updated', { settings: { append_only: { value: true, locked: true } } })).toMatchObject([
    { field: 'Append-only backups', after: 'On' },
    { field: 'Append-only backups: locked', after: 'yes' },
  ]);
  expect(say('event.resolved', { state: 'resolved_by_itself' }, { state: 'open' })[0]).toMatchObject({
    before: 'open',
    after: 'resolved by itself',
  });
});

test('an id that nobody can name is not shown', () => {
  expect(say('licence.granted', { product_id: 'prd_1', quantity: 3 })).toMatchObject([{ key: 'quantity', after: '3' }]);
});

const did = (action: Change['action'], actor: string) =>
  sentenceOf({ action, actor: { kind: 'customer', id: actor }, subject_id: 'cus_1' } as Parameters<
    typeof sentenceOf
  >[0]);

test('no sentence ends before what it is about', () => {
  expect(did('customer.password_set', 'usr_1')).toEqual({ verb: 'set the password of', named: true });
  expect(did('customer.password_set', 'cus_1')).toEqual({ verb: 'set their own password', named: false });
  expect(did('session.created', 'cus_1').named).toBe(false);
  for (const action of Object.keys(CHANGES) as Change['action'][]) {
    const { verb, named } = did(action, 'cus_1');
    expect(named || !/ (?:of|from|for|at|to|by)$/u.test(verb), action).toBe(true);
  }
});
