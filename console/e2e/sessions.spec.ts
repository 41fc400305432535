import { ADMINISTRATOR, complaintsOf, expect, test, violations } from './fixtures';
import { startServer } from './server';

test.describe('signed out', () => {
  test.use({ asAdministrator: false });

  test('signing in leads to the page that was wanted', async ({ page }) => {
    await page.goto('/devices?q=files');
    await expect(page).toHaveURL(/\/sign-in\?to=/u);
    await page.getByLabel('Email or username').fill(ADMINISTRATOR.login.toUpperCase());
    await page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/devices\?q=files$/u);
    await expect(page.getByRole('heading', { name: 'Devices' })).toBeVisible();
  });

  test('a wrong password is told without saying which part was wrong', async ({ page }) => {
    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toContainText('2 fields need a change');
    await page.getByLabel('Email or username').fill('nobody@northwind.example');
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toHaveText('The login or the password is wrong.');
    await expect(page.getByRole('alert')).toBeFocused();
    await expect(page.getByLabel('Email or username')).toHaveValue('nobody@northwind.example');
    expect(await violations(page)).toEqual([]);
  });

  test('an address that leads away is not followed', async ({ page }) => {
    await page.goto('/sign-in?to=//evil.example/');
    await page.getByLabel('Email or username').fill(ADMINISTRATOR.login);
    await page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(/\/overview$/u);
  });
});

test('the setup link makes the first administrator', async ({ browser }) => {
  const server = await startServer({ setUp: false });
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  expect(server.setupLink).toBeDefined();

  await page.goto(server.url);
  await expect(page.getByRole('heading', { name: 'The setup link is needed' })).toBeVisible();
  await page.goto(server.setupLink!.replace(/^https?:\/\/[^/]+/u, server.url));
  await page.reload();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Provider’s name').fill('Harbour Backup');
  await page.getByLabel('Your email').fill('ana@harbour.example');
  await page.getByLabel('Password', { exact: true }).fill('passwordpassword');
  await page.getByLabel('Password again').fill('passwordpassword');
  await page.getByRole('button', { name: 'Set up and sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('too easy to guess');
  await page.getByLabel('Password', { exact: true }).fill('violet harbour siphon 42');
  await page.getByLabel('Password again').fill('violet harbour siphon 43');
  await page.getByRole('button', { name: 'Set up and sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('The two passwords differ.');
  await page.getByLabel('Password again').fill('violet harbour siphon 42');
  await page.getByRole('button', { name: 'Set up and sign in' }).click();
  await expect(page.getByRole('banner')).toContainText('Harbour Backup');
  await expect(page).toHaveURL(/\/overview$/u);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Harbour Backup has no customers yet' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.locator('.first-steps').getByRole('link', { name: 'Add customer' }).click();
  await expect(page.getByRole('combobox', { name: 'Under' })).toHaveValue('Default reseller');

  await page.goto(`${server.url}/setup`);
  await expect(page.getByRole('heading', { name: 'This installation is set up' })).toBeVisible();
  expect(complaints).toEqual([]);
  await context.close();
  await server.stop();
});

test('signing out ends the session, for other pages of the browser too', async ({ browser, server }) => {
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto('/customers');
  const other = await context.newPage();
  await other.goto('/customers');
  await expect(other.getByRole('heading', { name: 'Customers', exact: true })).toBeVisible();

  await page.getByRole('button', { name: /account of/u }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/u);
  await other.getByRole('link', { name: 'Devices', exact: true }).click();
  await expect(other).toHaveURL(/\/sign-in\?to=/u);
  expect(complaints).toEqual([]);
  await context.close();
});
