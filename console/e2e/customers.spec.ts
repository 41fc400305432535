import type { Customer } from '../src/api/schema';
import { ADMINISTRATOR, expect, test, type Backend } from './fixtures';

const PASSWORD = 'violet harbour siphon 42';
let unique = 0;

/** Each test has a reseller of its own. */
async function reseller(backend: Backend, worker: number): Promise<Customer> {
  unique += 1;
  return backend.reseller(`Reseller ${worker}-${unique}`);
}

test('an end customer is added in one step, with username, password twice and sites', async ({
  page,
  backend,
}, info) => {
  const parent = await reseller(backend, info.workerIndex);
  const username = `acme_${info.workerIndex}_${unique}`;
  await page.goto(`/customers?under=${parent.id}`);
  await page.getByRole('link', { name: 'Add customer' }).click();
  await expect(page.getByRole('combobox', { name: 'Under' })).toHaveValue(parent.company_name);
  await expect(page.getByText('End customers stand under a reseller, so this will be one.')).toBeVisible();

  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('alert')).toContainText('2 fields need a change');
  await expect(page.getByRole('alert')).toBeFocused();

  await page.getByLabel('Company name').fill('Acme Ltd');
  await page.getByRole('combobox', { name: 'Country' }).fill('Germ');
  await page.getByRole('option', { name: 'Germany' }).click();
  await expect(page.getByText('Decided by the country')).toBeVisible();
  await page.getByLabel('Email').fill('it@acme.example');
  await page.getByLabel('Sites').fill('hq, plant 2');
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill(`${PASSWORD}!`);
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('alert')).toContainText('The two passwords differ.');
  await expect(page.getByRole('alert')).toContainText('“plant 2” may have letters, digits and underscores only.');
  await page.getByLabel('Sites').fill('hq, plant_2');
  await page.getByLabel('Password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Add end customer' }).click();

  await expect(page.getByRole('heading', { name: 'Acme Ltd was added' })).toBeVisible();
  await expect(page.getByText(`It signs in as ${username}.`)).toBeVisible();
  await expect(page.getByText('Germany. Backups of new devices lie in the storage pool')).toBeVisible();
  await expect(page.getByText('2 sites')).toBeVisible();
  await page.getByRole('link', { name: 'Open Acme Ltd' }).click();
  await expect(page.getByRole('region', { name: 'Sites' })).toContainText('plant_2');
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText(username);
});

test('a country without a location demands a choice; a twin is warned of, not refused', async ({
  page,
  backend,
}, info) => {
  const parent = await reseller(backend, info.workerIndex);
  await backend.endCustomer(parent, 'Twin Ltd');
  await page.goto(`/customers/new?parent=${parent.id}`);
  await page.getByLabel('Company name').fill('Twin Ltd');
  await page.getByRole('combobox', { name: 'Country' }).fill('Austria');
  await page.getByRole('option', { name: 'Austria' }).click();
  await expect(page.getByLabel('Storage location')).toHaveValue('');
  await page.getByLabel('Storage location').selectOption({ label: 'Germany' });
  await expect(page.getByText('Germany is abroad for Austria.')).toBeVisible();
  await page.getByLabel('Storage location').selectOption({ label: 'Choose one' });
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('alert')).toContainText('Storage location: Choose one: none serves the country.');
  await page.getByLabel('Storage location').selectOption({ label: 'Germany' });
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('heading', { name: 'Twin Ltd was added' })).toBeVisible();
  await expect(page.getByText('has the same company name. It was added nevertheless.')).toBeVisible();
  await expect(page.getByText('Nobody of this customer can sign in yet.')).toBeVisible();
  await expect(page.getByText('Germany, abroad for Austria.')).toBeVisible();
});

test('partners of every level are added, each where it may stand', async ({ page, backend }, info) => {
  const provider = await backend.provider();
  let parent: Customer = provider;
  const names = ['Distributor', 'Sub-distributor', 'Reseller'];
  for (const [at, level] of names.entries()) {
    const name = `${level} of ${info.workerIndex}-${info.repeatEachIndex}`;
    await page.goto(`/customers/new?parent=${parent.id}`);
    await expect(page.getByRole('combobox', { name: 'Under' })).toHaveValue(parent.company_name);
    if (at < 2) await page.getByLabel('Level').selectOption({ label: level });
    await page.getByLabel('Company name').fill(name);
    await page.getByRole('combobox', { name: 'Country' }).fill('Germany');
    await page.getByRole('option', { name: 'Germany', exact: true }).click();
    await page.getByRole('button', { name: `Add ${level.toLowerCase()}` }).click();
    await expect(page.getByRole('heading', { name: `${name} was added` })).toBeVisible();
    parent = await backend.get<Customer>(`/customers/${/cus_[^/]+/u.exec(page.url())![0]}`);
  }
  expect(parent.level).toBe('reseller');
});

