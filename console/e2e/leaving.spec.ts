import type { Page } from '@playwright/test';
import type { Customer } from '../src/api/schema';
import { ADMINISTRATOR, expect, rowOf, test, violations, type Backend } from './fixtures';
import { startServer } from './server';

/** What is left behind, and where one arrives. */

let unique = 0;

async function end(backend: Backend, worker: number): Promise<Customer> {
  unique += 1;
  const reseller = await backend.reseller(`Leaving ${worker}-${unique}`);
  return backend.endCustomer(reseller, `Left ${worker}-${unique}`, { email: 'a+b&c?d%@example.com' });
}

const beside = (page: Page) => page.mouse.click(4, 400);

test('Escape, a press beside it and the way back ask before a typed reason is lost', async ({
  page,
  backend,
}, info) => {
  const customer = await end(backend, info.workerIndex);
  await page.goto(`/customers?under=${customer.parent_id}`);
  await rowOf(page, customer.company_name).getByRole('link').click();
  await expect(page.getByRole('heading', { name: customer.company_name, level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Suspend' }).click();
  const reason = page.getByLabel('Reason');
  await expect(reason).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(reason).toHaveCount(0);

  await page.getByRole('button', { name: 'Suspend' }).click();
  await reason.fill('Invoice 4711 is unpaid');
  const ask = page.getByRole('alertdialog', { name: 'Discard what you typed?' });
  for (const leave of [() => page.keyboard.press('Escape'), () => beside(page), () => page.goBack()]) {
    // oxlint-disable-next-line no-await-in-loop
    await leave();
    // oxlint-disable-next-line no-await-in-loop
    await expect(ask.getByRole('button', { name: 'Keep editing' })).toBeFocused();
    // oxlint-disable-next-line no-await-in-loop
    await page.keyboard.press('Escape');
    // oxlint-disable-next-line no-await-in-loop
    await expect(ask).toHaveCount(0);
    // oxlint-disable-next-line no-await-in-loop
    await expect(reason).toHaveValue('Invoice 4711 is unpaid');
    // oxlint-disable-next-line no-await-in-loop
    await expect(reason).toBeFocused();
  }
  await page.keyboard.press('Escape');
  expect(await violations(page)).toEqual([]);
  await ask.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Suspend' })).toBeFocused();
  // The button that says so does not ask.
  await page.getByRole('button', { name: 'Suspend' }).click();
  await reason.fill('Typed');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(reason).toHaveCount(0);
});

test('a key that is shown once stays until its button is pressed', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await page.goto(`/customers/${customer.id}?tab=pass_keys`);
  await page.getByRole('button', { name: 'Add device' }).click();
  await page.getByRole('button', { name: 'Make pass key' }).click();
  const key = page.getByRole('region', { name: 'Pass key', exact: true });
  await expect(key).toBeVisible();
  await beside(page);
  await expect(key).toBeVisible();
  // The press took the focus; it comes back within a frame.
  await page.waitForFunction(() => document.activeElement?.closest('[role="alertdialog"]'));
  const ask = page.getByRole('alertdialog', { name: 'Close without the pass key?' });
  for (const leave of [() => page.keyboard.press('Escape'), () => page.goBack()]) {
    // oxlint-disable-next-line no-await-in-loop
    await leave();
    // oxlint-disable-next-line no-await-in-loop
    await ask.getByRole('button', { name: 'Stay' }).click();
    // oxlint-disable-next-line no-await-in-loop
    await expect(key).toBeVisible();
  }
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(key).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'Pass keys' }).getByRole('row')).toHaveCount(2);
});

test('after each navigation the focus stands where work begins', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await page.goto(`/customers?under=${customer.parent_id}`);
  await rowOf(page, customer.company_name).waitFor();
  await page.getByRole('link', { name: 'Add customer' }).click();
  await expect(page.getByLabel('Company name')).toBeFocused();
  await page.goBack();
  await expect(page.getByRole('link', { name: 'Add customer' })).toBeFocused();
  await page.getByRole('link', { name: 'People', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'People', level: 1 })).toBeFocused();
  await page.getByRole('link', { name: 'Customers', exact: true }).first().click();
  await expect(page.locator('.grid [data-index="0"]')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true);
  await page.goBack();
  await expect(page.locator('.grid [data-index="0"]')).toBeFocused();
});

test('going back leads to the row or the link that one came from', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await page.goto(`/customers/${customer.parent_id}`);
  const link = page.getByRole('region', { name: 'Customers' }).getByRole('link', { name: customer.company_name });
  await link.click();
  await expect(page.getByRole('heading', { name: customer.company_name, level: 1 })).toBeFocused();
  await page.goBack();
  await expect(link).toBeFocused();

  await page.getByRole('link', { name: 'Show as a list' }).click();
  await rowOf(page, customer.company_name).getByRole('link').click();
  await expect(page.getByRole('heading', { name: customer.company_name, level: 1 })).toBeFocused();
  await page.goBack();
  await expect(rowOf(page, customer.company_name)).toBeFocused();
});

