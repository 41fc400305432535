import { readFile } from 'node:fs/promises';
import type { APIRequest, Locator, Page } from '@playwright/test';
import type { Customer } from '../src/api/schema';
import { Backend, expect, rowOf, test, violations } from './fixtures';

/**
 * The morning of a reseller's technician, from the sign-in to the last machine: once with the mouse, once without. Every
 * text is typed as people type.
 */

const PASSWORD = 'violet harbour siphon 42';
/** Between two keys of somebody who types fast. */
const PACE = 15;

type Practice = { reseller: Customer; login: string };

let unique = 0;

type Given = { backend: Backend; api: APIRequest; baseURL: string | undefined };

/** A reseller with a few customers, of whom some need somebody. */
async function practice({ backend, api, baseURL }: Given, worker: number): Promise<Practice> {
  unique += 1;
  const name = `Morning ${worker}-${unique}`;
  const reseller = await backend.reseller(name);
  const full = await backend.endCustomer(reseller, 'Alder Dental', { max_devices: 1 });
  await backend.snapshot(await backend.register(full, 'reception'));
  for (const french of ['Birch Bakery', 'Cedar Estates']) {
    await backend.endCustomer(reseller, french, { country: 'FR' });
  }
  const suspended = await backend.endCustomer(reseller, 'Dune Optics');
  const machine = await backend.register(suspended, 'workshop');
  await backend.snapshot(machine);
  const login = `tech.${worker}.${unique}@morning.example`;
  const person = { customer_id: reseller.id, email: login, name: 'Tess Technician', role: 'administrator' };
  await backend.post('/users', { ...person, password: PASSWORD });
  // The day before somebody of the reseller has suspended it: a reason from above would not be theirs to read.
  const yesterday = await api.newContext({ baseURL: baseURL ?? '' });
  const own = new Backend(yesterday);
  await own.post('/sessions', { login, password: PASSWORD });
  await own.post(`/customers/${suspended.id}/suspend`, { reason: 'Invoice 4711 is unpaid', mode: 'stop_backups' });
  await yesterday.dispose();
  await backend.isRefused(machine);
  return { reseller, login };
}

const dialogOf = (page: Page) => page.getByRole('dialog');
const attention = (page: Page) => page.getByRole('region', { name: 'Needs attention' });
const region = (page: Page, name: string) => page.getByRole('region', { name });
const part = (page: Page, title: string) =>
  page.getByRole('complementary', { name: 'Filter' }).getByRole('group', { name: title, exact: true });
const type = (page: Page, text: string) => page.keyboard.type(text, { delay: PACE });

/** What a file has: the names of its columns, and its rows by company name. */
async function namesIn(path: string): Promise<[string, string[]]> {
  const [head = '', ...lines] = (await readFile(path, 'utf8')).trim().split('\r\n');
  return [head, lines.map((line) => line.split(',')[2]!)];
}

test.use({ asAdministrator: false });

