import type { Page, Request } from '@playwright/test';
import type { Customer, User } from '../src/api/schema';
import { expect, test, type Backend } from './fixtures';

/** The server does what it is asked to, and the answer never arrives. */

const PASSWORD = 'copper meadow violin 19';
let unique = 0;

async function end(backend: Backend, worker: number, rest = {}): Promise<Customer> {
  unique += 1;
  return backend.endCustomer(await backend.reseller(`Lossy ${worker}-${unique}`), 'Lost Ltd', rest);
}

/** Lets the next request through to the server and drops what it says; gives the requests that were made. */
async function loseAnswer(page: Page, method: string, path: RegExp): Promise<Request[]> {
  const requests: Request[] = [];
  await page.route(path, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    requests.push(route.request());
    if (requests.length > 1) return route.continue();
    await route.fetch();
    return route.abort('connectionreset');
  });
  return requests;
}

const keysOf = (requests: Request[]) => requests.map((request) => request.headers()['idempotency-key']);
const send = (page: Page) => page.locator('form button[type="submit"]').click();

test('a customer sent again as it was is added once', async ({ page, backend }, info) => {
  unique += 1;
  const reseller = await backend.reseller(`Lossy ${info.workerIndex}-${unique}`);
  const requests = await loseAnswer(page, 'POST', /\/api\/v1\/customers$/u);
  await page.goto(`/customers/new?parent=${reseller.id}`);
  await page.getByLabel('Company name').fill('Once Ltd');
  await page.getByRole('combobox', { name: 'Country' }).fill('DE');
  await send(page);
  await expect(page.getByRole('alert')).toContainText('Send it again as it is: it is not added twice.');
  await expect(page.getByLabel('Company name')).toHaveValue('Once Ltd');
  await send(page);
  await expect(page.getByRole('heading', { name: 'Once Ltd was added' })).toBeVisible();
  expect(new Set(keysOf(requests)).size).toBe(1);
  const { total } = await backend.get<{ total: number }>(`/customers?under=${reseller.id}&level=end_customer`);
  expect(total).toBe(1);
});

test('an edited form sent again is another request, and going back to the first is the first again', async ({
  page,
  backend,
}, info) => {
  const customer = await end(backend, info.workerIndex);
  const requests = await loseAnswer(page, 'POST', /\/sites$/u);
  await page.goto(`/customers/${customer.id}?add=site`);
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('hq');
  await send(page);
  await expect(page.getByRole('alert')).toContainText('No answer came');
  await name.fill('HQ');
  await send(page);
  await expect(page.getByRole('alert')).toContainText('has a site of this name already');
  await name.fill('hq');
  await send(page);
  await expect(page.getByRole('region', { name: 'Sites' })).toContainText('hq');
  const [first, second, third] = keysOf(requests);
  expect(third).toBe(first);
  expect(second).not.toBe(first);
});

test('a pass key whose answer was lost is shown by the second try, and is the only one', async ({
  page,
  backend,
}, info) => {
  const customer = await end(backend, info.workerIndex);
  await loseAnswer(page, 'POST', /\/pass_keys$/u);
  await page.goto(`/customers/${customer.id}?add=device`);
  await send(page);
  await expect(page.getByRole('alert')).toContainText('No answer came');
  await page.waitForTimeout(20);
  await send(page);
  await expect(page.getByRole('region', { name: 'Pass key', exact: true })).toBeVisible();
  const keys = await backend.get<{ total: number }>(`/customers/${customer.id}/pass_keys`);
  expect(keys.total).toBe(1);
});

