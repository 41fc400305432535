import type { Page } from '@playwright/test';
import type { Customer, Device, Effective, SpaceState, User } from '../src/api/schema';
import { expect, test, type Backend } from './fixtures';

/** What can be taken back is taken back from the message that tells of it, unless somebody has changed it since. */

let unique = 0;

async function populated(backend: Backend, worker: number) {
  unique += 1;
  const reseller = await backend.reseller(`Undone ${worker}-${unique}`);
  const end = await backend.endCustomer(reseller, `Sole Ltd ${worker}-${unique}`, {
    sites: ['quay'],
    email: 'a@b.example',
  });
  return { reseller, end };
}

const dialogOf = (page: Page) => page.getByRole('dialog');
const undo = (page: Page) => page.getByRole('button', { name: 'Undo', exact: true }).first().click();
const menu = async (page: Page, name: string) => {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name }).click();
};

test('an edit, a move, web access, a setting and space of a customer', async ({ page, backend }, info) => {
  const { end } = await populated(backend, info.workerIndex);
  const other = await backend.reseller(`Elsewhere ${info.workerIndex}-${unique}`);
  const customer = () => backend.get<Customer>(`/customers/${end.id}`);

  await page.goto(`/customers/${end.id}/edit`);
  await page.getByLabel('Company name').fill('Renamed Ltd');
  await page.getByLabel('Email').fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'Renamed Ltd', level: 1 })).toBeVisible();
  await undo(page);
  await expect(page.getByRole('heading', { name: end.company_name, level: 1 })).toBeVisible();
  expect(await customer()).toMatchObject({ company_name: end.company_name, email: 'a@b.example' });

  await menu(page, 'Move…');
  await dialogOf(page).getByRole('combobox', { name: 'To' }).fill(other.company_name);
  await page.getByRole('option', { name: other.company_name }).click();
  await dialogOf(page)
    .getByRole('button', { name: `Move ${end.company_name}` })
    .click();
  await expect(page.locator('.detail-head')).toContainText(other.company_name);
  await undo(page);
  await expect(page.locator('.detail-head')).not.toContainText(other.company_name);

  await menu(page, 'Switch on web access…');
  await dialogOf(page).getByLabel('Username').fill(`sole_${info.workerIndex}_${unique}`);
  await dialogOf(page).getByLabel('Password', { exact: true }).fill('copper lantern meadow 77');
  await dialogOf(page).getByLabel('Password again').fill('copper lantern meadow 77');
  await dialogOf(page).getByRole('button', { name: 'Switch on' }).click();
  await expect.poll(async () => (await customer()).web_access).toBe(true);
  await undo(page);
  await expect.poll(async () => (await customer()).web_access).toBe(false);

  const space = page.getByRole('region', { name: 'Space', exact: true });
  await space.getByRole('button', { name: 'Allot space' }).click();
  await space.getByLabel('Allotted space').fill('1 TB');
  await space.getByRole('button', { name: 'Save' }).click();
  await expect(space).toContainText('1 TB');
  await undo(page);
  await expect(space.getByRole('button', { name: 'Allot space' })).toBeVisible();
  expect((await backend.get<SpaceState>(`/customers/${end.id}/space`)).allotted_bytes).toBeNull();

  await page.goto(`/customers/${end.id}?tab=settings`);
  const setting = page.getByRole('listitem', { name: 'Append-only backups' });
  await setting.getByRole('button', { name: /^Override/u }).click();
  await dialogOf(page).getByRole('radio', { name: 'On' }).check();
  await dialogOf(page).getByRole('button', { name: 'Set', exact: true }).click();
  await expect(setting).toContainText('On · Set here');
  await undo(page);
  await expect(setting).toContainText('Off · By default');
  const { settings } = await backend.get<Effective>(`/customers/${end.id}/effective`);
  expect(settings.find(({ name }) => name === 'append_only')?.own).toBeNull();
});

test('what was changed since is left alone, and that is said', async ({ page, backend }, info) => {
  const { end } = await populated(backend, info.workerIndex);
  await page.goto(`/customers/${end.id}/edit`);
  await page.getByLabel('Company name').fill('First Ltd');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'First Ltd', level: 1 })).toBeVisible();
  const now = await backend.get<Customer>(`/customers/${end.id}`);
  await backend.patch(`/customers/${end.id}`, now.version, { company_name: 'Second Ltd' });
  await undo(page);
  await expect(page.getByText('First Ltd stays as it is.')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Second Ltd', level: 1 })).toBeVisible();
});

test('a suspension, a name and a place of a device', async ({ page, backend }, info) => {
  const { end } = await populated(backend, info.workerIndex);
  const id = await backend.device(end, 'anvil');
  const device = () => backend.get<Device>(`/devices/${id}`);
  await page.goto(`/devices/${id}`);
  await page.getByRole('button', { name: 'Suspend' }).click();
  await dialogOf(page).getByLabel('Reason').fill('Lent to somebody');
  await dialogOf(page).getByRole('button', { name: 'Suspend anvil' }).click();
  await expect.poll(async () => (await device()).suspension?.reason).toBe('Lent to somebody');
  await undo(page);
  await expect(page.getByText('anvil is active again')).toBeVisible();
  expect((await device()).suspension).toBeNull();

  await page.getByRole('button', { name: 'Rename' }).click();
  await dialogOf(page).getByLabel('Name', { exact: true }).fill('hammer');
  await dialogOf(page).getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('heading', { name: 'hammer' })).toBeVisible();
  await undo(page);
  await expect(page.getByRole('heading', { name: 'anvil' })).toBeVisible();

  await menu(page, 'Move…');
  await expect(dialogOf(page).getByRole('combobox', { name: 'To' })).toBeFocused();
  await page.keyboard.type('quay');
  await page.getByRole('option', { name: new RegExp(`quay.*${end.company_name}`, 'u') }).click();
  await dialogOf(page).getByRole('button', { name: 'Move anvil' }).click();
  await expect.poll(async () => (await device()).customer_name).toBe('quay');
  await undo(page);
  await expect.poll(async () => (await device()).customer_id).toBe(end.id);
});

test('a role of a person', async ({ page, backend }, info) => {
  const { reseller } = await populated(backend, info.workerIndex);
  const person = { customer_id: reseller.id, email: `u${info.workerIndex}.${unique}@undone.example`, name: 'Una Doe' };
  const { id } = await backend.post<User>('/users', { ...person, role: 'supporter' });
  const user = () => backend.get<User>(`/users/${id}`);
  await page.goto(`/customers/${reseller.id}?tab=people`);
  const row = page.getByRole('row').filter({ hasText: person.email });
  await row.getByRole('button', { name: 'Edit Una Doe' }).click();
  await dialogOf(page)
    .getByRole('radio', { name: /Manager/u })
    .check();
  await dialogOf(page).getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('Manager');
  await undo(page);
  await expect(row).toContainText('Supporter');
  expect((await user()).role).toBe('supporter');
});
