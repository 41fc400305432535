import type { Device } from '../src/api/schema';
import { expect, test, violations } from './fixtures';

/** Devices that move, are released, and go with their backups or without; a customer's web access. */

test('a device moves, is deleted with its backups, restored, and released', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Given up ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, `Foundry ${info.workerIndex}-${info.repeatEachIndex}`, {
    sites: ['smithy'],
  });
  const credentials = await backend.register(end, 'anvil');
  await backend.snapshot(credentials);
  const address = `/devices/${credentials.device_id}`;
  const device = () => backend.get<Device>(address);
  await page.goto(address);
  const menu = async (name: string) => {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  const dialog = page.getByRole('dialog');
  const firm = page.getByRole('alertdialog', { name: 'anvil?' });

  await menu('Move…');
  await expect(dialog.getByRole('combobox', { name: 'To' })).toBeFocused();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.type('smithy');
  await expect(page.getByRole('option', { name: /smithy/u }).first()).toBeVisible();
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Move anvil' }).click();
  await expect(page.getByText('anvil moved to smithy')).toBeVisible();
  await expect.poll(async () => (await device()).customer_name).toBe('smithy');
  await expect(page.getByRole('navigation', { name: 'Breadcrumb' })).toContainText('smithy');

  // What becomes of its backups is asked, and said.
  await menu('Delete…');
  await expect(firm).toContainText('of backups. Its backups stop at once.');
  await firm.getByRole('radio', { name: 'Delete them, too' }).check();
  await expect(firm).toContainText('removed for good in');
  expect(await violations(page)).toEqual([]);
  await firm.getByRole('button', { name: 'Delete anvil and its backups' }).click();
  await expect(page.getByRole('button', { name: 'Restore' })).toBeVisible();
  await expect(page.getByText('The device is to be deleted with its backups.')).toBeVisible();
  await page.getByRole('button', { name: 'Restore' }).click();
  await dialog.getByRole('button', { name: 'Restore anvil' }).click();
  await expect(page.getByRole('button', { name: 'Restore' })).toHaveCount(0);
  expect((await device()).deletion).toBeNull();

  await menu('Release…');
  await dialog.getByRole('button', { name: 'Release anvil' }).click();
  await expect(dialog).toContainText('Say why, for the records.');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Melted');
  await page.keyboard.press('Enter');
  await expect(page.getByText('The device was released. A machine takes its place by registering.')).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText('Released');
  expect((await device()).status).toBe('released');
});

test('web access of a customer is given with a username, and switched off and on', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}_${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Access ${mark}`);
  const end = await backend.endCustomer(reseller, `Portal ${mark}`);
  await page.goto(`/customers/${end.id}`);
  const menu = async (name: string) => {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  const dialog = page.getByRole('dialog');
  await menu('Switch on web access…');
  await expect(dialog.getByRole('textbox', { name: 'Username' })).toBeFocused();
  await page.keyboard.type(`portal_${mark}`);
  await page.keyboard.press('Tab');
  await page.keyboard.insertText('violet harbour siphon 43');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText(/passwords? (?:differ|are not|do not)|again|same/iu);
  expect(await violations(page)).toEqual([]);
  await dialog.getByLabel(/again|repeat|confirm/iu).fill('violet harbour siphon 43');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/Web access of .* switched on/u)).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText(`portal_${mark}`);
  await menu('Switch off web access…');
  await dialog.getByRole('button', { name: 'Switch off' }).click();
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText('web access off');
  await menu('Switch on web access…');
  await dialog.getByRole('button', { name: 'Switch on' }).click();
  await expect(page.getByRole('complementary', { name: 'Details' })).not.toContainText('web access off');
});