test('a pass key is replaced once', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await backend.post(`/customers/${customer.id}/pass_keys`, {});
  const requests = await loseAnswer(page, 'POST', /\/rotate$/u);
  await page.goto(`/customers/${customer.id}?tab=pass_keys`);
  await page.getByRole('button', { name: 'Replace' }).click();
  await page.getByRole('button', { name: 'Replace pass key' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('The server does not answer');
  await page.getByRole('button', { name: 'Replace pass key' }).click();
  await expect(page.getByRole('alertdialog', { name: 'The new pass key' })).toBeVisible();
  expect(new Set(keysOf(requests)).size).toBe(1);
  const keys = await backend.get<{ total: number }>(`/customers/${customer.id}/pass_keys`);
  expect(keys.total).toBe(1);
});

test('a person is added once, and invited once', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await loseAnswer(page, 'POST', /\/users$/u);
  await loseAnswer(page, 'POST', /\/invitation$/u);
  await page.goto(`/people?under=${customer.id}&add=yes`);
  await page.getByLabel('Name', { exact: true }).fill('Kim Sato');
  await page.getByLabel('Email', { exact: true }).fill(`kim${info.workerIndex}_${unique}@lossy.example`);
  for (let tries = 0; tries < 2; tries += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await send(page);
    // oxlint-disable-next-line no-await-in-loop
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText('No answer came');
  }
  await send(page);
  await expect(page.getByRole('region', { name: 'Invitation link' })).toBeVisible();
  const { items } = await backend.get<{ items: User[] }>(`/users?under=${customer.id}`);
  expect(items.map(({ name }) => name)).toEqual(['Kim Sato']);
});

test('an edit whose answer was lost is not blamed on somebody else', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await loseAnswer(page, 'PATCH', /\/customers\/cus_[^/]+$/u);
  await page.goto(`/customers/${customer.id}/edit`);
  await page.getByLabel('Company name').fill('Found Ltd');
  await send(page);
  await expect(page.getByRole('alert')).toContainText('The server does not answer');
  await send(page);
  await expect(page.getByRole('heading', { name: 'Found Ltd' })).toBeVisible();
  await expect(page.getByText('Found Ltd saved')).toBeVisible();
});

test('what is edited after a lost answer is saved, too, and nobody else is blamed', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await loseAnswer(page, 'PATCH', /\/customers\/cus_[^/]+$/u);
  await page.goto(`/customers/${customer.id}/edit`);
  await page.getByLabel('Company name').fill('Found Ltd');
  await send(page);
  await expect(page.getByRole('alert')).toContainText('The server does not answer');
  await page.getByLabel('Phone').fill('+44 20 7946 0812');
  await send(page);
  await expect(page.getByRole('heading', { name: 'Found Ltd' })).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText('+44 20 7946 0812');

  const device = await backend.device(customer, 'first');
  await loseAnswer(page, 'PATCH', /\/devices\/dev_[^/]+$/u);
  await page.goto(`/devices/${device}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  for (const name of ['second', 'third']) {
    await page.getByLabel('Name', { exact: true }).fill(name);
    await send(page);
    if (name === 'second') await expect(page.getByRole('dialog').getByRole('alert')).toContainText('does not answer');
  }
  await expect(page.getByRole('heading', { name: 'third' })).toBeVisible();
});

test('without the feed, what was deleted although the answer was lost is deleted by the second try', async ({
  page,
  backend,
}, info) => {
  const customer = await end(backend, info.workerIndex);
  await loseAnswer(page, 'DELETE', /\/customers\/cus_[^/?]+\?remove_products=false$/u);
  await page.route(/\/feed$/u, (route) => route.abort('connectionrefused'));
  await page.goto(`/customers/${customer.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByLabel(/Type Lost Ltd to confirm/u).fill('Lost Ltd');
  await send(page);
  await expect(page.getByRole('alertdialog').getByRole('alert')).toContainText('The server does not answer');
  await send(page);
  await expect(page.getByText('Lost Ltd deleted')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Deletion' })).toBeVisible();
});

test('what was deleted although the answer was lost is shown to be deleted', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await loseAnswer(page, 'DELETE', /\/customers\/cus_[^/?]+\?remove_products=false$/u);
  await page.goto(`/customers/${customer.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByLabel(/Type Lost Ltd to confirm/u).fill('Lost Ltd');
  await send(page);
  await expect(page.getByRole('region', { name: 'Deletion', includeHidden: true })).toHaveCount(1);
});

test('what is harmless twice carries no key', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex, { username: `lossy_${info.workerIndex}`, password: PASSWORD });
  const requests = await loseAnswer(page, 'POST', /\/suspend\?dry_run=false$/u);
  await page.goto(`/customers/${customer.id}`);
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.getByLabel('Reason').fill('Unpaid');
  await send(page);
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('The server does not answer');
  await send(page);
  await expect(page.getByText('Reason: Unpaid')).toBeVisible();
  expect(keysOf(requests)).toEqual([undefined, undefined]);
});
