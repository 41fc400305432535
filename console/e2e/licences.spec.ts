import type { Customer, Licence, Plan } from '../src/api/schema';
import { expect, listReady, rowOf, test, violations } from './fixtures';

/** Granting, assigning and renewing licences. */

test('a licence is granted, assigned to sites, moved, and renewed', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Licensing ${mark}`);
  const end = await backend.endCustomer(reseller, `Orchard ${mark}`, { sites: ['press', 'barn'] });
  await page.goto(`/customers/${end.id}?tab=licences`);
  const tab = page.getByRole('region', { name: 'Licences' });
  const dialog = page.getByRole('dialog');
  await expect(tab).toContainText('No licences yet');
  await tab.getByRole('button', { name: 'Grant a licence' }).click();
  await dialog
    .getByRole('combobox', { name: 'Plan' })
    .selectOption({ label: 'Endpoint for workstations, yearly, 1 year' });
  await page.keyboard.press('Tab');
  await page.keyboard.type('ten');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('A whole number, 1 or more.');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Quantity' }).fill('10');
  await page.keyboard.press('Enter');
  await expect(tab).toContainText('10 workstations');
  await expect(tab).toContainText('To no site');

  await tab.getByRole('button', { name: 'Assign…' }).click();
  await expect(dialog).toContainText('10 workstations of 10 workstations are not assigned yet.');
  await dialog.getByRole('combobox', { name: 'To' }).selectOption('press');
  await dialog.getByRole('textbox', { name: 'How many' }).fill('11');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Of 10 only 10 are not assigned yet.');
  await dialog.getByRole('textbox', { name: 'How many' }).fill('6');
  await page.keyboard.press('Enter');
  await expect(tab).toContainText('6 at press');
  const more = async (name: string) => {
    await tab.getByRole('button', { name: /^More to do/u }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await more('Move to another site…');
  await dialog.getByRole('combobox', { name: 'To', exact: true }).selectOption('barn');
  await dialog.getByRole('textbox', { name: 'How many' }).fill('2');
  await page.keyboard.press('Enter');
  await expect(tab).toContainText('2 at barn, 4 at press');
  await more('Renew…');
  await expect(dialog).toContainText('It goes on for another term of “Endpoint for workstations, yearly”.');
  await dialog.getByRole('button', { name: 'Renew' }).click();
  await expect(page.getByText('Endpoint for workstations renewed')).toBeVisible();
  const { items } = await backend.get<{ items: Licence[] }>(`/licences?under=${end.id}`);
  expect(new Date(items[0]?.ends_at ?? '').getFullYear()).toBe(new Date().getFullYear() + 2);
  // Suspended, nothing of it holds, and what is assigned stays.
  await backend.post(`/customers/${end.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await expect(tab).toContainText('Out of force');
  await expect(tab).toContainText('2 at barn, 4 at press');
  expect(await violations(page)).toEqual([]);
});

test('many are renewed together from the list', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Renewing ${mark}`);
  const { items: plans } = await backend.get<{ items: Plan[] }>('/plans');
  const plan = plans.find(({ name }) => name === 'Monthly licence');
  for (const name of ['Ash', 'Birch', 'Cedar']) {
    const end = await backend.endCustomer(reseller, `${name} ${mark}`);
    await backend.post(`/customers/${end.id}/licences`, { plan_id: plan?.id, quantity: 5 });
  }
  await page.goto(`/licences?under=${reseller.id}`);
  await listReady(page);
  await page.getByRole('button', { name: 'To renew' }).click();
  await expect(rowOf(page, `Birch ${mark}`)).toContainText('Expires soon');
  expect(await violations(page)).toEqual([]);
  await rowOf(page, `Ash ${mark}`).getByRole('checkbox').check();
  await rowOf(page, `Cedar ${mark}`).getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Renew…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(/2\s*licences go on for another term/u);
  await dialog.getByText('Show every change').click();
  await expect(dialog.getByRole('list', { name: 'Changes' })).toContainText('→');
  await dialog.getByRole('button', { name: 'Renew 2 licences' }).click();
  await expect(dialog).toContainText('2 done');
});

test('a customer is added with a plan, and has its licence at once', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Planned ${mark}`);
  await page.goto(`/customers/new?parent=${reseller.id}`);
  await page.getByLabel('Company name').fill(`Vineyard ${mark}`);
  await page.getByRole('combobox', { name: 'Country' }).fill('Germany');
  await page.keyboard.press('Tab');
  await page.getByText('Limit, plan and start').click();
  await page
    .getByRole('combobox', { name: 'Service plan' })
    .selectOption({ label: 'Endpoint for workstations, yearly (Endpoint for workstations)' });
  await page.getByRole('button', { name: /^Add end customer/u }).click();
  await page.waitForURL(/\/added$/u);
  const [made] = (await backend.get<{ items: Customer[] }>(`/customers?under=${reseller.id}&level=end_customer`)).items;
  await page.goto(`/customers/${made!.id}?tab=licences`);
  await expect(page.getByRole('region', { name: 'Licences' })).toContainText('1 workstation');
});

test('units are paid beforehand, taken month by month, and taken back by another entry', async ({
  page,
  backend,
}, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Prepaid ${mark}`);
  const end = await backend.endCustomer(reseller, `Cellar ${mark}`);
  await page.goto(`/customers/${end.id}?tab=licences`);
  const card = page.getByRole('region', { name: 'Monthly licence: monthly ledger' });
  const dialog = page.getByRole('dialog');
  await expect(card).toContainText('No account here');
  await card.getByRole('button', { name: 'Add units…' }).click();
  await expect(dialog.getByRole('textbox', { name: 'Units' })).toBeFocused();
  await page.keyboard.type('some');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Write a whole number of units');
  await dialog.getByRole('textbox', { name: 'Units' }).fill('30');
  await dialog.getByRole('textbox', { name: 'Note' }).fill('Order 4711');
  await page.keyboard.press('Enter');
  await expect(page.getByText('has 30 of Monthly licence left')).toBeVisible();
  await backend.device(end, 'till');
  await page.reload();
  await expect(card).toContainText('29left, 1 taken this month');
  await expect(card).toContainText(/\d+ days left/u);
  const row = card.getByRole('row').nth(1);
  await expect(row.getByRole('cell', { name: '30', exact: true })).toBeVisible();
  await card.getByRole('button', { name: /^Entries of/u }).click();
  await expect(card).toContainText('Taken by till');
  await expect(card).toContainText('Order 4711');
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('ledger.png'), fullPage: true });
  // What machines have used can't be taken away; what one was charged wrongly can.
  await card.getByRole('button', { name: 'Take back: Bought, +30' }).click();
  await dialog.getByRole('textbox', { name: 'Why' }).fill('A mistake');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('What came by it is used or was handed on.');
  await dialog.getByRole('textbox', { name: 'Why' }).fill('');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await card.getByRole('button', { name: 'Take back: Taken by till, −1' }).click();
  await dialog.getByRole('textbox', { name: 'Why' }).fill('Courtesy');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Taken back by an entry of +1')).toBeVisible();
  await expect(card).toContainText('30left');
  await expect(card.getByRole('columnheader', { name: 'Corrected' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});
