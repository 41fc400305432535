import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { BulkRequest, Customer } from '../src/api/schema';
import { expect, rowOf, test, violations, type Backend } from './fixtures';

/** The same done to many: told beforehand, done by the server, seen from anywhere, taken back. */

let unique = 0;

/** A reseller of the test's own, with so many end customers. */
async function populated(backend: Backend, worker: number, names: string[]): Promise<Customer> {
  unique += 1;
  const reseller = await backend.reseller(`Many ${worker}-${unique}`);
  for (const name of names) await backend.endCustomer(reseller, name);
  return reseller;
}

async function openList(page: Page, reseller: Customer, first: string): Promise<void> {
  await page.goto(`/customers?under=${reseller.id}&level=end_customer`);
  await rowOf(page, first).waitFor();
}

/** Presses something in the menu of the selection. */
async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More to do with the selection' }).click();
  await page.getByRole('menuitem', { name }).click();
}

const dialogOf = (page: Page) => page.getByRole('dialog');
const toasts = (page: Page) => page.getByRole('region', { name: /notification/u });
const numbered = (name: string, n: number) => Array.from({ length: n }, (_, at) => `${name} ${at + 1}`);

test('a selection is previewed, suspended with a result for each, and taken back, in two requests', async ({
  page,
  backend,
}, info) => {
  const reseller = await populated(backend, info.workerIndex, numbered('Bulk', 12));
  const { items } = await backend.get<{ items: Customer[] }>(`/customers?under=${reseller.id}&q=Bulk+1`);
  const before = items.find(({ company_name }) => company_name === 'Bulk 1')!;
  await backend.post(`/customers/${before.id}/suspend`, { reason: 'Before', mode: 'full_stop' });
  const same = items.find(({ company_name }) => company_name === 'Bulk 10')!;
  await backend.post(`/customers/${same.id}/suspend`, { reason: 'Before', mode: 'stop_backups' });
  await openList(page, reseller, 'Bulk 1');
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(new URL(request.url()).pathname);
  });
  await page.getByRole('checkbox', { name: 'Select all 12 customers' }).click();
  await page.getByRole('checkbox', { name: 'Select Bulk 12' }).click();
  await page.getByRole('button', { name: 'Suspend' }).click();
  const dialog = dialogOf(page);
  await expect(dialog.getByRole('heading')).toHaveText('Suspend 10 customers?');
  await expect(dialog).toContainText('1 customer is suspended like this already: nothing to do.');
  await dialog.getByLabel('Reason').fill('Contract ended');
  await dialog.getByRole('button', { name: 'Suspend 10 customers' }).click();
  await expect(dialog.getByRole('status')).toHaveText('10 done, 1 unchanged');
  await expect(dialog.getByRole('list', { name: 'Result for each' }).getByRole('listitem')).toHaveCount(11);
  await dialog.getByRole('button', { name: 'Unchanged 1' }).click();
  await expect(dialog.getByRole('list', { name: 'Result for each' }).getByRole('listitem')).toHaveText([/^Bulk 10/u]);
  expect(sent).toEqual(['/api/v1/bulk', '/api/v1/bulk']);
  await expect(rowOf(page, 'Bulk 2')).toContainText('Suspended');
  await expect(page.getByRole('toolbar')).toHaveCount(0);

  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('heading')).toHaveText(/^Undo: Suspend 11 customers/u);
  await expect(dialog.getByRole('status')).toHaveText('10 done');
  await expect(dialog.getByRole('button', { name: 'Undo' })).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(rowOf(page, 'Bulk 2')).not.toContainText('Suspended');
  // It has again what it had.
  await expect(rowOf(page, 'Bulk 1')).toContainText('Full stop');
});

/** More than is done in a moment: the selection is sent together with many that are not there. */
async function lengthen(page: Page, n: number): Promise<void> {
  const absent = Array.from({ length: n }, (_, at) => `cus_${String(at).padStart(26, '0')}`);
  await page.route('**/api/v1/bulk', async (route) => {
    const request = route.request().postDataJSON() as BulkRequest;
    if (!request.dry_run) request.selection.ids = [...(request.selection.ids ?? []), ...absent];
    await route.continue({ postData: request });
  });
}

