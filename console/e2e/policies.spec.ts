import { expect, test, violations } from './fixtures';

/** Lists of settings at many customers. */

test('a policy is typed, foretold, deployed and taken back', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Strict ${mark}`);
  const mill = await backend.endCustomer(reseller, `Mill ${mark}`);
  await backend.endCustomer(reseller, `Farm ${mark}`);
  await backend.put(`/customers/${mill.id}/settings/exclusions`, { value: ['/proc'] });
  await page.goto(`/customers?under=${reseller.id}&level=end_customer`);
  await expect(page.getByRole('row', { name: `Mill ${mark}` })).toBeVisible();
  await page.getByRole('checkbox', { name: 'Select all' }).click();
  await page.getByRole('button', { name: 'More to do with the selection' }).click();
  await page.getByRole('menuitem', { name: 'Policy settings…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Deploy a policy to/u }).click();
  await expect(dialog).toContainText('Choose what is done to at least one list.');
  await dialog.getByRole('combobox', { name: 'Left out of backups' }).selectOption({ label: 'Add these' });
  await dialog.getByRole('textbox', { name: 'Items of left out of backups' }).fill('*.tmp\n*.iso');
  await dialog.getByRole('combobox', { name: 'Kept backups' }).selectOption({ label: 'Set it to these' });
  await dialog.getByRole('textbox', { name: 'Items of kept backups' }).fill('7 dayly');
  await dialog.getByRole('button', { name: /^Deploy a policy to/u }).click();
  await expect(dialog).toContainText('“7 dayly” is not understood.');
  await dialog.getByRole('textbox', { name: 'Items of kept backups' }).fill('7 daily\nwithin 30d');
  await expect(dialog).toContainText(/2\s*customers are changed/u);
  await expect(dialog).toContainText(/4\s*lists get another value/u);
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: /^Deploy a policy to/u }).click();
  await expect(dialog).toContainText('2 done');
  await dialog.getByRole('button', { name: 'Close' }).click();

  await page.goto(`/customers/${mill.id}?tab=settings`);
  const excluded = page.getByRole('listitem', { name: 'Left out of backups' });
  await expect(excluded).toContainText('/proc, *.tmp, *.iso');
  await expect(page.getByRole('listitem', { name: 'Kept backups' })).toContainText('7 daily, within 30d');
  await page.getByRole('button', { name: 'Change: Left out of backups' }).click();
  await dialog.getByRole('textbox', { name: 'Left out of backups' }).fill('/proc');
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(excluded).not.toContainText('*.iso');
  await page.getByRole('button', { name: 'Override: Hours of backups' }).click();
  await dialog.getByRole('textbox', { name: 'Hours of backups' }).fill('mon-fri 22:00-06:00\nsat,sun 00:00-24:00');
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(page.getByRole('listitem', { name: 'Hours of backups' })).toContainText('mon-fri 22:00-06:00');
});