test('only customers that may have one are offered as parents', async ({ page, backend }, info) => {
  const parent = await reseller(backend, info.workerIndex);
  const end = await backend.endCustomer(parent, `Under ${parent.company_name}`);
  await page.goto(`/customers/new?parent=${end.id}`);
  await expect(page.getByRole('combobox', { name: 'Under' })).toHaveValue(parent.company_name);
  // Not quite the name: what was chosen already is no search.
  await page.getByRole('combobox', { name: 'Under' }).fill(parent.company_name.slice(1));
  await expect(page.getByRole('option')).toHaveText([new RegExp(`^${parent.company_name}`, 'u')]);
  await page.getByRole('option').click();
  await expect(page.getByRole('combobox', { name: 'Under' })).toHaveValue(parent.company_name);
});

test('editing saves what changed, and asks before changes are left behind', async ({ page, backend }, info) => {
  const end = await backend.endCustomer(await reseller(backend, info.workerIndex), 'Before Ltd', {
    username: `edit_${info.workerIndex}_${unique}`,
    password: PASSWORD,
  });
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(page.getByLabel('Username')).toHaveAttribute('readonly', '');
  await page.getByLabel('Company name').fill('After Ltd');
  await page.getByLabel('Phone').fill('+44 20 7946 0812');
  await page.getByRole('link', { name: 'Devices', exact: true }).click();
  await expect(page.getByRole('alertdialog')).toContainText('Leave without saving?');
  await page.getByRole('button', { name: 'Stay' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'After Ltd' })).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText('+44 20 7946 0812');
});

test('a change by somebody else is explained, and what was typed stays', async ({ page, backend }, info) => {
  const end = await backend.endCustomer(await reseller(backend, info.workerIndex), 'Shared Ltd');
  await page.goto(`/customers/${end.id}/edit`);
  await page.getByLabel('Company name').fill('Mine Ltd');
  await backend.post(`/customers/${end.id}/suspend`, { reason: 'Meanwhile', mode: 'stop_backups' });
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('Somebody else has changed this customer in the meantime.');
  await expect(page.getByLabel('Company name')).toHaveValue('Mine Ltd');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Mine Ltd' })).toBeVisible();
});

