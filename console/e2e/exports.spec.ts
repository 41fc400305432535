import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import type { Customer } from '../src/api/schema';
import { expect, rowOf, test, violations } from './fixtures';

let reseller: Customer;

test.beforeAll(async ({ backend }, info) => {
  reseller = await backend.reseller(`Exported ${info.workerIndex}`);
  const one = await backend.endCustomer(reseller, 'Amber Bakery');
  await backend.endCustomer(reseller, '=1+1');
  await backend.endCustomer(reseller, 'Cedar Estates');
  await backend.device(one, 'files-01');
});

async function open(page: Page, path: string) {
  await page.goto(path);
  await expect(page.getByRole('row').nth(1)).toBeVisible();
}

async function download(page: Page, button: RegExp): Promise<Download> {
  const arrives = page.waitForEvent('download');
  await page.getByRole('dialog').getByRole('button', { name: button }).click();
  return arrives;
}

async function textOf(file: Download): Promise<string> {
  return readFile(await file.path(), 'utf8');
}

test('all that a list has is taken away as a file', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}&filter=level%20%3D%3D%20end_customer&columns=country`);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(page.getByRole('dialog', { name: 'Export 3 customers' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  const file = await download(page, /^Export 3 customers$/u);
  expect(file.suggestedFilename()).toMatch(/^customers-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.csv$/u);
  const lines = (await textOf(file)).split('\r\n');
  expect(lines[0]).toBe('\u{feff}id,path,company_name,name,country');
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(/^cus_\w+,Provider \/ [^,]+ \/ =1\+1,'=1\+1,,DE$/u);
  expect(lines[4]).toBe('');
  await expect(page.getByText(/^3 customers exported to customers-/u)).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('what is selected is taken away, for programs', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}`);
  await rowOf(page, 'Amber Bakery').getByRole('checkbox').click();
  await rowOf(page, 'Cedar Estates').getByRole('checkbox').click();
  await page.getByRole('toolbar').getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('radio', { name: /JSON lines/u }).click();
  await page.getByRole('radio', { name: /All that there are/u }).click();
  const file = await download(page, /^Export 2 customers$/u);
  const rows = (await textOf(file))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.map((row) => row['company_name'])).toEqual(['Amber Bakery', 'Cedar Estates']);
  expect(rows[0]).toMatchObject({
    'totals.devices': 1,
    path: `Provider / ${reseller.company_name} / Amber Bakery`,
  });
});

test('a refusal stays in the dialog, and devices and people are taken away alike', async ({ page }) => {
  await open(page, `/devices?under=${reseller.id}`);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.route('**/devices/export*', (route) => route.abort());
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Export 1 device$/u })
    .click();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText(/server/u);
  await page.unroute('**/devices/export*');
  expect(await textOf(await download(page, /^Export 1 device$/u))).toContain('files-01');
  await open(page, '/people');
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  expect(await textOf(await download(page, /^Export \d+ (?:person|people)$/u))).toContain('customer_name');
});

test('the history of a customer is taken away with the activity', async ({ page }) => {
  await page.goto(`/customers/${reseller.id}?tab=activity`);
  const arrives = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export', exact: true }).click();
  const text = await textOf(await arrives);
  expect(text).toContain('customer.created');
  expect(text).toContain('Amber Bakery');
});
