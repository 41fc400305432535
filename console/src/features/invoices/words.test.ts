import { expect, test } from 'vitest';
import { checkDays, exportOf, lastMonth, money, nameOf } from './words';

test('an amount has the places of its currency', () => {
  expect(money(123_450, { currency: 'EUR', places: 2 })).toBe('€1,234.50');
  expect(money(-5, { currency: 'EUR', places: 2 })).toBe('-€0.05');
  expect(money(1234, { currency: 'JPY', places: 0 })).toBe('JP¥1,234');
});

test('the last month is whole, also across a year and in a leap year', () => {
  expect(lastMonth(new Date('2026-01-15T00:00:00Z'))).toEqual({ from: '2025-12-01', to: '2025-12-31' });
  expect(lastMonth(new Date('2028-03-01T00:00:00Z'))).toEqual({ from: '2028-02-01', to: '2028-02-29' });
});

test('days and names are as on paper', () => {
  expect(nameOf({ kind: 'invoice', number: 12 })).toBe('Invoice 12');
  expect(nameOf({ kind: 'credit_note', number: 13 })).toBe('Credit note 13');
  expect(nameOf({ kind: 'invoice', number: null })).toBe('Draft');
});

test('a period has two days in their order', () => {
  expect(checkDays({ from: '2026-01-01', to: '2026-01-01' })).toEqual({});
  expect(checkDays({ from: '2026-01-02', to: '2026-01-01' })).toEqual({ to: 'It ends before it begins.' });
  expect(Object.keys(checkDays({ from: '', to: '' }))).toEqual(['from', 'to']);
});

test('a file is asked for by period, role and form', () => {
  const period = { from: '2026-01-01', to: '2026-01-31' };
  expect(exportOf('cus_1', 'issuer_id', period, 'csv')).toBe(
    '/api/v1/invoices/export?from=2026-01-01&to=2026-01-31&issuer_id=cus_1&format=csv&bom=true',
  );
  expect(exportOf('cus_1', 'customer_id', period, 'jsonl')).toBe(
    '/api/v1/invoices/export?from=2026-01-01&to=2026-01-31&customer_id=cus_1&format=jsonl',
  );
});
