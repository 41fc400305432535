import type { User } from '../src/api/schema';
import { complaintsOf, expect, test, violations } from './fixtures';

const PASSWORD = 'copper meadow violin 19';

test('a token is made, shown once, used, and revoked', async ({ page, playwright, server }, info) => {
  const name = `Nightly ${info.workerIndex}-${info.repeatEachIndex}`;
  await page.goto('/overview');
  await page.getByRole('button', { name: /account of/u }).click();
  await page.getByRole('menuitem', { name: 'Your account' }).click();
  await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
  await page.getByRole('button', { name: 'Make a token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make a token' });
  await dialog.getByRole('button', { name: 'Make token' }).click();
  await expect(dialog.getByRole('alert')).toContainText('This is needed.');
  await dialog.getByLabel('What it is for').fill(name);
  await dialog.getByLabel('See people').uncheck();
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const shown = page.getByRole('alertdialog', { name: 'Your new token' });
  const secret = await shown.getByRole('region', { name: 'Token', exact: true }).getByRole('code').textContent();
  expect(secret).toMatch(/^tnt_/u);
  expect(await violations(page)).toEqual([]);

  const program = await playwright.request.newContext({
    baseURL: server.url,
    storageState: { cookies: [], origins: [] },
    extraHTTPHeaders: { Authorization: `Bearer ${secret!}` },
  });
  expect((await program.get('/api/v1/customers')).status()).toBe(200);
  expect((await program.get('/api/v1/users')).status()).toBe(403);
  await shown.getByRole('button', { name: 'Done' }).click();
  await page.reload();
  const row = page.getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('just now');
  await expect(page.getByText(secret!)).toHaveCount(0);
  await row.getByText(/things/u).click();
  await expect(row.getByText('See pass keys')).toBeVisible();
  await row.getByRole('button', { name: `Revoke ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke token' }).click();
  await expect(row).toHaveCount(0);
  expect((await program.get('/api/v1/customers')).status()).toBe(401);
  await program.dispose();
});

test('sessions are seen and ended, and a person below is signed out and deactivated', async ({
  page,
  backend,
  browser,
  server,
}, info) => {
  const number = `${info.workerIndex}${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Sessions ${number}`);
  const email = `ona${number}@signed.example`;
  await backend.post('/users', {
    customer_id: reseller.id,
    email,
    name: 'Ona Kask',
    role: 'manager',
    password: PASSWORD,
  });
  const signIn = async () => {
    const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
    const hers = await context.newPage();
    await hers.goto('/sign-in');
    await hers.getByLabel('Email or username').fill(email);
    await hers.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await hers.getByRole('button', { name: 'Sign in' }).click();
    await expect(hers.getByRole('heading', { name: reseller.company_name, exact: true })).toBeVisible();
    return { context, hers };
  };
  const [here, elsewhere] = [await signIn(), await signIn()];
  const complaints = complaintsOf(here.hers);
  await here.hers.goto('/account');
  const sessions = here.hers.getByRole('region', { name: 'Sessions' });
  await expect(sessions.getByRole('row').filter({ hasText: 'This one' })).toContainText('on Linux');
  await sessions.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(sessions.getByRole('button', { name: 'Sign out everywhere else' })).toHaveCount(0);
  await elsewhere.hers.reload();
  await expect(elsewhere.hers).toHaveURL(/\/sign-in/u);
  expect(complaints).toEqual([]);

  await page.goto(`/people?under=${reseller.id}`);
  await page.getByRole('button', { name: 'Access of Ona Kask' }).click();
  const dialog = page.getByRole('dialog', { name: 'Access of Ona Kask' });
  await dialog.getByRole('button', { name: /^Sign out: /u }).click();
  await expect(dialog.getByText('Not signed in anywhere')).toBeVisible();
  await here.hers.reload();
  await expect(here.hers).toHaveURL(/\/sign-in/u);
  await dialog.getByRole('button', { name: 'Deactivate' }).click();
  await expect(dialog.getByRole('button', { name: 'Activate' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Ona Kask' })).toContainText('Not active');
  await here.hers.getByLabel('Email or username').fill(email);
  await here.hers.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await here.hers.getByRole('button', { name: 'Sign in' }).click();
  await expect(here.hers.getByRole('alert')).toHaveText('The login or the password is wrong.');
  await here.context.close();
  await elsewhere.context.close();
});

test('the form for a person offers the roles that one may give, each with what it may', async ({
  page,
  backend,
}, info) => {
  const reseller = await backend.reseller(`Roles ${info.workerIndex}-${info.repeatEachIndex}`);
  await page.goto(`/people?under=${reseller.id}&add=yes`);
  const dialog = page.getByRole('dialog');
  const roles = dialog.getByRole('group', { name: 'Role' });
  await expect(roles.getByRole('radio')).toHaveCount(8);
  await expect(roles.getByText('Super user')).toHaveCount(0);
  await expect(roles.getByText('May see customers and what they used.')).toBeVisible();
  // Who reads answers for no keys.
  await expect(dialog.getByLabel('Key officer')).toHaveCount(0);
  await roles.getByRole('radio', { name: /^Manager/u }).check();
  await dialog.getByLabel('Key officer').check();
  await dialog.getByLabel('Name').fill('Kei Abe');
  await dialog.getByLabel('Email').fill(`kei${info.workerIndex}${info.repeatEachIndex}@roles.example`);
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Done' }).click();
  await expect(
    page.getByRole('row').filter({ hasText: 'Kei Abe' }).getByRole('img', { name: 'Key officer' }),
  ).toBeVisible();
  const { items } = await backend.get<{ items: User[] }>(`/users?under=${reseller.id}`);
  expect(items[0]).toMatchObject({ role: 'manager', is_key_officer: true });
});
