import type { Locator, Page } from '@playwright/test';
import { codeOf } from './codes';
import { ADMINISTRATOR, complaintsOf, expect, test, violations, type Backend } from './fixtures';
import { startServer } from './server';

const PASSWORD = ADMINISTRATOR.password;

test.use({ asAdministrator: false });

/** Somebody at a customer of their own. */
async function person(backend: Backend, name: string, setting?: string): Promise<string> {
  const reseller = await backend.reseller(`${name} IT`);
  const email = `${name.toLowerCase()}@factors.example`;
  await backend.post('/users', { customer_id: reseller.id, email, name, role: 'administrator', password: PASSWORD });
  if (setting) await backend.put(`/customers/${reseller.id}/settings/two_factor`, { value: setting });
  return email;
}

async function signIn(page: Page, login: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email or username').fill(login);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /account of/u }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/u);
}

/** The text of what is shown to be copied. */
async function shown(within: Page | Locator, label: string): Promise<string> {
  return (await within.getByRole('region', { name: label }).locator('code').textContent()) ?? '';
}

/** Reads the key and confirms it by a code of the step before, so that the present one is left. */
async function confirmApp(within: Page | Locator): Promise<string> {
  await expect(within.getByRole('img', { name: /QR code/u })).toBeVisible();
  await within.getByRole('button', { name: 'Type the key instead' }).click();
  const secret = await shown(within, 'Key for typing');
  await within.getByLabel('Code from your app').fill(await codeOf(secret, -1));
  await within.getByRole('button', { name: 'Confirm' }).click();
  return secret;
}

test('an app is set up, asked for, and stood in for by a recovery code', async ({ page, backend }) => {
  const email = await person(backend, 'Amber');
  await signIn(page, email);
  await page.getByRole('button', { name: /account of/u }).click();
  await page.getByRole('menuitem', { name: 'Your account' }).click();
  await expect(page.getByRole('heading', { name: 'Your account' })).toBeVisible();
  await expect(page.getByText('Your password alone signs you in.', { exact: false })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Add an authenticator app…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add an authenticator app' });
  await dialog.getByLabel('Code from your app').fill('12');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Is not what the app shows now.');
  expect(await violations(page)).toEqual([]);
  const secret = await confirmApp(dialog);
  const codes = page.getByRole('alertdialog', { name: 'Recovery codes' });
  const recovery = (await shown(codes, 'Recovery codes')).split('\n');
  expect(recovery).toHaveLength(10);
  expect(await violations(page)).toEqual([]);
  await codes.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByRole('listitem', { name: 'Authenticator app' })).toContainText('Codes from an app');
  await expect(page.getByText('10 recovery codes left')).toBeVisible();

  // A wrong code, the right one, and that one again.
  await signOut(page);
  await signIn(page, email);
  const field = page.getByLabel('Code from your app');
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('autocomplete', 'one-time-code');
  expect(await violations(page)).toEqual([]);
  await field.fill('000 000');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('The code is not what the app shows now.');
  const code = await codeOf(secret);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((text) => navigator.clipboard.writeText(text), `${code.slice(0, 3)} ${code.slice(3)}`);
  await field.fill('');
  await field.focus();
  await page.keyboard.press('Control+V');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/overview$/u);
  await signOut(page);
  await signIn(page, email);
  await field.fill(code);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('This code was used before.');
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recovery[0]!);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/overview$/u);
  await page.goto('/account');
  await expect(page.getByText('9 recovery codes left')).toBeVisible();
  await page.getByRole('button', { name: 'Remove Authenticator app' }).click();
  // As if ten minutes had passed since the sign-in.
  const refusal = { code: 'proof_required', status: 403, title: 'a', detail: 'b', type: 'c', request_id: 'd' };
  await page.route('**/me/factors/*', (route) => route.fulfill({ status: 403, json: refusal }), { times: 1 });
  await page.getByRole('button', { name: 'Remove it' }).click();
  const proof = page.getByRole('dialog', { name: 'Is it you?' });
  await expect(proof.getByLabel('Code from your app')).toBeFocused();
  await proof.getByLabel('Code from your app').fill(code);
  await proof.getByRole('button', { name: 'Go on' }).click();
  await expect(proof.getByRole('alert')).toContainText('This is not it, or it was used before.');
  expect(await violations(page)).toEqual([]);
  await proof.getByRole('button', { name: 'Use a recovery code' }).click();
  await proof.getByLabel('Recovery code').fill(recovery[1]!);
  await proof.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('button', { name: 'Add an authenticator app…' })).toBeVisible();
});

test('where a second factor is required it is set up before anything else', async ({ page, backend }) => {
  const email = await person(backend, 'Basil', 'required');
  await signIn(page, email);
  await expect(page.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Use an authenticator app' }).click();
  await confirmApp(page);
  await expect(page.getByRole('status').filter({ hasText: 'You are signed in.' })).toBeVisible();
  expect((await shown(page, 'Recovery codes')).split('\n')).toHaveLength(10);
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page).toHaveURL(/\/overview$/u);
  await page.goto('/account');
  await page.getByRole('button', { name: 'Remove Authenticator app' }).click();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await expect(page.getByRole('alert')).toContainText('Nobody goes without a second factor here.');

  // Without one nothing else opens, whatever is asked for.
  const other = await person(backend, 'Cedar', 'required');
  await signOut(page);
  await signIn(page, other);
  await page.goto('/customers');
  await expect(page).toHaveURL(/\/sign-in\?to=/u);
});