test('suspending says what stops, shows its cause below, and is lifted again', async ({ page, backend }, info) => {
  const parent = await reseller(backend, info.workerIndex);
  const end = await backend.endCustomer(parent, 'Stopped Ltd', { sites: ['hq'] });
  await backend.device(end, 'files-01');
  await page.goto(`/customers/${parent.id}`);
  await page.getByRole('button', { name: 'Suspend' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('listitem').first()).toHaveText('1device can no longer back up');
  await dialog.getByRole('button', { name: `Suspend ${parent.company_name}` }).click();
  await expect(dialog.getByRole('alert')).toContainText('Say why');
  await dialog.getByLabel('Reason').fill('Invoice 4711 is unpaid');
  await dialog.getByLabel('Message to the customer').fill('Ask Example IT');
  await dialog.getByRole('button', { name: `Suspend ${parent.company_name}` }).click();
  await expect(page.getByRole('region', { name: 'Suspension' })).toContainText(
    'Suspended here. Backups are refused, restores work.',
  );
  await expect(page.getByText('Reason: Invoice 4711 is unpaid')).toBeVisible();

  await page.goto(`/customers/${end.id}`);
  await expect(page.getByText(`Backups are stopped: ${parent.company_name} is suspended.`)).toBeVisible();
  await page.getByRole('link', { name: `Open ${parent.company_name}` }).click();
  await page.getByRole('region', { name: 'Suspension' }).getByRole('button', { name: 'Activate' }).click();
  await expect(page.getByRole('dialog')).toContainText('1device can back up again');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Activate ${parent.company_name}` })
    .click();
  await expect(page.getByRole('region', { name: 'Suspension' })).toHaveCount(0);

  await page.getByRole('link', { name: 'Activity' }).click();
  const newest = page.getByRole('region', { name: 'Activity' }).getByRole('listitem').first();
  await expect(newest).toContainText(`activated ${parent.company_name}`);
  await expect(newest).toContainText('from 127.0.0.1');
  await expect(page.getByRole('region', { name: 'Activity' })).toContainText('Reason Invoice 4711 is unpaid');
  await expect(page.getByRole('region', { name: 'Activity' }).getByText('signed in')).toHaveCount(0);
});

test('who came and went is told on demand', async ({ page, backend, playwright, server }) => {
  const provider = await backend.provider();
  // Somebody who came just now, whatever else has happened here.
  const visitor = await playwright.request.newContext({
    baseURL: server.url,
    storageState: { cookies: [], origins: [] },
  });
  await visitor.post('/api/v1/sessions', { data: ADMINISTRATOR });
  await visitor.dispose();
  await page.goto(`/customers/${provider.id}?tab=activity`);
  const activity = page.getByRole('region', { name: 'Activity' });
  await activity.getByRole('listitem').first().waitFor();
  await expect(activity.getByText('signed in')).toHaveCount(0);
  await activity.getByRole('checkbox', { name: 'Show sign-ins' }).check();
  await expect(activity.getByText('signed in').first()).toBeVisible();
  await expect(page).toHaveURL(/sign_ins=yes/u);
  await page.reload();
  await expect(activity.getByText('signed in').first()).toBeVisible();
});

test('what is suspended from above is not called active', async ({ page, backend }, info) => {
  const parent = await reseller(backend, info.workerIndex);
  const end = await backend.endCustomer(parent, 'Above Ltd', { sites: ['hq', 'plant_2'] });
  await backend.post(`/customers/${end.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await page.goto(`/customers?under=${end.id}&level=site`);
  await page.getByRole('checkbox', { name: 'Select all 2 customers' }).click();
  await page.getByRole('button', { name: 'Activate' }).click();
  await expect(page.getByRole('dialog')).toContainText(
    '2 customers have no suspension of their own: nothing to do. What is suspended because a customer above is',
  );
  await expect(page.getByRole('dialog')).not.toContainText('active already');
});

test('deleting says what goes and when, wants the name typed, and is cancelled', async ({ page, backend }, info) => {
  const parent = await reseller(backend, info.workerIndex);
  const end = await backend.endCustomer(parent, 'Gone Ltd');
  await backend.device(end, 'till');
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog).toContainText('device with');
  await expect(dialog).toContainText('removed for good');
  await dialog.getByLabel(/Type Gone Ltd to confirm/u).fill('gone');
  await dialog.getByRole('button', { name: 'Delete Gone Ltd' }).click();
  await expect(dialog.getByRole('alert')).toContainText('exactly as it is written');
  await dialog.getByLabel(/Type Gone Ltd to confirm/u).fill('Gone Ltd');
  await dialog.getByRole('checkbox', { name: /All of this goes too/u }).click();
  await dialog.getByRole('button', { name: 'Delete Gone Ltd' }).click();
  await expect(page.getByText('Gone Ltd deleted.')).toBeVisible();
  const banner = page.getByRole('region', { name: 'Deletion' });
  await expect(banner).toContainText('it is removed for good');
  await page.goto(`/customers?under=${parent.id}`);
  await expect(page.getByRole('row').filter({ hasText: 'Gone Ltd' })).toContainText('Deleting');
  await page.goto(`/customers/${end.id}`);
  await banner.getByRole('button', { name: 'Cancel deletion' }).click();
  await expect(page.getByText('Gone Ltd is back as it was')).toBeVisible();
  await expect(banner).toHaveCount(0);
});

test('who comes back to find the username taken comes back without it', async ({ page, backend }, info) => {
  const parent = await reseller(backend, info.workerIndex);
  const username = `gone_${info.workerIndex}_${Date.now()}`;
  const login = { username, password: 'correct horse battery staple' };
  const end = await backend.endCustomer(parent, 'Gone Twice Ltd', login);
  await page.request.delete(`/api/v1/customers/${end.id}`);
  await backend.endCustomer(parent, 'Taker Ltd', login);
  await page.goto(`/customers/${end.id}`);
  const banner = page.getByRole('region', { name: 'Deletion' });
  await banner.getByRole('button', { name: 'Cancel deletion' }).click();
  await expect(banner.getByRole('alert')).toContainText(username);
  await banner.getByRole('button', { name: 'Cancel deletion, without the username' }).click();
  await expect(page.getByText('Gone Twice Ltd is back as it was')).toBeVisible();
  await expect(banner).toHaveCount(0);
});

test('a customer is moved, and what is in the way is said beforehand', async ({ page, backend }, info) => {
  const from = await reseller(backend, info.workerIndex);
  const to = await reseller(backend, info.workerIndex);
  const end = await backend.endCustomer(from, 'Moving Ltd');
  const small = await reseller(backend, info.workerIndex);
  await backend.device(end, 'till');
  await backend.patch(`/customers/${small.id}`, small.version, { max_devices: 0 });
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Move…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'To' }).fill(small.company_name);
  await page.getByRole('option', { name: small.company_name }).click();
  await expect(dialog).toContainText('may have 0 devices');
  await dialog.getByRole('combobox', { name: 'To' }).fill(to.company_name);
  await page.getByRole('option', { name: to.company_name }).click();
  await expect(dialog).toContainText('Backups go on meanwhile');
  await dialog.getByRole('button', { name: 'Move Moving Ltd' }).click();
  await expect(page.getByText(`Moving Ltd moved to ${to.company_name}`)).toBeVisible();
  await expect(page.locator('.detail-head')).toContainText(to.company_name);
});