test('with the mouse', async ({ page, backend, playwright, baseURL }, info) => {
  const { reseller, login } = await practice({ backend, api: playwright.request, baseURL }, info.workerIndex);

  // In, and what needs somebody is there at once.
  await page.goto('/');
  await page.getByLabel('Email or username').click();
  await type(page, login);
  await page.getByLabel('Password', { exact: true }).click();
  await type(page, PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: reseller.company_name, level: 1 })).toBeVisible();
  await expect(attention(page).getByRole('link')).toHaveText([
    '1 device was refused by the gateway within a day',
    '1 customer has as many devices as it may have',
    '1 customer is suspended',
  ]);
  expect(await violations(page)).toEqual([]);

  // A number leads to the rows that it counts.
  await attention(page)
    .getByRole('link', { name: /was refused/u })
    .click();
  await expect(rowOf(page, 'workshop')).toContainText('Dune Optics');
  await page.goBack();
  await attention(page)
    .getByRole('link', { name: /is suspended/u })
    .click();
  await expect(page.getByRole('heading', { name: 'Customers', level: 1 })).toBeVisible();
  await expect(rowOf(page, 'Dune Optics')).toContainText('Invoice 4711 is unpaid');
  await expect(page.getByRole('row')).toHaveCount(2);

  // Another question of the same list, kept for tomorrow.
  await page.getByRole('button', { name: /^Filter\b/u }).click();
  await page.getByRole('button', { name: 'Clear all' }).click();
  await page.getByRole('complementary', { name: 'Filter' }).getByText('Country', { exact: true }).click();
  await part(page, 'Country')
    .getByRole('checkbox', { name: /France/u })
    .click();
  await expect(page.getByRole('row')).toHaveCount(3);
  await page.getByRole('button', { name: 'Saved views' }).click();
  await page.getByRole('menuitem', { name: 'Save as a view…' }).click();
  await expect(dialogOf(page).getByLabel('Name')).toBeFocused();
  await type(page, 'In France');
  await dialogOf(page).getByRole('button', { name: 'Save view' }).click();
  await expect(page.getByRole('button', { name: 'In France' })).toHaveAttribute('aria-current', 'page');
  expect(await violations(page)).toEqual([]);

  // Both of them: told beforehand, done, and taken back.
  await page.getByRole('checkbox', { name: 'Select Birch Bakery' }).click();
  await page.getByRole('checkbox', { name: 'Select Cedar Estates' }).click();
  await page.getByRole('toolbar').getByRole('button', { name: 'Suspend', exact: true }).click();
  await expect(dialogOf(page).getByRole('heading')).toHaveText('Suspend 2 customers?');
  await dialogOf(page).getByLabel('Reason').click();
  await type(page, 'The season is over');
  await dialogOf(page).getByRole('button', { name: 'Suspend 2 customers' }).click();
  await expect(dialogOf(page).getByRole('status')).toHaveText('2 done');
  await expect(rowOf(page, 'Cedar Estates')).toContainText('The season is over');
  await dialogOf(page).getByRole('button', { name: 'Undo' }).click();
  await expect(dialogOf(page).getByRole('heading')).toHaveText('Undo: Suspend 2 customers');
  await expect(dialogOf(page).getByRole('status')).toHaveText('2 done');
  await dialogOf(page).getByRole('button', { name: 'Close' }).click();
  await expect(rowOf(page, 'Cedar Estates')).not.toContainText('The season is over');

  // Handed on as a file.
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    dialogOf(page).getByRole('button', { name: 'Export 2 customers' }).click(),
  ]);
  const [head, names] = await namesIn(await file.path());
  expect(head).toContain('id,path,company_name');
  expect(names).toEqual(['Birch Bakery', 'Cedar Estates']);

  // Everybody again; the one who has paid backs up from here on, and the list is where it was.
  await page.getByRole('button', { name: 'All but sites' }).click();
  await rowOf(page, 'Dune Optics').getByRole('link', { name: 'Dune Optics' }).click();
  await expect(region(page, 'Needs attention')).toContainText('Invoice 4711 is unpaid');
  expect(await violations(page)).toEqual([]);
  await region(page, 'Needs attention').getByRole('button', { name: 'Activate' }).click();
  await dialogOf(page).getByRole('button', { name: 'Activate Dune Optics' }).click();
  await expect(region(page, 'Needs attention')).not.toContainText('Invoice 4711');
  await page.goBack();
  await expect(rowOf(page, 'Dune Optics')).not.toContainText('Suspended');
  await expect(page.locator('.grid [data-index]:focus')).toContainText('Dune Optics');

  // A machine for one that has none.
  await rowOf(page, 'Birch Bakery').getByRole('link', { name: 'Birch Bakery' }).click();
  await region(page, 'Needs attention').getByRole('link', { name: 'Add device' }).click();
  await dialogOf(page).getByRole('button', { name: 'Make pass key' }).click();
  await expect(page.getByRole('alertdialog', { name: /^Add a device/u })).toContainText(
    'This pass key is shown now and not again.',
  );
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.goBack();
  await expect(page.locator('.grid [data-index]:focus')).toContainText('Birch Bakery');
});

/** Goes on with Tab until something has the focus. Nothing of the morning is far away. */
async function tabTo(page: Page, wanted: Locator, { back = false, within = 25 } = {}): Promise<void> {
  await wanted.waitFor();
  for (let presses = 0; presses <= within; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`${String(wanted)} is more than ${within} steps away`);
}

