import { readFile } from 'node:fs/promises';
import type { Customer, InvoicePlan } from '../src/api/schema';
import { Backend, complaintsOf, expect, test, violations } from './fixtures';
import { ADMINISTRATOR, startServer } from './server';

/** What a customer is charged, on a server of its own: the days that are invoiced are over. */
test('an invoice is reckoned, kept, issued, paid and taken back', async ({ browser }) => {
  test.setTimeout(120_000);
  const server = await startServer({ setUp: true });
  const context = await browser.newContext({ baseURL: server.url });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const backend = new Backend(context.request);
  const reseller = await backend.reseller('Northwind');
  const end: Customer = await backend.endCustomer(reseller, 'Bakery Ltd');
  const plan = await backend.post<InvoicePlan>('/invoice_plans', {
    customer_id: reseller.id,
    name: 'Care',
    currency: 'EUR',
    items: [{ name: 'Care of backups', charged: 'flat', pricing: 'each', rate: '120' }],
  });
  expect(plan.is_default).toBe(true);
  await server.halt();
  server.amend('update customers set created_at = created_at - 7776000000000');
  await server.resume();

  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('link', { name: 'Invoices', exact: true }).click();
  const invoicing = page.getByRole('region', { name: 'Invoicing' });
  await expect(invoicing).toContainText('Care (the default one)');
  await expect(page.getByText('No invoice of Bakery Ltd yet.')).toBeVisible();
  expect(await violations(page)).toEqual([]);

  // Something of its own: a discount. What was typed isn't lost by a slip.
  await invoicing.getByRole('button', { name: 'Edit' }).click();
  const settings = page.getByRole('dialog', { name: 'Invoicing of Bakery Ltd' });
  await settings.getByLabel('Discount').fill('ten');
  await page.keyboard.press('Enter');
  await expect(settings.getByText('From 0 to 100').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await page.getByRole('alertdialog').getByRole('button').first().click();
  await settings.getByLabel('Discount').fill('10');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Invoicing of Bakery Ltd saved')).toBeVisible();
  await expect(invoicing).toContainText('10 %');

  await page.getByRole('button', { name: 'Make an invoice' }).click();
  const make = page.getByRole('dialog', { name: 'Make an invoice for Bakery Ltd' });
  await page.keyboard.press('Enter');
  await make.getByRole('button', { name: 'Show what it comes to' }).click();
  await expect(make.getByRole('row', { name: /Total/u })).toContainText('€108.00');
  await expect(make.getByText('Care of backups')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await make.getByRole('button', { name: 'Keep as a draft' }).click();
  const row = page.getByRole('region', { name: 'Invoices' }).getByRole('row').nth(1);
  await expect(row).toContainText('€108.00');
  await row.getByRole('button', { name: /^Issue/u }).click();
  await expect(page.getByText('Invoice 1 issued')).toBeVisible();
  await expect(row).toContainText('Due on');
  await row.getByRole('button', { name: /^Paid/u }).click();
  await expect(row).toContainText('Paid');
  await row.getByRole('button', { name: /^Show Invoice 1/u }).click();
  const shown = page.getByRole('dialog', { name: 'Invoice 1 for Bakery Ltd' });
  await expect(shown).toContainText('by Northwind, plan Care, revision 1');
  expect(await violations(page)).toEqual([]);
  await shown.getByRole('button', { name: 'Close' }).click();
  await row.getByRole('button', { name: /^Take back/u }).click();
  await expect(page.getByText('Credit note 2 takes it back')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Invoices' })).toContainText('-€108.00');

  // For the books: what has a number, once. Whoever has nobody below isn't asked whose.
  await page.getByRole('region', { name: 'Invoices' }).getByRole('button', { name: 'Export' }).click();
  const taking = page.getByRole('dialog', { name: 'Export invoices' });
  await expect(taking.getByText('Which', { exact: true })).toBeHidden();
  expect(await violations(page)).toEqual([]);
  const today = new Date().toISOString().slice(0, 10);
  await taking.getByLabel('Issued until').fill(today);
  const arrives = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const file = await arrives;
  expect(file.suggestedFilename()).toMatch(/^invoices.*\.csv$/u);
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain('108.00');
  expect(lines[2]).toContain('-108.00');
  await expect(page.getByText(/2 invoices and credit notes exported to/u)).toBeVisible();
  await page.goto(`/customers/${reseller.id}?tab=invoices`);
  await page.getByRole('region', { name: 'Invoices' }).getByRole('button', { name: 'Export' }).click();
  await expect(taking.getByLabel('Those that Northwind issued')).toBeChecked();
  await taking.getByLabel('Issued from').fill('2020-01-01');
  await taking.getByLabel('Issued until').fill('2020-01-31');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Nothing was issued in that time; there is no file.')).toBeVisible();

  expect(complaints).toEqual([]);
  await context.close();
  await server.stop();
});
