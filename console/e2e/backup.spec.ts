import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from './fixtures';

const RESTIC = process.env['RESTIC'] ?? 'restic';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

test('a customer is added, its command copied, a real restic backs up, and the page shows the bytes', async ({
  page,
  backend,
}, info) => {
  test.setTimeout(120_000);
  const reseller = await backend.reseller(`Story ${info.workerIndex}-${info.repeatEachIndex}`);
  await page.goto(`/customers/new?parent=${reseller.id}`);
  await page.getByLabel('Company name').fill('Harbour Pharmacy');
  await page.getByRole('combobox', { name: 'Country' }).fill('Germ');
  await page.getByRole('option', { name: 'Germany' }).click();
  await page.getByRole('button', { name: 'Add end customer' }).click();
  await page.getByRole('link', { name: 'Add device' }).click();
  await page.getByRole('button', { name: 'Make pass key' }).click();

  const dialog = page.getByRole('alertdialog', { name: 'Add a device to Harbour Pharmacy' });
  await expect(dialog).toContainText('This pass key is shown now and not again.');
  await dialog.getByRole('button', { name: 'Copy: Pass key' }).click();
  const passKey = await clipboard(page);
  await expect(dialog.getByText('Copied', { exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: 'Copy: 1. Register the machine' }).click();
  const register = await clipboard(page);
  expect(register).toContain(passKey);
  await dialog.getByRole('button', { name: 'Copy: 2. Create the repository and back up' }).click();
  const backup = await clipboard(page);
  expect(page.url()).not.toContain(passKey);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('No device yet')).toBeVisible();

  const machine = mkdtempSync(join(tmpdir(), 'tenantry-machine-'));
  mkdirSync(join(machine, 'documents'));
  writeFileSync(join(machine, 'documents', 'ledger'), randomBytes(3_000_000));
  const env = {
    ...process.env,
    HOME: machine,
    PATH: `${dirname(resolve(RESTIC))}:${process.env['PATH']}`,
    RESTIC_PASSWORD: 'the machine’s own secret',
  };
  execFileSync('sh', ['-eu', '-c', `${register}\n${backup}`], { env, encoding: 'utf8', stdio: 'pipe' });
  rmSync(machine, { recursive: true, force: true });

  // Nobody reloads anything: the page looks by itself.
  await page.getByLabel('Parts of this customer').getByRole('link', { name: 'Overview' }).click();
  const storage = page.getByRole('region', { name: 'Space', exact: true });
  await expect(storage).toContainText(/3(?:\.\d+)?\s?MB\s*used by 1 device/u, { timeout: 20_000 });
  const devices = page.getByRole('region', { name: 'Devices' });
  await expect(devices).toContainText('just now');
  await page.getByLabel('Parts of this customer').getByRole('link', { name: 'Pass keys' }).click();
  await expect(page.getByRole('region', { name: 'Pass keys' })).toContainText('Used up');

  await page.getByLabel('Parts of this customer').getByRole('link', { name: 'Overview' }).click();
  await devices.getByRole('table').getByRole('link').click();
  await expect(page.getByRole('region', { name: 'Storage' })).toContainText(/3(?:\.\d+)?\s?MB/u);
});

test('pass keys are replaced and revoked', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Keys ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Keyed Ltd', { sites: ['hq'] });
  await page.goto(`/customers/${end.id}?tab=pass_keys`);
  await page.getByRole('button', { name: 'Add device' }).click();
  await page.getByLabel('Stands at').selectOption({ label: 'hq' });
  await page.getByLabel('Registers').selectOption({ label: 'Any number of devices' });
  await page.getByLabel('Can be used for').selectOption({ label: 'As long as it is not revoked' });
  await page.getByRole('button', { name: 'Make pass key' }).click();
  await expect(page.getByRole('alertdialog')).toContainText('It registers any number of devices until it is revoked.');
  await page.getByRole('button', { name: 'Done' }).click();
  const keys = page.getByRole('region', { name: 'Pass keys' });
  await expect(keys.getByRole('row').nth(1)).toContainText('for hq');

  await keys.getByRole('button', { name: 'Replace' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Replace pass key' }).click();
  await expect(page.getByRole('alertdialog', { name: 'The new pass key' })).toBeVisible();
  await page.getByRole('button', { name: 'Done' }).click();
  await keys.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke pass key' }).click();
  await expect(keys.getByRole('button', { name: 'Revoke' })).toHaveCount(0);
  await expect(keys).toContainText('Revoked');
});

test('a device is renamed and gets new credentials', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Machines ${info.workerIndex}-${info.repeatEachIndex}`);
  const device = await backend.device(await backend.endCustomer(reseller, 'Machine Ltd'), 'old-name');
  await page.goto(`/devices/${device}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('Name', { exact: true }).fill('new-name');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('heading', { name: 'new-name' })).toBeVisible();
  await page.getByRole('button', { name: 'New credentials' }).click();
  await page.getByRole('button', { name: 'Issue new credentials' }).click();
  await expect(page.getByRole('alertdialog', { name: 'New credentials of new-name' })).toContainText(
    'They are shown now and not again.',
  );
  await expect(page.getByRole('region', { name: 'For restic' })).toContainText('RESTIC_REPOSITORY="rest:http://');
});

function clipboard(page: import('@playwright/test').Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}