test('with the keyboard alone', async ({ page, backend, playwright, baseURL }, info) => {
  const { reseller, login } = await practice({ backend, api: playwright.request, baseURL }, info.workerIndex);
  const row = (name: string) => page.locator('.grid [data-index]:focus').filter({ hasText: name });

  await page.goto('/');
  await expect(page.getByLabel('Email or username')).toBeFocused();
  await type(page, login);
  await page.keyboard.press('Tab');
  await type(page, PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: reseller.company_name, level: 1 })).toBeVisible();

  // Past the frame, to what needs somebody.
  await tabTo(page, page.getByRole('link', { name: 'Skip to the page' }));
  await page.keyboard.press('Enter');
  await tabTo(page, attention(page).getByRole('link', { name: /is suspended/u }));
  await page.keyboard.press('Enter');
  await expect(rowOf(page, 'Dune Optics')).toBeVisible();
  await expect(page.getByRole('row')).toHaveCount(2);

  // The filter, by its key; what is found is saved.
  await page.keyboard.press('f');
  await expect(page.getByRole('heading', { name: 'Filter' })).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Clear all' }));
  await page.keyboard.press('Enter');
  const country = page.locator('summary').filter({ hasText: /^Country$/u });
  await tabTo(page, country, { within: 40 });
  await page.keyboard.press('Enter');
  await tabTo(page, part(page, 'Country').getByRole('checkbox', { name: /France/u }));
  await page.keyboard.press('Space');
  await expect(page.getByRole('row')).toHaveCount(3);
  await page.keyboard.press('f');
  await expect(page.getByRole('complementary', { name: 'Filter' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Filter\b/u })).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Saved views' }), { within: 3 });
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect(dialogOf(page).getByLabel('Name')).toBeFocused();
  await type(page, 'In France');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'In France' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('button', { name: 'Saved views' })).toBeFocused();

  // From the search into the list, all of it chosen, and from there to what can be done.
  await page.keyboard.press('/');
  await page.keyboard.press('ArrowDown');
  await expect(row('Birch Bakery')).toBeVisible();
  await page.keyboard.press('Control+a');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('a');
  await tabTo(page, page.getByRole('toolbar').getByRole('button', { name: 'Suspend', exact: true }), { within: 2 });
  await page.keyboard.press('Enter');
  await expect(dialogOf(page).getByRole('heading')).toHaveText('Suspend 2 customers?');
  await expect(dialogOf(page).getByLabel('Reason')).toBeFocused();
  await type(page, 'The season is over');
  await page.keyboard.press('Enter');
  await expect(dialogOf(page).getByRole('status')).toHaveText('2 done');
  await expect(dialogOf(page).getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(dialogOf(page).getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialogOf(page).getByRole('heading')).toHaveText('Undo: Suspend 2 customers');
  await expect(dialogOf(page).getByRole('status')).toHaveText('2 done');
  await page.keyboard.press('Enter');
  await expect(dialogOf(page)).toHaveCount(0);
  await expect(row('Birch Bakery')).toBeVisible();

  // Some of the list as a file.
  await page.keyboard.press('x');
  await expect(page.getByText('1 selected')).toBeVisible();
  await page.keyboard.press('a');
  await expect(page.getByRole('toolbar').getByRole('button', { name: 'Export', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, dialogOf(page).getByRole('button', { name: 'Export 1 customer' }), { within: 6 });
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect((await namesIn(await file.path()))[1]).toEqual(['Birch Bakery']);

  // Searched while something is selected: Enter opens the first that is found, and there somebody is let in.
  await expect(dialogOf(page)).toHaveCount(0);
  await expect(page.getByText('1 selected')).toBeVisible();
  await page.keyboard.press('/');
  await type(page, 'cedar');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Cedar Estates', level: 1 })).toBeVisible();
  await tabTo(page, region(page, 'Needs attention').getByRole('link', { name: 'Add device' }), { within: 40 });
  await page.keyboard.press('Enter');
  await expect(dialogOf(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialogOf(page)).toHaveCount(0);
  await page.goBack();
  await expect(row('Cedar Estates')).toBeVisible();

  // Said in the command field, and done where one stands.
  await page.keyboard.press('Control+k');
  await type(page, 'activate dune');
  await expect(page.getByRole('menuitem', { name: 'Activate Dune Optics' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Activate Dune Optics?' })).toBeVisible();
  await tabTo(page, dialogOf(page).getByRole('button', { name: 'Activate Dune Optics' }), { within: 5 });
  await page.keyboard.press('Enter');
  await expect(page.getByText('Dune Optics activated')).toBeVisible();
  await expect(dialogOf(page)).toHaveCount(0);
  expect(await violations(page)).toEqual([]);
});
