import type { Template } from '../src/api/schema';
import { expect, test, violations } from './fixtures';

/** Settings that are given to customers together. */

test('a template is put together, given to many, and who differs comes back', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Orderly ${mark}`);
  const [mill, farm] = [
    await backend.endCustomer(reseller, `Mill ${mark}`),
    await backend.endCustomer(reseller, `Farm ${mark}`),
  ];

  await page.goto(`/customers/${reseller.id}?tab=settings`);
  const card = page.getByRole('region', { name: 'Templates', exact: true });
  await card.getByRole('button', { name: 'Add a template' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Careful');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Add at least one.');
  await dialog.getByRole('combobox', { name: 'Add a setting' }).selectOption({ label: 'Append-only backups' });
  await dialog.getByRole('button', { name: 'Set it…' }).click();
  await expect(dialog).toContainText('Whether a machine may delete from its backups');
  await dialog.getByRole('radio', { name: 'On' }).check();
  await dialog.getByRole('checkbox', { name: 'Lock it for everything below' }).check();
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Take over' }).click();
  // What was typed before is still there.
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('Careful');
  await expect(dialog.getByRole('listitem', { name: 'Append-only backups' })).toContainText('On, locked');
  await dialog.getByRole('combobox', { name: 'Add a setting' }).selectOption({ label: 'Licences required' });
  await dialog.getByRole('button', { name: 'Set it…' }).click();
  await dialog.getByRole('radio', { name: 'On' }).check();
  await dialog.getByRole('button', { name: 'Take over' }).click();
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Leave out: Licences required' }).click();
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(card).toContainText('Append-only backups: On, locked');
  await expect(card).toContainText('Nobody');
  const { items } = await backend.get<{ items: Template[] }>(`/customers/${reseller.id}/templates`);
  expect(items[0]).toMatchObject({ name: 'Careful', settings: { append_only: { value: true, locked: true } } });

  // Many get it from the list.
  await page.goto(`/customers?under=${reseller.id}&level=end_customer`);
  await expect(page.getByRole('row', { name: `Mill ${mark}` })).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select all' }).click();
  await page.getByRole('button', { name: 'More to do with the selection' }).click();
  await page.getByRole('menuitem', { name: 'Assign a template…' }).click();
  await dialog.getByRole('combobox', { name: 'Template' }).selectOption({ label: 'Careful' });
  await expect(dialog).toContainText(/2\s*customers are changed/u);
  await dialog.getByRole('button', { name: /^Assign a template to/u }).click();
  await expect(dialog).toContainText('2 done');
  await dialog.getByRole('button', { name: 'Close' }).click();
  const templateOf = async (id: string) =>
    (await backend.get<{ template: { name: string; state: string } | null }>(`/customers/${id}`)).template;
  await expect.poll(() => templateOf(mill.id)).toMatchObject({ name: 'Careful', state: 'same' });

  // One is changed by hand: its page says so, the list finds it, and one step brings it back.
  await backend.put(`/customers/${farm.id}/settings/append_only`, { value: false });
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  await card.getByRole('link', { name: '2 customers, 1 differs' }).click();
  await expect(page.getByRole('row', { name: `Farm ${mark}` })).toBeVisible();
  await expect(page.getByRole('row', { name: `Mill ${mark}` })).toBeVisible();
  await page.goto(`/customers/${farm.id}?tab=settings`);
  const own = page.getByRole('region', { name: 'Template', exact: true });
  await expect(own).toContainText('Differs');
  expect(await violations(page)).toEqual([]);
  await own.getByRole('button', { name: 'Bring back to it' }).click();
  await expect(own).toContainText('Everything is set as it says');
  await expect(page.getByRole('listitem', { name: 'Append-only backups' })).toContainText('Locked');

  // It is taken away again, and removed.
  await own.getByRole('button', { name: 'Change…' }).click();
  await dialog.getByRole('combobox', { name: 'Template' }).selectOption({ label: 'None: what is set stays' });
  await dialog.getByRole('button', { name: /^Assign a template to/u }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(own).toContainText('None. A template sets several settings together.');
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  await card.getByRole('button', { name: 'More to do with Careful' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await expect(dialog).toContainText('1 customer has it, and keep what it has set.');
  await dialog.getByRole('button', { name: 'Remove Careful' }).click();
  await expect(card).toContainText('None. A template gives');
  await expect.poll(() => templateOf(mill.id)).toBeNull();
});

test('a new customer begins with a template', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Begins ${mark}`);
  const settings = { append_only: { value: true } };
  await backend.post(`/customers/${reseller.id}/templates`, { name: 'From the start', settings });
  await page.goto(`/customers/new?parent=${reseller.id}`);
  await page.getByLabel('Company name').fill(`Newcomer ${mark}`);
  await page.getByRole('combobox', { name: 'Country' }).fill('Germ');
  await page.getByRole('option', { name: 'Germany' }).click();
  await page.getByText('Limit, plan and start').click();
  await page.getByRole('combobox', { name: 'Template' }).selectOption({ label: 'From the start' });
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await expect(page.getByText(`Newcomer ${mark}`).first()).toBeVisible();
  await expect(page).toHaveURL(/added/u);
  const { items } = await backend.get<{ items: { template: { state: string } | null }[] }>(
    `/customers?under=${reseller.id}&level=end_customer`,
  );
  expect(items[0]?.template).toMatchObject({ name: 'From the start', state: 'same' });
});
