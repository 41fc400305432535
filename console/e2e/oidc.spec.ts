import type { Server as HttpServer } from 'node:http';
import { once } from 'node:events';
import { Provider } from 'oidc-provider';
import type { Page } from '@playwright/test';
import type { Customer } from '../src/api/schema';
import { ADMINISTRATOR, Backend, expect, test, violations } from './fixtures';
import { freePort, startServer } from './server';

/** A provider of identities that takes any login, which is the mail address at the same time. */
type Identities = { issuer: string; verified: boolean; stop: () => Promise<void> };

const SECRET = 'a secret between the two';

async function startIdentities(redirects: string[]): Promise<Identities> {
  const port = await freePort();
  const identities = { issuer: `http://127.0.0.1:${port}`, verified: true, stop: async () => undefined as void };
  const provider = new Provider(identities.issuer, {
    clients: [{ client_id: 'tenantry', client_secret: SECRET, redirect_uris: redirects }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['a key of this test'] },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: identities.verified }),
    }),
  });
  const listening: HttpServer = await new Promise((begun) => {
    const http: HttpServer = provider.listen(port, '127.0.0.1', () => begun(http));
  });
  identities.stop = async () => {
    listening.close();
    listening.closeAllConnections();
    await once(listening, 'close');
  };
  return identities;
}

/** At the provider: says who one is, and agrees. */
async function proveTo(page: Page, issuer: string, email: string): Promise<void> {
  await page.waitForURL(`${issuer}/**`);
  await page.locator('input[name=login]').fill(email);
  await page.locator('input[name=password]').fill('anything');
  await page.locator('button[type=submit]').click();
  await page.locator('button[type=submit]').click();
}

test('another provider signs people in who have an account', async ({ browser, playwright }) => {
  const server = await startServer({ setUp: true, environment: { TENANTRY__SIGN_IN__LOCAL_ISSUERS: 'true' } });
  const request = await playwright.request.newContext({ baseURL: server.url });
  await request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const backend = new Backend(request);
  const provider: Customer = await backend.provider();
  const reseller = await backend.reseller('Harbour IT');
  const backOf = async ({ id }: Customer) =>
    (await backend.get<{ redirect_uri: string }>(`/customers/${id}/sign_in_provider`)).redirect_uri;
  const redirects = [await backOf(provider), await backOf(reseller)];
  expect(redirects[0]).not.toBe(redirects[1]);
  const identities = await startIdentities(redirects);
  const context = await browser.newContext({ baseURL: server.url });
  const page = await context.newPage();

  // Set up in the console.
  await page.goto('/sign-in');
  await page.getByLabel('Email or username').fill(ADMINISTRATOR.login);
  await page.getByLabel('Password', { exact: true }).fill(ADMINISTRATOR.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/overview$/u);
  await page.goto(`/customers/${provider.id}?tab=settings`);
  const card = page.getByRole('region', { name: 'Sign-in by another provider' });
  await card.getByRole('button', { name: 'Set up…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign-in by another provider' });
  await dialog.getByLabel('Name', { exact: true }).fill('Northwind');
  await dialog.getByLabel('Issuer').fill('http://login.example.com');
  await dialog.getByLabel('Client ID').fill('tenantry');
  await dialog.getByLabel('Client secret').fill(SECRET);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Must begin with https://');
  expect(await violations(page)).toEqual([]);
  await dialog.getByLabel('Issuer').fill(identities.issuer);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(card).toContainText(identities.issuer);
  expect(await violations(page)).toEqual([]);

  // The provider's own people find it on the sign-in page.
  await context.clearCookies();
  await page.goto('/sign-in');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Sign in with Northwind' }).click();
  await proveTo(page, identities.issuer, ADMINISTRATOR.login.toUpperCase());
  await expect(page).toHaveURL(/\/overview$/u);

  // Nobody with that address, and an address that the provider doesn't vouch for.
  for (const [email, verified, said] of [
    ['stranger@northwind.example', true, 'Nobody at your organisation has an account here'],
    [ADMINISTRATOR.login, false, 'does not vouch for your mail address'],
  ] as const) {
    identities.verified = verified;
    await context.clearCookies();
    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign in with Northwind' }).click();
    await proveTo(page, identities.issuer, email);
    await expect(page.getByRole('alert')).toContainText(said);
    expect(await violations(page)).toEqual([]);
  }
  identities.verified = true;

  // What another browser has begun, or nobody, leads nowhere.
  await page.goto(`${redirects[0]}?code=guessed&state=guessed`);
  await expect(page.getByRole('alert')).toContainText('begun in another browser');
  await page.goto(`${redirects[0]}?error=access_denied&state=a`);
  await expect(page.getByRole('alert')).toContainText('has refused, or you have cancelled it');

  // A customer's provider vouches for nobody above it, and a second factor is asked for as ever.
  await backend.put(`/customers/${reseller.id}/sign_in_provider`, {
    enabled: true,
    name: 'Harbour',
    issuer: identities.issuer,
    client_id: 'tenantry',
    client_secret: SECRET,
  });
  await backend.put(`/customers/${reseller.id}/settings/two_factor`, { value: 'required' });
  await backend.post('/users', {
    customer_id: reseller.id,
    email: 'jo@harbour.example',
    name: 'Jo',
    role: 'supporter',
  });
  const set = await backend.get<{ id: string; sign_in_url: string }>(`/customers/${reseller.id}/sign_in_provider`);
  expect(JSON.stringify(set)).not.toContain(SECRET);
  await context.clearCookies();
  await page.goto(set.sign_in_url);
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Sign in with your organisation' }).click();
  await proveTo(page, identities.issuer, ADMINISTRATOR.login);
  await expect(page.getByRole('alert')).toContainText('Nobody at your organisation has an account here');
  await context.clearCookies();
  await page.goto(set.sign_in_url);
  await page.getByRole('button', { name: 'Sign in with your organisation' }).click();
  await proveTo(page, identities.issuer, 'jo@harbour.example');
  await expect(page.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible();

  // What one provider has said doesn't go to another, whoever has led the browser there.
  await context.clearCookies();
  const begun = await page.request.post('/api/v1/sessions/foreign/begin', { data: { provider_id: set.id } });
  const astray = new URL(((await begun.json()) as { url: string }).url);
  astray.searchParams.set('redirect_uri', redirects[0]!);
  await page.goto(astray.href);
  await proveTo(page, identities.issuer, 'jo@harbour.example');
  await expect(page.getByRole('alert')).toContainText('said by another provider');

  // One that is away says so, and the page stays.
  await identities.stop();
  await page.goto(set.sign_in_url);
  await page.getByRole('button', { name: 'Sign in with your organisation' }).click();
  await expect(page.getByRole('alert')).toContainText('cannot be reached, or is not set up rightly');
  await context.close();
  await request.dispose();
  await server.stop();
});