test('a trial is begun with the customer, shown, and ended for good', async ({ page, backend }, info) => {
  const parent = await reseller(backend, info.workerIndex);
  await page.goto(`/customers/new?parent=${parent.id}`);
  await page.getByLabel('Company name').fill('Trying Ltd');
  await page.getByRole('combobox', { name: 'Country' }).fill('Germ');
  await page.getByRole('option', { name: 'Germany' }).click();
  await page.getByRole('checkbox', { name: /On trial/u }).click();
  await page.getByText('Limit, plan and start').click();
  await page.getByRole('radio', { name: /Self-managed/u }).click();
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await page.getByRole('link', { name: 'Open Trying Ltd' }).click();
  const banner = page.getByRole('region', { name: 'Trial' });
  await expect(banner).toContainText('On trial until');
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText('Self-managed');
  await banner.getByRole('button', { name: 'End the trial now, for good' }).click();
  await expect(page.getByText('Trying Ltd is in production')).toBeVisible();
  await expect(banner).toHaveCount(0);
});

test('a site is added, and its name is unique', async ({ page, backend }, info) => {
  const end = await backend.endCustomer(await reseller(backend, info.workerIndex), 'Sited Ltd', { sites: ['hq'] });
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('link', { name: 'Add site' }).click();
  await page.getByLabel('Name', { exact: true }).fill('HQ');
  await page.getByRole('button', { name: 'Add site' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('has a site of this name already');
  await page.getByLabel('Name', { exact: true }).fill('plant_2');
  await page.getByRole('button', { name: 'Add site' }).click();
  await expect(page.getByRole('region', { name: 'Sites' })).toContainText('plant_2');
  await page.getByRole('region', { name: 'Sites' }).getByRole('link', { name: 'plant_2' }).click();
  await expect(page.getByRole('heading', { name: 'plant_2' })).toBeVisible();
});

test('a new password signs the customer’s own account in', async ({ page, backend, browser, server }, info) => {
  const username = `own_${info.workerIndex}_${Date.now()}`;
  const end = await backend.endCustomer(await reseller(backend, info.workerIndex), 'Own Ltd', {
    username,
    password: PASSWORD,
  });
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Set password…' }).click();
  await page.getByLabel('Password', { exact: true }).fill('amber lantern quarry 77');
  await page.getByLabel('Password again').fill('amber lantern quarry 77');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByText(`Password of ${username} set`)).toBeVisible();

  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  const own = await context.newPage();
  await own.goto('/sign-in');
  await own.getByLabel('Email or username').fill(username);
  await own.getByLabel('Password', { exact: true }).fill('amber lantern quarry 77');
  await own.getByRole('button', { name: 'Sign in' }).click();
  // It lands on its own page, not on a list of itself.
  await expect(own.getByRole('heading', { name: 'Own Ltd', level: 1 })).toBeVisible();
  await expect(own.getByRole('navigation', { name: 'Pages' }).getByRole('link')).toHaveText([
    'Overview',
    'Devices',
    'Events',
  ]);
  await expect(own.getByRole('link', { name: 'Edit' })).toHaveCount(0);
  await expect(own.getByRole('link', { name: 'Add device' })).toBeVisible();
  await own.goto('/people');
  await expect(own.getByRole('heading', { name: 'This is not for your role' })).toBeVisible();
  await context.close();
});

test('what is impossible just now stays in place and says why', async ({ page, backend }, info) => {
  const end = await backend.endCustomer(await reseller(backend, info.workerIndex), 'Held Ltd');
  await backend.post(`/customers/${end.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await page.goto(`/customers/${end.id}?tab=devices`);
  const add = page.getByRole('button', { name: 'Add device' });
  await expect(add).toHaveAttribute('aria-disabled', 'true');
  await expect(add).toHaveCSS('opacity', '0.5');
  await page.keyboard.press('Tab');
  await add.focus();
  await expect(page.getByRole('tooltip')).toHaveText('Nothing can be added while the customer is suspended.');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: /notification/u })).toContainText('Nothing can be added');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