test('signing in leads into the page', async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await page.goto('/customers');
  await page.getByLabel('Email or username').fill(ADMINISTRATOR.login);
  await page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password);
  await page.keyboard.press('Enter');
  await expect(page.locator('.grid [data-index="0"]')).toBeFocused();
  await context.close();
});

test('an address is written to as it is', async ({ page, backend }, info) => {
  const customer = await end(backend, info.workerIndex);
  await page.goto(`/customers/${customer.id}`);
  await expect(page.getByRole('link', { name: 'a+b&c?d%@example.com' })).toHaveAttribute(
    'href',
    'mailto:a%2Bb%26c%3Fd%25@example.com',
  );
});

test('a link pasted into a tab that is open there already is followed', async ({ browser }) => {
  const server = await startServer({ setUp: false });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('heading', { name: 'The setup link is needed' })).toBeVisible();
  const paste = (path: string) => page.evaluate((href) => location.assign(href), path);
  await paste('/setup#token=not-it');
  await page.getByLabel('Provider’s name').fill('Harbour Backup');
  await page.getByLabel('Your email').fill('ana@harbour.example');
  await page.getByLabel('Password', { exact: true }).fill('violet harbour siphon 42');
  await page.getByLabel('Password again').fill('violet harbour siphon 42');
  await page.getByRole('button', { name: 'Set up and sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('not valid');
  await paste(server.setupLink!.replace(/^https?:\/\/[^/]+/u, ''));
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Set up and sign in' }).click();
  await expect(page.getByRole('banner')).toContainText('Harbour Backup');

  await page.goto(`${server.url}/invitation`);
  await expect(page.getByRole('heading', { name: 'The invitation link is needed' })).toBeVisible();
  await paste('/invitation#token=one');
  await page.getByLabel('Password', { exact: true }).fill('typed for the first');
  await paste('/invitation#token=other');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await context.close();
  await server.stop();
});

const SCRIPT = (name: string) => new RegExp(`/assets/${name}-[^/]*\\.js$`, 'u');

test.describe('a script that cannot be loaded', () => {
  test('of a page: the frame stays and says so, and loads again when the server answers', async ({
    browser,
    server,
    signedIn,
  }) => {
    const context = await browser.newContext({ baseURL: server.url, storageState: signedIn });
    const page = await context.newPage();
    await page.route(SCRIPT('PeoplePage'), (route) => route.abort('connectionrefused'));
    await page.goto('/customers');
    await page.getByRole('link', { name: 'People', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'This page cannot be shown' })).toBeVisible();
    await expect(page.getByRole('alert')).toContainText('Its script could not be loaded');
    await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.route(`${server.url}/`, (route) => route.abort('connectionrefused'));
    await page.getByRole('button', { name: 'Load again' }).click();
    await expect(page.getByText('The server does not answer.')).toBeVisible();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Load again' }).click();
    await expect(page.getByRole('heading', { name: 'People' })).toBeVisible();
    await context.close();
  });

  test('of a part of a page, or of a dialog: the page stays', async ({ browser, server, signedIn, backend }, info) => {
    const customer = await end(backend, info.workerIndex);
    const context = await browser.newContext({ baseURL: server.url, storageState: signedIn });
    const page = await context.newPage();
    await page.route(SCRIPT('(?:ActivityTab|CustomerDialogs)'), (route) => route.abort('connectionrefused'));
    await page.goto(`/customers/${customer.id}?tab=activity`);
    await expect(page.getByRole('heading', { name: 'This part could not be loaded' })).toBeVisible();
    await page.getByRole('button', { name: 'Suspend' }).click();
    await expect(page.getByRole('region', { name: /notification/u })).toContainText('Its script could not be loaded');
    await expect(page.getByRole('heading', { name: customer.company_name })).toBeVisible();
    await context.close();
  });

  for (const script of ['index', 'words']) {
    test(`of the console itself (${script}): a page of ours says so at once`, async ({ browser, server }) => {
      const context = await browser.newContext({ baseURL: server.url });
      const page = await context.newPage();
      await page.route(SCRIPT(script), (route) => route.abort('connectionrefused'));
      await page.goto('/customers');
      await expect(page.getByRole('heading', { name: 'Tenantry could not be loaded' })).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.unrouteAll();
      await page.getByRole('link', { name: 'Load again' }).click();
      await expect(page.getByRole('heading', { name: 'Customers', exact: true })).toBeVisible();
      await expect(page.getByText('could not be loaded')).toHaveCount(0);
      await context.close();
    });
  }
});
