import type { Customer } from '../src/api/schema';
import { expect, test, violations } from './fixtures';

/** Customers are added in the order in which technicians know it from elsewhere, and by the keys alone. */

const PASSWORD = 'violet harbour siphon 42';

test('a reseller is added field by field, by the keyboard alone', async ({ page, backend }, info) => {
  const name = `Keyed ${info.workerIndex}-${info.repeatEachIndex}-${info.retry}`;
  const parent = await backend.distributor(`Above ${name}`);
  await page.goto(`/customers/new?parent=${parent.id}`);
  await expect(page.getByLabel('Company name')).toBeFocused();
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('combobox', { name: 'Under' })).toBeFocused();
  await expect(page.getByRole('combobox', { name: 'Under' })).toHaveValue(parent.company_name);
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Level')).toBeFocused();
  await page.keyboard.type('Reseller');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Service type', { exact: false }).first()).toBeFocused();
  await page.keyboard.type('All');
  await page.keyboard.press('Tab');
  // What it may offer: both at first; none at all can't be.
  const provides = page.getByRole('group', { name: 'Service types to provide' });
  await expect(provides.getByRole('checkbox', { name: 'All-inclusive' })).toBeFocused();
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('combobox', { name: 'Country' })).toBeFocused();
  await page.keyboard.type('Austria');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Storage location')).toBeFocused();
  await page.keyboard.type('Switzerland');
  await expect(page.getByText('Switzerland is abroad for Austria.')).toBeVisible();
  await page.getByRole('button', { name: 'Add reseller' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('Choose at least one.');
  expect(await violations(page)).toEqual([]);
  await provides.getByRole('checkbox', { name: 'All-inclusive' }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Add reseller' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: `${name} was added` })).toBeVisible();
  const made = await backend.get<Customer>(`/customers/${/cus_[^/]+/u.exec(page.url())![0]}`);
  expect(made).toMatchObject({
    parent_id: parent.id,
    level: 'reseller',
    service_type: 'all_inclusive',
    offered_service_types: ['all_inclusive'],
    country: 'AT',
  });

  // What it can't offer isn't chosen below it; an end customer provides nothing.
  await page.goto(`/customers/new?parent=${made.id}`);
  await expect(page.getByText('End customers stand under a reseller')).toBeVisible();
  await expect(page.getByLabel('Service type', { exact: false }).first().getByRole('option')).toHaveCount(2);
  await expect(page.getByRole('group', { name: 'Service types to provide' })).toHaveCount(0);
});

test('an end customer is added with its username first, its sites last', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}_${info.repeatEachIndex}_${info.retry}`;
  const parent = await backend.reseller(`Licensing ${mark}`);
  await page.goto(`/customers/new?parent=${parent.id}`);
  await page.getByLabel('Username').fill(`bakery ${mark}`);
  await page.getByLabel('Company name').fill('Bakery Ltd');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill(PASSWORD);
  await page.getByLabel('Email').fill('it@bakery.example');
  await page.getByLabel('Sites').fill('hq, mill_lane,yard');
  await page.getByRole('combobox', { name: 'Country' }).click();
  await page.keyboard.type('Germany');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('alert')).toContainText('At least three letters, digits or underscores');
  await page.getByLabel('Username').fill(`bakery_${mark}`);
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('heading', { name: 'Bakery Ltd was added' })).toBeVisible();
  await expect(page.getByText('3 sites')).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test('a site is renamed, and removed after it was said what goes', async ({ page, backend }, info) => {
  const parent = await backend.reseller(`Sites ${info.workerIndex}-${info.repeatEachIndex}-${info.retry}`);
  const end = await backend.endCustomer(parent, 'Sited Ltd', { sites: ['hq', 'mill_lane'] });
  const site = end.sites!.find(({ name }) => name === 'mill_lane')!;
  const key = await backend.post<{ pass_key: string }>(`/customers/${end.id}/pass_keys`, { site_id: site.id });
  await backend.post('/devices/register', { pass_key: key.pass_key, name: 'rack', kind: 'appliance' });
  await page.goto(`/customers/${site.id}`);
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Name', { exact: true }).fill('HQ');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert').first()).toContainText('has a site');
  await page.getByLabel('Name', { exact: true }).fill('plant_3');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'plant_3' })).toBeVisible();

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Delete plant_3?' });
  await expect(dialog).toContainText('rack');
  await expect(dialog).toContainText('device');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'plant_3' })).toBeVisible();
});

test('whoever has nobody to add a customer to is told so', async ({ browser, backend, server }, info) => {
  const name = `Alone ${info.workerIndex}-${info.repeatEachIndex}-${info.retry}`;
  const customer = await backend.endCustomer(await backend.reseller(`Above ${name}`), name);
  const login = `alone-${info.workerIndex}-${info.repeatEachIndex}-${info.retry}@alone.example`;
  await backend.post('/users', {
    customer_id: customer.id,
    email: login,
    name: 'Alone',
    role: 'administrator',
    password: PASSWORD,
  });
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  await context.request.post('/api/v1/sessions', { data: { login, password: PASSWORD } });
  const page = await context.newPage();
  await page.goto('/customers/new');
  await expect(page.getByRole('heading', { name: 'There is nobody to add a customer to' })).toBeVisible();
  await expect(page.getByLabel('Company name')).toHaveCount(0);
  expect(await violations(page)).toEqual([]);
  await page.getByRole('link', { name: `Open ${name}` }).click();
  await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
  await context.close();
});
