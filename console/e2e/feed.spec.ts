import type { Page } from '@playwright/test';
import { ADMINISTRATOR, complaintsOf, expect, listReady, rowOf, test, violations } from './fixtures';
import { startServer } from './server';

/** What happens elsewhere, seen without anybody loading anything. */

/** The addresses that the page asks for from now on, without what keeps it told. */
function asked(page: Page): string[] {
  const paths: string[] = [];
  page.on('request', (request) => {
    const path = request.url().split('/api/v1')[1];
    if (path && path !== '/feed') paths.push(path);
  });
  return paths;
}

/** Resolves when the page is told what happens. */
function told(page: Page): Promise<unknown> {
  return page.waitForResponse((response) => response.url().endsWith('/feed') && response.ok());
}

/** As if another tab were in front. */
async function show(page: Page, visibility: 'visible' | 'hidden'): Promise<void> {
  await page.evaluate((now) => {
    Object.defineProperty(document, 'visibilityState', { value: now, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, visibility);
}

test('what others do appears by itself, and leads to no more requests than it touches', async ({
  page,
  backend,
}, info) => {
  const name = `Live ${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(name);
  const other = await backend.reseller(`Beside ${name}`);
  const end = await backend.endCustomer(reseller, 'First Ltd', { sites: ['hq'] });
  const live = told(page);
  await page.goto(`/customers?under=${reseller.id}&level=all`);
  await live;
  await rowOf(page, 'First Ltd').waitFor();
  await backend.endCustomer(reseller, 'Second Ltd');
  await expect(rowOf(page, 'Second Ltd')).toBeVisible();
  await expect(page.getByText(`4 in ${name} and below`)).toBeVisible();

  await backend.post(`/customers/${reseller.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  for (const row of ['First Ltd', 'Second Ltd', 'hq']) await expect(rowOf(page, row)).toContainText('Suspended');
  await backend.post(`/customers/${reseller.id}/activate`, {});
  await expect(rowOf(page, 'hq')).not.toContainText('Suspended');

  await rowOf(page, 'First Ltd').getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'First Ltd', level: 1 })).toBeVisible();
  await page.getByRole('region', { name: 'Sites' }).getByText('hq').waitFor();
  await page.waitForTimeout(1200);
  const paths = asked(page);
  await backend.endCustomer(other, 'Far away Ltd');
  await backend.post(`/customers/${end.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await expect(page.getByText('Backups are stopped: First Ltd is suspended.')).toBeVisible();
  await page.waitForTimeout(1500);
  expect(paths).toContain(`/customers/${end.id}`);
  // Neither twice, nor what stands elsewhere.
  expect(paths.filter((path) => path === `/customers/${end.id}`)).toHaveLength(1);
  expect(paths.filter((path) => path.includes(other.id) || path.startsWith('/users'))).toEqual([]);
  expect(paths.filter((path) => path.startsWith('/customers?under'))).toEqual([]);
});

test('used bytes are written into the rows that are there', async ({ page, backend }, info) => {
  const name = `Counted ${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(name);
  const end = await backend.endCustomer(reseller, 'Growing Ltd');
  const credentials = await backend.register(end, 'files-01');
  const live = told(page);
  await page.goto(`/customers?under=${reseller.id}`);
  await live;
  await rowOf(page, 'Growing Ltd').waitFor();
  // What is used is told by comparing with what was used before; at first it may have been anywhere.
  await page.waitForTimeout(3000);
  const paths = asked(page);
  await backend.upload(credentials, 1_500_000);
  for (const row of ['Growing Ltd', name]) await expect(rowOf(page, row)).toContainText('1.5 MB');
  expect(paths.filter((path) => path.startsWith('/customers?under'))).toEqual([]);
  expect(paths.some((path) => path.includes('fields=totals'))).toBe(true);

  await page.goto(`/devices/${credentials.device_id}`);
  await expect(page.getByRole('region', { name: 'Storage' })).toContainText('1.5 MB');
  await backend.upload(credentials, 1_500_000);
  await expect(page.getByRole('region', { name: 'Storage' })).toContainText('3 MB');
});

test('a tab that nobody looks at fetches nothing, and is right when it is shown', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Hidden ${info.workerIndex}-${info.repeatEachIndex}`);
  const live = told(page);
  await page.goto(`/customers?under=${reseller.id}`);
  await live;
  await rowOf(page, reseller.company_name).waitFor();
  await page.waitForTimeout(500);
  await show(page, 'hidden');
  const paths = asked(page);
  await backend.endCustomer(reseller, 'Meanwhile Ltd');
  await page.waitForTimeout(2000);
  expect(paths).toEqual([]);
  await show(page, 'visible');
  await expect(rowOf(page, 'Meanwhile Ltd')).toBeVisible();
});

test('what is typed into a form stays, whatever happens meanwhile', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Typed ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Form Ltd');
  const live = told(page);
  await page.goto(`/customers/${end.id}/edit`);
  await live;
  await page.getByLabel('Company name').fill('Mine Ltd');
  await backend.post(`/customers/${end.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await page.waitForTimeout(1500);
  await expect(page.getByLabel('Company name')).toHaveValue('Mine Ltd');
});

test('while the server is away a bar says since when nothing was renewed, and goes by itself', async ({ browser }) => {
  test.setTimeout(120_000);
  const server = await startServer({ setUp: true });
  const context = await browser.newContext({ baseURL: server.url });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const page = await context.newPage();
  await page.goto('/customers');
  await listReady(page);
  await server.halt();
  const bar = page.getByText('Not renewed since');
  await expect(bar).toHaveCount(0);
  await expect(bar).toBeVisible({ timeout: 15_000 });
  await expect(rowOf(page, 'Default reseller')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await server.resume();
  // It may have gone by itself just before.
  const retry = page.getByRole('button', { name: 'Try now' });
  await retry.click({ timeout: 3_000 }).catch(() => expect(retry).toHaveCount(0));
  await expect(bar).toHaveCount(0);
  const { items } = (await (await context.request.get('/api/v1/customers?level=provider')).json()) as {
    items: { id: string }[];
  };
  await context.request.post('/api/v1/customers', {
    data: { parent_id: items[0]!.id, level: 'reseller', company_name: 'After the pause', country: 'DE' },
  });
  await expect(rowOf(page, 'After the pause')).toBeVisible();
  await context.close();
  await server.stop();
});

test('a server that has no feed is asked once a minute, and nobody is told', async ({ browser, server, signedIn }) => {
  const context = await browser.newContext({ baseURL: server.url, storageState: signedIn });
  const page = await context.newPage();
  await page.route(/\/api\/v1\/feed$/u, (route) => route.fulfill({ status: 404, body: '{}' }));
  await page.clock.install();
  await page.goto('/customers');
  await rowOf(page, 'Default reseller').waitFor();
  const paths = asked(page);
  await page.clock.runFor(30_000);
  expect(paths).toEqual([]);
  await page.clock.runFor(35_000);
  await expect.poll(() => paths.filter((path) => path.startsWith('/customers?')).length).toBeGreaterThan(0);
  await expect(page.getByText('Not renewed since')).toHaveCount(0);
  await context.close();
});

test('a session that ends elsewhere leads to the sign-in page by itself', async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  const live = told(page);
  await page.goto('/devices');
  await live;
  await expect(page.getByRole('heading', { name: 'Devices', level: 1 })).toBeVisible();
  await context.request.delete('/api/v1/sessions/current');
  await expect(page).toHaveURL(/\/sign-in\?to=/u, { timeout: 20_000 });
  expect(complaints).toEqual([]);
  await context.close();
});
