import { expect, rowOf, test, violations } from './fixtures';

test('a device says why there was no backup, helps, and says when it works again', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Evidence ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Silenced Ltd');
  const credentials = await backend.register(end, 'till-1');
  await backend.snapshot(credentials);
  await page.goto(`/devices/${credentials.device_id}`);
  const nights = page.getByRole('region', { name: 'Last 14 nights' });
  await expect(nights.getByRole('listitem')).toHaveCount(14);
  await expect(nights.getByRole('img').last()).toHaveAccessibleName(/: 1 backup/u);
  await expect(nights.getByRole('img').first()).toHaveAccessibleName(/not registered yet/u);
  await expect(page.getByRole('region', { name: 'Needs attention' })).toHaveCount(0);

  // Everything from here on arrives while the page is open.
  await backend.post(`/customers/${end.id}/suspend`, {
    reason: 'Unpaid',
    mode: 'stop_backups',
    public_message: 'Ask Example IT',
  });
  const why = page.getByRole('region', { name: 'Needs attention' });
  await expect(why).toContainText('Backups are stopped: Silenced Ltd is suspended.');
  await expect(why).toContainText('Suspended just now by ');
  await backend.isRefused(credentials);
  const recent = page.getByRole('region', { name: 'Recent backups and refusals' });
  await expect(recent).toContainText('“Customer Silenced Ltd is suspended: Ask Example IT”', { timeout: 10_000 });
  await expect(nights.getByRole('img').last()).toHaveAccessibleName(/1 try refused/u);
  expect(await violations(page)).toEqual([]);

  await why.getByRole('button', { name: 'Activate Silenced Ltd' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Activate Silenced Ltd' }).click();
  await expect(why).toContainText('The last backup was refused: Customer Silenced Ltd is suspended: Ask Example IT.');
  await backend.snapshot(credentials);
  await expect(why).toHaveCount(0, { timeout: 10_000 });
  await expect(nights.getByRole('img').last()).toHaveAccessibleName(/: 2 backups/u);
});

test('a customer’s first screen says what is wrong, and with how many devices', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Phone ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Called Ltd', { sites: ['hq'] });
  await page.goto(`/customers/${end.id}`);
  const attention = page.getByRole('region', { name: 'Needs attention' });
  await expect(attention).toContainText('No device has registered yet.');
  await expect(attention.getByRole('link', { name: 'Add device' })).toBeVisible();
  const one = await backend.register(end, 'one');
  await backend.register(end, 'two');
  // A machine that is new is nothing to worry about yet.
  await expect(attention).toHaveCount(0, { timeout: 10_000 });
  await backend.snapshot(one);
  const devices = page.getByRole('region', { name: 'Devices' });
  await expect(devices).toContainText('1 of 2 devices without a backup', { timeout: 10_000 });
  for (const name of ['Space', 'Devices', 'Settings', 'Sites', 'People', 'Activity']) {
    await expect(page.getByRole('region', { name, exact: true })).toBeInViewport({ ratio: 1 });
  }
  await expect(page.getByRole('region', { name: 'Activity' })).toContainText('one registered');
  await page.goto(`/customers?under=${reseller.id}`);
  await expect(rowOf(page, 'Called Ltd')).toContainText('1 of 2 has none');

  await backend.patch(`/customers/${end.id}`, end.version, { max_devices: 2 });
  await page.goto(`/customers/${end.id}`);
  const limit = page.getByRole('region', { name: 'Device limit reached' });
  await expect(limit.getByRole('link', { name: 'Raise the limit' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test('what a machine is about is told while it goes on', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Jobs ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, `Foundry ${info.workerIndex}-${info.repeatEachIndex}`);
  const credentials = await backend.register(end, 'anvil');
  await page.goto(`/devices/${credentials.device_id}`);
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await expect(jobs).toContainText('Nothing was done yet');
  await backend.snapshot(credentials);
  const row = jobs.getByRole('row').filter({ hasText: 'Backup' });
  await expect(row).toContainText('100 kB stored');
  await expect(row).toContainText('Running');
  expect(await violations(page)).toEqual([]);
});
