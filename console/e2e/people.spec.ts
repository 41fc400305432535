import type { User } from '../src/api/schema';
import { complaintsOf, expect, test } from './fixtures';

const PASSWORD = 'copper meadow violin 19';

test('a person is added, signs in, is edited and removed', async ({ page, backend, browser, server }, info) => {
  const reseller = await backend.reseller(`Staffed ${info.workerIndex}-${info.repeatEachIndex}`);
  const email = `lea${info.workerIndex}${info.repeatEachIndex}@staffed.example`;
  await page.goto(`/people?under=${reseller.id}`);
  await expect(page.getByRole('heading', { name: 'No people yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Add person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await expect(dialog.getByRole('alert')).toContainText('2 fields need a change');
  await dialog.getByLabel('Name').fill('Lea Moreau');
  await dialog.getByLabel('Email').fill(email);
  await dialog.getByRole('radio', { name: /Supporter/u }).check();
  await dialog.getByRole('radio', { name: 'With a password that is set now' }).check();
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Password: This is needed.');
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByLabel('Password again').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Add person' }).click();
  const row = page.getByRole('row').filter({ hasText: 'Lea Moreau' });
  await expect(row).toContainText('Supporter');

  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  const hers = await context.newPage();
  const complaints = complaintsOf(hers);
  await hers.goto('/sign-in');
  await hers.getByLabel('Email or username').fill(email);
  await hers.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await hers.getByRole('button', { name: 'Sign in' }).click();
  await expect(hers.getByRole('heading', { name: reseller.company_name })).toBeVisible();
  // She reads: nothing that changes anything is offered, and rows cannot be selected.
  await expect(hers.getByRole('link', { name: 'Add customer' })).toHaveCount(0);
  await expect(hers.getByRole('checkbox')).toHaveCount(0);
  await hers.getByRole('link', { name: 'People', exact: true }).click();
  await expect(hers.getByRole('row').filter({ hasText: 'Lea Moreau' })).toBeVisible();
  await expect(hers.getByRole('button', { name: 'Add person' })).toHaveCount(0);
  await expect(hers.getByRole('button', { name: /^Edit/u })).toHaveCount(0);
  for (const path of ['/customers/new', `/customers/${reseller.id}/edit`]) {
    await hers.goto(path);
    await expect(hers.getByRole('heading', { name: 'This is not for your role' })).toBeVisible();
    await expect(hers.getByRole('form')).toHaveCount(0);
  }
  await hers.getByRole('button', { name: /account of/u }).click();
  await hers.getByRole('menuitem', { name: 'Change password…' }).click();
  const own = hers.getByRole('dialog', { name: 'Change your password' });
  await own.getByLabel('Present password').fill('not it at all');
  await own.getByLabel('Password', { exact: true }).fill('amber lantern quarry 77');
  await own.getByLabel('Password again').fill('amber lantern quarry 77');
  await own.getByRole('button', { name: 'Change password' }).click();
  await expect(own.getByRole('alert')).toBeVisible();
  await own.getByLabel('Present password').fill(PASSWORD);
  await own.getByRole('button', { name: 'Change password' }).click();
  await expect(hers.getByText('Password changed')).toBeVisible();
  expect(complaints).toEqual([]);

  await row.getByRole('button', { name: 'Edit Lea Moreau' }).click();
  await dialog.getByLabel('Name').fill('Lea Moreau-Diaz');
  const { items } = await backend.get<{ items: User[] }>(`/users?under=${reseller.id}`);
  await backend.patch(`/users/${items[0]!.id}`, items[0]!.version, { email: `moreau-${email}` });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Somebody else has changed this account in the meantime.');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(row).toContainText(`moreau-${email}`);
  await row.getByRole('button', { name: 'Edit Lea Moreau' }).click();
  await dialog.getByLabel('Name').fill('Lea Moreau-Diaz');
  await dialog.getByRole('radio', { name: /Manager/u }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Lea Moreau-Diaz' })).toContainText('Manager');
  await page.getByRole('button', { name: 'Remove Lea Moreau-Diaz' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove Lea Moreau-Diaz' }).click();
  await expect(page.getByRole('heading', { name: 'No people yet' })).toBeVisible();
  await context.close();
});

test('a person is invited, and sets a password with the link, once', async ({
  page,
  backend,
  browser,
  server,
}, info) => {
  const reseller = await backend.reseller(`Inviting ${info.workerIndex}-${info.repeatEachIndex}`);
  const email = `kim${info.workerIndex}${info.repeatEachIndex}@inviting.example`;
  await page.goto(`/customers/${reseller.id}?tab=people`);
  await page.getByRole('button', { name: 'Add person' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Kim Sato');
  await page.getByLabel('Email').fill(email);
  await page.getByRole('dialog').getByRole('button', { name: 'Add person' }).click();
  const shown = page.getByRole('alertdialog', { name: 'Invitation for Kim Sato' });
  const first = await shown.getByRole('region', { name: 'Invitation link' }).getByRole('code').textContent();
  expect(page.url()).not.toContain('token');
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Kim Sato' })).toContainText('No password yet');
  await page.getByRole('button', { name: 'Invite Kim Sato' }).click();
  await page.getByRole('button', { name: 'Make the link' }).click();
  const link = await shown.getByRole('region', { name: 'Invitation link' }).getByRole('code').textContent();
  expect(link).not.toBe(first);

  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  const hers = await context.newPage();
  const complaints = complaintsOf(hers);
  const open = async (address: string | null) => {
    await hers.goto('/sign-in');
    await hers.goto(`/invitation${new URL(address!).hash}`);
    await hers.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await hers.getByLabel('Password again').fill(PASSWORD);
    await hers.getByRole('button', { name: 'Set the password' }).click();
  };
  // An earlier one, and one that is nobody's.
  for (const wrong of [first, link!.replace(/.{6}$/u, 'aaaaaa')]) {
    await open(wrong);
    await expect(hers.getByRole('alert')).toContainText('This invitation is not valid, was used, or has run out.');
  }
  await open(link);
  await hers.getByRole('link', { name: 'Sign in' }).click();
  await hers.getByLabel('Email or username').fill(email);
  await hers.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await hers.getByRole('button', { name: 'Sign in' }).click();
  await expect(hers.getByRole('heading', { name: 'Customers', exact: true })).toBeVisible();
  await open(link);
  await expect(hers.getByRole('alert')).toContainText('This invitation is not valid, was used, or has run out.');
  expect(complaints).toEqual([]);
  await context.close();
});

test('the first administrator of a new customer is invited with it', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`First ${info.workerIndex}-${info.repeatEachIndex}`);
  await page.goto(`/customers/new?parent=${reseller.id}`);
  await page.getByLabel('Company name').fill('Invited Ltd');
  await page.getByRole('combobox', { name: 'Country' }).fill('Germ');
  await page.getByRole('option', { name: 'Germany' }).click();
  await page.getByLabel('Invite its first administrator').check();
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('alert')).toContainText('The invitation needs an address.');
  await page.getByLabel('Email').fill(`first${info.workerIndex}${info.repeatEachIndex}@invited.example`);
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByRole('heading', { name: 'Invited Ltd was added' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Invitation link' })).toContainText('/invitation#token=');
  await expect(page.getByText('1 person so far.')).toBeVisible();
  await page.reload();
  await expect(page.getByText('1 person so far.')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Invitation link' })).toHaveCount(0);
});