/** Suspends the rows of a list by their boxes. */
async function suspend(page: Page, names: string[]): Promise<void> {
  for (const name of names) await page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).click();
  await page.getByRole('button', { name: 'Suspend' }).click();
  await dialogOf(page).getByLabel('Reason').fill('Season is over');
  await dialogOf(page)
    .getByRole('button', { name: `Suspend ${names.length} customers` })
    .click();
}

test('a dialog is closed while it runs: the top bar shows it, and the end is told with a way back', async ({
  page,
  backend,
}, info) => {
  test.setTimeout(120_000);
  const reseller = await populated(backend, info.workerIndex, numbered('Long', 3));
  await openList(page, reseller, 'Long 1');
  await lengthen(page, 9900);
  await suspend(page, numbered('Long', 3));
  const dialog = dialogOf(page);
  await expect(dialog.getByRole('progressbar')).toBeVisible();
  await expect(page.getByLabel('Tasks, 1 running')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(toasts(page)).toContainText('Suspend 9903 customers: 3 done, 9,900 refused', { timeout: 90_000 });
  await expect(rowOf(page, 'Long 1')).toContainText('Suspended');
  expect(await violations(page)).toEqual([]);
  await toasts(page).getByRole('button', { name: 'Undo' }).click();
  await expect(toasts(page)).toContainText('Undo: Suspend 9903 customers: 3 done');
  await expect(rowOf(page, 'Long 1')).not.toContainText('Suspended');

  await page.getByRole('button', { name: 'Tasks', exact: true }).click();
  const over = page.getByRole('article', { name: 'Suspend 9903 customers', exact: true });
  await over.getByRole('button', { name: 'Show results' }).click();
  await expect(dialog.getByRole('listitem')).toHaveCount(100);
  await dialog.getByRole('button', { name: 'Show more' }).click();
  await expect(dialog.getByRole('listitem')).toHaveCount(200);
  await dialog.getByRole('button', { name: 'Done 3' }).click();
  await expect(dialog.getByRole('listitem')).toHaveCount(3);
  expect(await violations(page)).toEqual([]);
});

test('it is stopped, and what was left out is tried again', async ({ page, backend }, info) => {
  test.setTimeout(120_000);
  const reseller = await populated(backend, info.workerIndex, numbered('Halt', 2));
  await openList(page, reseller, 'Halt 1');
  await lengthen(page, 9900);
  await suspend(page, numbered('Halt', 2));
  const dialog = dialogOf(page);
  await dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(dialog.getByRole('status')).toHaveText(/^Stopped: .*left out$/u);
  await dialog.getByRole('button', { name: 'Try again' }).click();
  await expect(dialog.getByRole('progressbar')).toBeVisible();
  await expect(dialog.getByRole('status')).toHaveText('2 done, 9,900 refused', { timeout: 90_000 });
});

test('the keyboard alone selects, previews, runs and takes back', async ({ page, backend }, info) => {
  const reseller = await populated(backend, info.workerIndex, numbered('Key', 3));
  await openList(page, reseller, 'Key 1');
  await page.locator('.grid [data-index="0"]').focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.keyboard.press('Shift+Tab');
  for (let tries = 0; tries < 12; tries += 1) {
    if (await page.getByRole('button', { name: 'Suspend', exact: true }).evaluate((b) => b === document.activeElement))
      break;
    await page.keyboard.press('Shift+Tab');
  }
  await page.keyboard.press('Enter');
  const dialog = dialogOf(page);
  await expect(dialog.getByRole('heading')).toHaveText('Suspend 3 customers?');
  await expect(dialog.getByLabel('Reason')).toBeFocused();
  await page.keyboard.type('Unpaid');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toHaveText('3 done');
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(dialog.getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('heading')).toHaveText('Undo: Suspend 3 customers');
  await expect(dialog.getByRole('status')).toHaveText('3 done');
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.grid [data-index="0"]')).toBeFocused();
});

test('countries are set and sites added to many; who has such a site is told beforehand', async ({
  page,
  backend,
}, info) => {
  const reseller = await populated(backend, info.workerIndex, ['Here Ltd', 'There Ltd']);
  await backend.endCustomer(reseller, 'Sited Ltd', { sites: ['harbour'] });
  await page.goto(`/customers?under=${reseller.id}&level=end_customer&columns=country`);
  await rowOf(page, 'Here Ltd').waitFor();
  const dialog = dialogOf(page);
  await page.getByRole('checkbox', { name: 'Select all 3 customers' }).click();
  await choose(page, 'Add a site…');
  await dialog.getByLabel('Name').fill('Harbour');
  await expect(dialog.getByRole('heading')).toHaveText('Add a site to 2 customers?');
  await expect(dialog).toContainText('1 customer is left out: The customer has a site of this name already.');
  await expect(dialog).toContainText('2sites are added');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add a site to 2 customers' }).click();
  await expect(dialog.getByRole('status')).toHaveText('2 done, 1 refused');
  await dialog.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('checkbox', { name: 'Select Here Ltd' }).click();
  await page.getByRole('checkbox', { name: 'Select There Ltd' }).click();
  await choose(page, 'Set country…');
  await dialog.getByRole('combobox', { name: 'Country' }).fill('Austria');
  await page.getByRole('option', { name: 'Austria' }).click();
  await dialog.getByRole('button', { name: 'Set the country of 2 customers' }).click();
  await expect(dialog.getByRole('status')).toHaveText('2 done');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(rowOf(page, 'Here Ltd')).toContainText('Austria');
});

test('deleting many is confirmed by their number, and can be undone', async ({ page, backend }, info) => {
  const reseller = await populated(backend, info.workerIndex, ['Empty 1', 'Empty 2']);
  const full = await backend.endCustomer(reseller, 'Full Ltd');
  await backend.device(full, 'files-01');
  await openList(page, reseller, 'Empty 1');
  await page.getByRole('checkbox', { name: 'Select all 3 customers' }).click();
  await choose(page, 'Delete…');
  const dialog = dialogOf(page);
  await expect(dialog.getByRole('heading')).toHaveText('Delete 2 customers?');
  await dialog.getByText('Show which').click();
  await expect(dialog.getByRole('list', { name: 'Left out' })).toContainText('Full Ltd');
  await dialog.getByLabel(/Type 2 to confirm/u).fill('3');
  await dialog.getByRole('button', { name: 'Delete 2 customers' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Type 2 to confirm.');
  await dialog.getByLabel(/Type 2 to confirm/u).fill('2');
  await dialog.getByRole('button', { name: 'Delete 2 customers' }).click();
  await expect(dialog.getByRole('status')).toHaveText('2 done, 1 refused');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(rowOf(page, 'Empty 1')).toContainText('Deleting');
  await expect(rowOf(page, 'Full Ltd')).not.toContainText('Deleting');
  await page.getByRole('checkbox', { name: 'Select all 3 customers' }).click();
  await choose(page, 'Cancel deletion…');
  await dialog.getByRole('button', { name: 'Cancel the deletion of 2 customers' }).click();
  await expect(dialog.getByRole('status')).toHaveText('2 done, 1 unchanged');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(rowOf(page, 'Empty 1')).not.toContainText('Deleting');
});

test('people are removed together', async ({ page, backend }, info) => {
  const reseller = await populated(backend, info.workerIndex, []);
  for (const name of ['Ada', 'Ben']) {
    const email = `${name.toLowerCase()}.${unique}.${info.workerIndex}@many.example`;
    await backend.post('/users', { customer_id: reseller.id, email, name, role: 'supporter' });
  }
  await page.goto(`/people?under=${reseller.id}`);
  await page.getByRole('checkbox', { name: 'Select all 2 people' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  const dialog = dialogOf(page);
  await dialog.getByRole('button', { name: 'Remove 2 people' }).click();
  await expect(dialog.getByRole('status')).toHaveText('2 done');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('heading', { name: 'No people yet' })).toBeVisible();
});

test('links to set passwords are made for many, copied and saved, and seen by who asked alone', async ({
  page,
  backend,
}, info) => {
  unique += 1;
  const reseller = await backend.reseller(`Links ${info.workerIndex}-${unique}`);
  for (const name of ['Ada', 'Bea']) {
    const email = `${name}-${info.workerIndex}-${unique}@links.example`;
    await backend.post('/users', { customer_id: reseller.id, email, name, role: 'supporter' });
  }
  await page.goto(`/people?under=${reseller.id}`);
  await page.getByRole('checkbox', { name: 'Select all 2 people' }).click();
  await page.getByRole('button', { name: 'Password links' }).click();
  const dialog = dialogOf(page);
  await expect(dialog).toContainText('links are made, shown to you alone');
  await dialog.getByRole('button', { name: 'Make password links for 2 people' }).click();
  await expect(dialog.getByRole('status').first()).toHaveText('2 done');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await dialog.getByRole('button', { name: 'Copy link: Ada' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/invitation#token=[-\w]{40}/u);
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save all links' }).click(),
  ]);
  expect(saved.suggestedFilename()).toBe('password-links.csv');
  const lines = (await readFile(await saved.path(), 'utf8')).trim().split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines.some((line) => line.includes(link))).toBe(true);
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Close' }).click();
  // The link does what it says.
  await page.context().clearCookies();
  await page.goto(link);
  await page.getByLabel('Password', { exact: true }).fill('copper lantern meadow 77');
  await page.getByLabel('Password again').fill('copper lantern meadow 77');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Your password is set' })).toBeVisible();
});

test('one suspension is taken back from its message, and so is one that was lifted', async ({
  page,
  backend,
}, info) => {
  const reseller = await populated(backend, info.workerIndex, ['Single Ltd']);
  await page.goto(`/customers/${reseller.id}`);
  await page.getByRole('button', { name: 'Suspend' }).click();
  await dialogOf(page).getByLabel('Reason').fill('Invoice 4711 is unpaid');
  await dialogOf(page)
    .getByRole('button', { name: /^Suspend/u })
    .click();
  await expect(page.getByText('Suspended here.')).toBeVisible();
  await toasts(page).getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('Suspended here.')).toHaveCount(0);
  await expect(toasts(page)).toContainText('is active again');

  await backend.post(`/customers/${reseller.id}/suspend`, { reason: 'The season is over', mode: 'full_stop' });
  const region = page.getByRole('region', { name: 'Suspension' });
  await region.getByRole('button', { name: 'Activate' }).click();
  await dialogOf(page)
    .getByRole('button', { name: /^Activate/u })
    .click();
  await expect(region).toHaveCount(0);
  await toasts(page).getByRole('button', { name: 'Undo' }).click();
  await expect(region).toContainText('Reason: The season is over');
  await expect(region).toContainText('Neither backups nor restores work');
});

test('one that is ticked is edited, and the licences of those that are ticked are renewed', async ({
  page,
  backend,
}, info) => {
  const reseller = await populated(backend, info.workerIndex, ['Alder Ltd', 'Birch Ltd']);
  await page.goto(`/customers?under=${reseller.id}&level=end_customer`);
  // Where work begins, also at a page that was opened by its address.
  await expect(page.locator('.grid [data-index="0"]')).toBeFocused();
  await page.getByRole('checkbox', { name: 'Select Alder Ltd' }).click();
  await page.getByRole('button', { name: 'More to do with the selection' }).click();
  await page.getByRole('menuitem', { name: 'Renew licences…' }).click();
  await expect(dialogOf(page).getByRole('heading')).toContainText('Renew');
  await page.keyboard.press('Escape');
  await expect(dialogOf(page)).toHaveCount(0);
  await expect(page.locator('body')).not.toBeFocused();
  await page.getByRole('toolbar').getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByRole('heading', { name: 'Edit Alder Ltd' })).toBeVisible();
  await page.goBack();
  await page.getByRole('checkbox', { name: 'Select Birch Ltd' }).click();
  await expect(page.getByRole('toolbar').getByRole('link', { name: 'Edit' })).toHaveCount(0);
});
