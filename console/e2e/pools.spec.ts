import { expect, test, violations } from './fixtures';

test('the provider sees where backups lie, and is told why a bucket can’t be a pool', async ({ page }) => {
  await page.goto('/locations');
  const pools = page.getByRole('region', { name: 'Storage pools' });
  const first = pools.getByRole('listitem').first();
  await expect(first).toContainText('A directory of the server · for every location');
  await expect(first).toContainText('free');
  expect(await violations(page)).toEqual([]);

  // The last one for every location stays in use.
  await first.getByRole('button', { name: /^Withdraw/u }).click();
  await expect(page.getByText('No other pool takes new devices of all locations.')).toBeVisible();

  await pools.getByRole('button', { name: 'Add pool' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a storage pool' });
  await expect(dialog.getByLabel('Name', { exact: true })).toBeFocused();
  await page.keyboard.type('Bucket');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('This is needed.').first()).toBeVisible();
  await dialog.getByLabel('Endpoint').fill('ftp://store.example');
  await dialog.getByRole('textbox', { name: 'Bucket' }).fill('backups');
  await dialog.getByLabel('Access key', { exact: true }).fill('key');
  await dialog.getByLabel('Secret of the access key').fill('secret');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('An address of a store begins with https:// and names a host.').first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  // Nobody listens there: nothing is stored, and what was typed is still there.
  await dialog.getByLabel('Endpoint').fill('http://127.0.0.1:1');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('answer as such');
  await expect(dialog.getByLabel('Name', { exact: true })).toHaveValue('Bucket');
  await page.keyboard.press('Escape');
  await expect(pools.getByRole('listitem')).toHaveCount(1);
});