test('people tell who has one, and a lost one is taken away', async ({ page, backend, browser, server }) => {
  const email = await person(backend, 'Dahlia', 'required');
  await signIn(page, email);
  await page.getByRole('button', { name: 'Use an authenticator app' }).click();
  await confirmApp(page);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const admin = await context.newPage();
  await admin.setViewportSize({ width: 1600, height: 900 });
  const complaints = complaintsOf(admin);
  await admin.goto('/people?filter=has_second_factor%20%3D%3D%20true&q=dahlia');
  const row = admin.getByRole('row').filter({ hasText: 'Dahlia' });
  await expect(row).toContainText('Yes');
  await row.getByRole('button', { name: 'Access of Dahlia' }).click();
  const access = admin.getByRole('dialog', { name: 'Access of Dahlia' });
  await access.getByRole('button', { name: 'Take the second factors away…' }).click();
  await admin.getByRole('button', { name: 'Take them away' }).click();
  await expect(access.getByRole('button', { name: 'Take the second factors away…' })).toHaveCount(0);
  await access.getByRole('button', { name: 'Done' }).click();
  await expect(row).toHaveCount(0);
  expect(complaints).toEqual([]);
  await context.close();
  await page.goto('/customers');
  await expect(page).toHaveURL(/\/sign-in\?to=/u);
});

test('whoever is signed in when it becomes required is reminded', async ({ page, backend }) => {
  const reseller = await backend.reseller('Fern IT');
  const email = 'fern@factors.example';
  const account = { customer_id: reseller.id, email, name: 'Fern', role: 'supporter', password: PASSWORD };
  await backend.post('/users', account);
  await signIn(page, email);
  await expect(page).toHaveURL(/\/overview$/u);
  await backend.put(`/customers/${reseller.id}/settings/two_factor`, { value: 'required' });
  await page.reload();
  await expect(page.getByText('From your next sign-in on you need a second factor.')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('link', { name: 'Set it up' }).click();
  await expect(page.getByText('A second factor is required here.', { exact: false })).toBeVisible();
  await page.getByRole('button', { name: 'Add an authenticator app…' }).click();
  const secret = await confirmApp(page.getByRole('dialog', { name: 'Add an authenticator app' }));
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.goto('/devices');
  await expect(page.getByRole('heading', { name: 'Devices', exact: true })).toBeVisible();
  await expect(page.getByText('From your next sign-in on', { exact: false })).toHaveCount(0);

  // A session that ends amidst something is begun anew in both halves, and what was typed stays.
  await page.getByRole('button', { name: /account of/u }).click();
  await page.getByRole('menuitem', { name: 'Change password…' }).click();
  await page.getByLabel('Present password').fill(PASSWORD);
  await page.getByLabel('Password', { exact: true }).fill('short words');
  await page.context().clearCookies();
  await page.getByLabel('Password', { exact: true }).fill('copper lantern meadow 77');
  await page.getByLabel('Password again').fill('copper lantern meadow 77');
  await page.getByRole('button', { name: 'Change password', exact: true }).click();
  const ended = page.getByRole('alertdialog', { name: 'Your session has ended' });
  await ended.getByLabel(`Password of ${email}`).fill(PASSWORD);
  await ended.getByRole('button', { name: 'Sign in' }).click();
  await expect(ended.getByLabel('Code from your app')).toBeFocused();
  expect(await violations(page)).toEqual([]);
  await ended.getByLabel('Code from your app').fill(await codeOf(secret));
  await ended.getByRole('button', { name: 'Sign in' }).click();
  await expect(ended).toHaveCount(0);
  await page.getByRole('button', { name: 'Change password', exact: true }).click();
  await expect(page.getByText('Password changed')).toBeVisible();
});

test('the setting says what holds below', async ({ browser, backend, server }) => {
  const reseller = await backend.reseller('Elm IT');
  const below = await backend.endCustomer(reseller, 'Elm Bakery');
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  const setting = page.getByRole('listitem', { name: 'Second factor' });
  await expect(setting).toContainText('On');
  await setting.getByRole('button', { name: /Second factor/u }).click();
  const dialog = page.getByRole('dialog', { name: 'Second factor at Elm IT' });
  await dialog.getByRole('radio', { name: /Required/u }).check();
  await expect(dialog).toContainText(/2\s*customers and sites get another value/u);
  await dialog.getByRole('button', { name: 'Set' }).click();
  await expect(setting).toContainText('Required');
  await page.goto(`/customers/${below.id}?tab=settings`);
  await expect(setting).toContainText('From Elm IT');
  await expect(setting).toContainText('Locked');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('a passkey is added, signs in and is removed', async ({ browser }) => {
  const server = await startServer({ setUp: true, named: true });
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await signIn(page, ADMINISTRATOR.login);
  await expect(page).toHaveURL(/\/overview$/u);
  await page.goto('/account');
  await page.getByRole('button', { name: 'Add a passkey…' }).click();
  await page.getByLabel('Name', { exact: true }).fill('My laptop');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByRole('listitem', { name: 'My laptop' })).toContainText('Passkey');
  await page.getByRole('button', { name: 'Rename My laptop' }).click();
  await page.getByLabel('Name', { exact: true }).fill('The laptop');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('listitem', { name: 'The laptop' })).toBeVisible();
  expect(await violations(page)).toEqual([]);

  await signOut(page);
  await signIn(page, ADMINISTRATOR.login);
  await expect(page.getByRole('button', { name: 'Use a recovery code' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page).toHaveURL(/\/overview$/u);
  await page.goto('/account');
  await expect(page.getByRole('listitem', { name: 'The laptop' })).toContainText('last used');
  await page.getByRole('button', { name: 'Remove The laptop' }).click();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await expect(page.getByText('Your password alone signs you in.', { exact: false })).toBeVisible();
  expect(complaints).toEqual([]);
  await context.close();
  await server.stop();
});
