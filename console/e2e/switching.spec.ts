import type { Page } from '@playwright/test';
import { ADMINISTRATOR, expect, listReady, rowOf, test, type Backend } from './fixtures';

/** Getting about: the customer switcher, what is said in the command field, the search of the tree, single keys. */

let unique = 0;

async function partner(backend: Backend, worker: number, name: string) {
  unique += 1;
  const reseller = await backend.reseller(`${name} ${worker}-${unique}`);
  const end = await backend.endCustomer(reseller, `Mühltalhof ${worker}-${unique}`);
  return { reseller, end, plain: `muhltalhof ${worker}-${unique}` };
}

const field = (page: Page) => page.getByRole('dialog').getByRole('searchbox');
const switcher = (page: Page) => page.getByRole('button', { name: /, switch customer$/u });

test('the switcher narrows the console, everywhere, and leads back up', async ({ page, backend }, info) => {
  const { reseller, end, plain } = await partner(backend, info.workerIndex, 'Switch');
  await backend.device(end, 'switch-01');
  await page.goto('/customers');
  await listReady(page);
  await expect(switcher(page)).toHaveText('All customers');
  await page.keyboard.press('c');
  await page.keyboard.type(plain, { delay: 20 });
  await expect(field(page)).toHaveValue(plain);
  await expect(page.getByRole('menuitem', { name: end.company_name })).toContainText(reseller.company_name);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`under=${end.id}`, 'u'));
  await expect(switcher(page)).toHaveText(end.company_name);
  await page.getByRole('link', { name: 'Devices', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`devices\\?under=${end.id}`, 'u'));
  await expect(rowOf(page, 'switch-01')).toContainText(end.company_name);

  await switcher(page).click();
  await field(page).waitFor();
  await page.getByRole('menuitem', { name: reseller.company_name }).click();
  await expect(page).toHaveURL(new RegExp(`devices\\?under=${reseller.id}`, 'u'));
  await switcher(page).click();
  await page.getByRole('menuitem', { name: `Add customer to ${reseller.company_name}` }).click();
  await expect(page.locator('input[id$="-parent_id"]')).toHaveValue(reseller.company_name);

  await switcher(page).click();
  await expect(page.getByRole('menuitem', { name: end.company_name })).toBeVisible();
  await page.getByRole('menuitem', { name: /^All of Provider/u }).click();
  await expect(page).toHaveURL(/\/customers$/u);
  await expect(switcher(page)).toHaveText('All customers');
});

test('recent customers are kept for the account, and forgotten when it signs out', async ({
  browser,
  server,
  backend,
}, info) => {
  const { end } = await partner(backend, info.workerIndex, 'Recent');
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  const signIn = async () => {
    await page.goto('/sign-in');
    await page.getByLabel('Email or username').fill(ADMINISTRATOR.login);
    await page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await switcher(page).waitFor();
    await page.goto('/customers');
    await listReady(page);
  };
  const lately = () => page.getByRole('menuitem', { name: end.company_name });
  await signIn();
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('heading', { name: end.company_name, level: 1 }).waitFor();
  await page.goto('/customers');
  await listReady(page);
  await page.keyboard.press('c');
  await expect(lately()).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /account of/u }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await signIn();
  await page.keyboard.press('c');
  await field(page).waitFor();
  await expect(page.getByRole('menuitem', { name: /^Add customer/u })).toBeVisible();
  await expect(lately()).toHaveCount(0);
  await context.close();
});

test('what is said in the command field opens the real dialog', async ({ page, backend }, info) => {
  const { end, plain } = await partner(backend, info.workerIndex, 'Said');
  await page.goto('/devices');
  await page.getByRole('heading', { name: 'Devices', exact: true }).waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`suspend ${plain}`, { delay: 15 });
  await expect(page.getByRole('menuitem', { name: `Suspend ${end.company_name}` })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: `Suspend ${end.company_name}?` })).toBeVisible();
  await expect(page.getByLabel('Reason')).toBeFocused();
  await page.keyboard.type('Contract ended');
  await page.getByRole('button', { name: `Suspend ${end.company_name}` }).click();
  await expect(page.getByText(`${end.company_name} suspended`)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText(`${end.company_name} suspended`)).toHaveCount(0);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('sus');
  await page.getByRole('menuitem', { name: 'Suspend …' }).click();
  await expect(field(page)).toHaveValue('Suspend ');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`edit ${plain}`);
  await page.getByRole('menuitem', { name: `Edit ${end.company_name}` }).click();
  await expect(page.getByRole('heading', { name: `Edit ${end.company_name}` })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`add device to ${plain}`);
  await page.getByRole('menuitem', { name: `Add device to ${end.company_name}` }).click();
  await expect(page.getByRole('dialog', { name: `Add a device to ${end.company_name}` })).toBeVisible();
});

