import type { Page } from '@playwright/test';
import type { Customer, View } from '../src/api/schema';
import { expect, rowOf, test, violations } from './fixtures';

const PASSWORD = 'violet harbour siphon 42';
let reseller: Customer;
let login: string;

// They share the views of one account.
test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ backend }, info) => {
  reseller = await backend.reseller(`Viewed ${info.workerIndex}`);
  await backend.endCustomer(reseller, 'Amber Optics');
  await backend.endCustomer(reseller, 'Birch Optics', { country: 'FR' });
  login = `boss${info.workerIndex}@viewed.example`;
  await backend.post('/users', {
    customer_id: reseller.id,
    email: login,
    name: 'Boss',
    role: 'administrator',
    password: PASSWORD,
  });
});

const tab = (page: Page, name: string | RegExp) =>
  page.getByRole('navigation', { name: /Levels|Views/u }).getByRole('button', { name });
const parameters = (page: Page) => new URL(page.url()).searchParams;

async function choose(page: Page, item: string | RegExp) {
  await page.getByRole('button', { name: 'Saved views' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function open(page: Page, path: string) {
  await page.goto(path);
  await expect(page.getByRole('row').nth(1)).toBeVisible();
}

test('what a list shows is saved by keyboard, found again at its address, and changed calmly', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}&filter=country%20%3D%3D%20FR&sort=-created_at`);
  await page.getByRole('button', { name: 'Saved views' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Save as a view' });
  await expect(dialog).toBeVisible();
  await page.keyboard.type('French ones');
  await page.keyboard.press('Enter');
  await expect(tab(page, 'French ones')).toHaveAttribute('aria-current', 'page');
  await expect(dialog).toHaveCount(0);
  const id = parameters(page).get('view');
  expect(id).toMatch(/^vie_/u);
  expect([...parameters(page).keys()].toSorted()).toEqual(['under', 'view']);

  // The link alone shows the same to the same person elsewhere.
  await open(page, `/customers?view=${id}`);
  await expect(rowOf(page, 'Birch Optics')).toBeVisible();
  await expect(rowOf(page, 'Amber Optics')).toHaveCount(0);
  await expect(page.getByText('modified')).toHaveCount(0);

  // Something else is told, can be taken back, or kept.
  await page.getByRole('button', { name: 'Customer', exact: true }).click();
  await expect(tab(page, /French ones.*modified/u)).toBeVisible();
  expect(parameters(page).get('changed')).toBe('yes');
  await page.reload();
  await expect(tab(page, /French ones.*modified/u)).toBeVisible();
  await expect(rowOf(page, 'Birch Optics')).toBeVisible();
  await choose(page, 'Back to French ones as it was saved');
  await expect(page.getByText('modified')).toHaveCount(0);
  await page.getByRole('button', { name: 'Customer', exact: true }).click();
  await choose(page, 'Let French ones show this');
  await expect(page.getByText('French ones shows this from now on')).toBeVisible();
  await expect(page.getByText('modified')).toHaveCount(0);
  expect(parameters(page).get('changed')).toBeNull();
  expect(await violations(page)).toEqual([]);
});

test('a list opens with the view that was chosen, and without it on request', async ({ page }) => {
  await open(page, '/customers');
  await tab(page, 'French ones').click();
  await choose(page, 'Open the list with it');
  await expect(page.getByText('This list opens with French ones')).toBeVisible();
  await open(page, '/customers');
  await expect(tab(page, 'French ones')).toHaveAttribute('aria-current', 'page');
  await expect(rowOf(page, 'Amber Optics')).toHaveCount(0);
  await tab(page, 'All but sites').click();
  await expect(rowOf(page, 'Amber Optics').first()).toBeVisible();
  await page.reload();
  await expect(tab(page, 'All but sites')).toHaveAttribute('aria-current', 'page');
});

test('deleting can be undone', async ({ page }) => {
  await open(page, '/customers');
  await expect(tab(page, 'French ones')).toHaveAttribute('aria-current', 'page');
  const id = parameters(page).get('view');
  await choose(page, 'Delete French ones');
  await expect(tab(page, 'French ones')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('French ones is back')).toBeVisible();
  await expect(tab(page, 'French ones')).toBeVisible();
  await open(page, '/customers');
  await expect(tab(page, 'French ones')).toHaveAttribute('aria-current', 'page');
  // The same one: links to it are none the worse.
  expect(parameters(page).get('view')).toBe(id);
  await choose(page, 'Delete French ones');
  await expect(tab(page, 'French ones')).toHaveCount(0);
});

test.describe('below', () => {
  test.use({ asAdministrator: false });

  test('a shared view is seen by those below, who cannot change it', async ({ page, backend }, info) => {
    const name = `Late ${info.workerIndex}`;
    const content = { filter: 'level == end_customer', sort: '-created_at' };
    const view = await backend.post<View>('/views', {
      noun: 'devices',
      name: `${name} d`,
      is_shared: true,
      content: {},
    });
    await backend.post('/views', { noun: 'customers', name, is_shared: true, content });
    await page.goto('/sign-in');
    await page.getByLabel('Email or username').fill(login);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('navigation', { name: 'Pages' })).toBeAttached();
    await open(page, '/customers');
    await tab(page, new RegExp(`^${name} ?, shared from above`, 'u')).click();
    await expect(rowOf(page, 'Birch Optics')).toBeVisible();
    await expect(rowOf(page, `Viewed ${info.workerIndex}`)).toHaveCount(0);
    await page.getByRole('button', { name: 'Saved views' }).click();
    const rename = page.getByRole('menuitem', { name: 'Rename or share…' });
    await expect(rename).toHaveAttribute('aria-disabled', 'true');
    await expect(rename).toContainText('shared from above');
    await page.keyboard.press('Escape');
    // What is shared above meanwhile appears by itself.
    await backend.post('/views', { noun: 'customers', name: `${name} now`, is_shared: true, content });
    await expect(tab(page, new RegExp(`^${name} now ?, shared from above`, 'u'))).toBeVisible();
    // A list without tabs of its own has them where there are views.
    await page.goto(`/devices?view=${view.id}`);
    await expect(tab(page, new RegExp(`^${name} d ?, shared from above`, 'u'))).toHaveAttribute('aria-current', 'page');
  });
});

test('managed accounts can be left to those with a product managed here, and the list says so', async ({
  page,
  backend,
}) => {
  const there = await backend.reseller('Sifted IT');
  const managed = await backend.endCustomer(there, 'Cedar Law', { kind: 'managed' });
  await backend.endCustomer(there, 'Dune Law', { kind: 'self_managed' });
  await open(page, `/customers?under=${there.id}`);
  await expect(rowOf(page, 'Cedar Law')).toBeVisible();
  await page.getByRole('button', { name: 'View', exact: true }).click();
  const choice = page.getByLabel('Managed accounts');
  await choice.selectOption('With a product managed here');
  await page.keyboard.press('Escape');
  await expect(rowOf(page, 'Cedar Law')).toHaveCount(0);
  await expect(rowOf(page, 'Dune Law')).toBeVisible();
  await expect(page.getByText('Managed accounts only with a product managed here.')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  // It is the person's, not the page's.
  await page.reload();
  await expect(rowOf(page, 'Dune Law')).toBeVisible();
  await expect(rowOf(page, 'Cedar Law')).toHaveCount(0);
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(rowOf(page, managed.company_name)).toBeVisible();
  await expect(page.getByText('Managed accounts only')).toHaveCount(0);

  // Any column is an order, also one that isn't shown.
  await page.getByRole('button', { name: 'View', exact: true }).click();
  await page.getByLabel('Sort by').selectOption('Kind');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('row').filter({ hasText: 'Law' })).toHaveText([/Cedar Law/u, /Dune Law/u]);
  expect(parameters(page).get('sort')).toBe('kind');
});