test('the command field finds devices and people, and says whose they are', async ({ page, backend }, info) => {
  const { end } = await partner(backend, info.workerIndex, 'Whose');
  const machine = `bureau-${unique}-kasse`;
  await backend.device(end, machine);
  const email = `who${info.workerIndex}${unique}@example.com`;
  await backend.post('/users', { customer_id: end.id, name: `Zoë Quist ${unique}`, email, role: 'supporter' });
  await page.goto('/customers');
  await listReady(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type(machine);
  await expect(page.getByRole('menuitem', { name: machine })).toContainText(end.company_name);
  await page.getByRole('menuitem', { name: machine }).click();
  await expect(page.getByRole('heading', { name: machine })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`quist ${unique} zoe`);
  await expect(page.getByRole('menuitem', { name: /Zoë/u })).toContainText(end.company_name);
  await page.getByRole('menuitem', { name: /Zoë/u }).click();
  await expect(page.getByRole('row', { name: /Zoë/u })).toBeVisible();
});

test('the tree is asked of the server, and opens the way to what is found', async ({ page, backend }, info) => {
  const { reseller, end, plain } = await partner(backend, info.workerIndex, 'Way');
  await page.goto('/customers');
  await listReady(page);
  const tree = page.getByRole('tree', { name: 'Customer tree' });
  await page.getByRole('searchbox', { name: 'Find in the tree' }).focus();
  await page.keyboard.type(plain, { delay: 20 });
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`under=${end.id}`, 'u'));
  const found = tree.getByRole('treeitem', { name: end.company_name });
  await expect(found).toBeFocused();
  await expect(found).toHaveAttribute('aria-selected', 'true');
  await expect(tree.getByRole('treeitem', { name: reseller.company_name })).toHaveAttribute('aria-expanded', 'true');
  await page.getByRole('searchbox', { name: 'Find in the tree' }).fill('nobody is called so');
  await expect(page.getByText('Nothing below Provider fits “nobody is called so”.')).toBeVisible();
});

test('a slash, a text and Enter open the first row that is found', async ({ page, backend }, info) => {
  const { end, plain } = await partner(backend, info.workerIndex, 'Slash');
  await page.goto('/customers');
  await listReady(page);
  await page.keyboard.press('/');
  await page.keyboard.type(plain);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: end.company_name, level: 1 })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('searchbox', { name: /^Name, contact/u })).toHaveValue(plain);
});

test('single keys can be switched off, and stay so', async ({ page }) => {
  await page.goto('/customers');
  await listReady(page);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys).toContainText('Switch to another customer');
  await keys.getByRole('checkbox', { name: 'Shortcuts of a single key' }).click();
  await keys.getByRole('button', { name: 'Done' }).click();
  await page.reload();
  await listReady(page);
  for (const key of ['c', '/', 'f', '?', 'x']) await page.keyboard.press(key);
  await page.waitForTimeout(300);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('.filter-pane')).toHaveCount(0);
  expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe('INPUT');
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
  await page.keyboard.type('keyboard');
  await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click();
  await keys.getByRole('checkbox', { name: 'Shortcuts of a single key' }).click();
  await keys.getByRole('button', { name: 'Done' }).click();
  await page.keyboard.press('c');
  await expect(field(page)).toBeFocused();
});

test('a machine appears in the dialog as it registers', async ({ page, backend, request }, info) => {
  const { end } = await partner(backend, info.workerIndex, 'Arrive');
  await backend.device(end, 'was-there');
  await page.goto(`/customers/${end.id}?add=device`);
  await page.getByRole('button', { name: 'Make pass key' }).click();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog.getByText('Waiting for the machine.')).toBeVisible();
  const key = await dialog.getByRole('region', { name: 'Pass key', exact: true }).locator('code').textContent();
  await dialog.getByRole('button', { name: 'Windows' }).click();
  await expect(dialog.getByRole('region', { name: '1. Register the machine' })).toContainText('Invoke-RestMethod');
  const answer = await request.post('/api/v1/devices/register', { data: { pass_key: key, name: 'files-07' } });
  expect(answer.status()).toBe(201);
  await expect(dialog.getByText('files-07 has registered.')).toBeVisible();
  await expect(dialog.getByText('was-there')).toHaveCount(0);
});

test('a name that exists is told of before it is saved', async ({ page, backend }, info) => {
  const { reseller, end } = await partner(backend, info.workerIndex, 'Twin');
  await page.goto(`/customers/new?parent=${reseller.id}`);
  await page.getByLabel('Company name').focus();
  await page.keyboard.type(end.company_name.toUpperCase());
  const said = `${reseller.company_name} already has a customer with this name: ${end.company_name}`;
  await expect(page.getByText(said)).toBeVisible();
  await page.keyboard.type(' 2');
  await expect(page.getByText(said)).toHaveCount(0);
});

test('a session that ends while something is typed is begun again over it', async ({
  browser,
  server,
  backend,
}, info) => {
  const { reseller } = await partner(backend, info.workerIndex, 'Ended');
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const page = await context.newPage();
  await page.goto(`/customers/new?parent=${reseller.id}`);
  await page.getByLabel('Company name').fill('Typed Ltd');
  await context.request.delete('/api/v1/sessions/current');
  const ended = page.getByRole('alertdialog', { name: 'Your session has ended' });
  await expect(ended).toBeVisible({ timeout: 20_000 });
  await page.keyboard.press('Escape');
  await expect(ended).toBeVisible();
  await ended.getByLabel(`Password of ${ADMINISTRATOR.login}`).fill(ADMINISTRATOR.password);
  await page.keyboard.press('Enter');
  await expect(ended).toHaveCount(0);
  await expect(page.getByLabel('Company name')).toHaveValue('Typed Ltd');
  await page.locator('input[id$="-country"]').fill('Germany');
  await page.keyboard.press('Tab');
  await page.locator('form button[type="submit"]').click();
  await expect(page.getByRole('heading', { name: 'Typed Ltd was added' })).toBeVisible();
  await context.close();
});

test('Enter waits for what is found, and takes the first where nothing is marked', async ({ page, backend }, info) => {
  const name = `Quickly ${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(name);
  await page.goto('/devices');
  for (const key of ['Control+k', 'c']) {
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.keyboard.press(key);
    await page.getByRole('dialog').getByRole('searchbox').waitFor();
    await page.keyboard.type('zzzz');
    await expect(page.getByText(/Nothing is called|fits “zzzz”/u)).toBeVisible();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(name.toLowerCase());
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page).toHaveURL(new RegExp(reseller.id, 'u'));
    await page.goto('/devices');
  }
});
