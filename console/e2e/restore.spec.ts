import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, violations } from './fixtures';

const RESTIC = process.env['RESTIC'] ?? 'restic';
const SECRET = 'the machine’s own secret';
const PASSWORD = 'violet harbour siphon 42';

test.use({ asAdministrator: false });

test('on an evening a customer gets a folder of last night back with a browser', async ({ page, backend }, info) => {
  test.setTimeout(60_000);
  const name = `evening_${info.workerIndex}_${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Evening ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Harbour Bakery', { username: name, password: PASSWORD });
  const credentials = await backend.register(end, 'till');

  const machine = mkdtempSync(join(tmpdir(), 'tenantry-machine-'));
  const documents = join(machine, 'documents');
  mkdirSync(join(documents, 'Lohn & Löhne', '2026'), { recursive: true });
  const slip = randomBytes(2_000_000);
  writeFileSync(join(documents, 'Lohn & Löhne', '2026', 'März 03.pdf'), slip);
  writeFileSync(join(documents, 'letter.txt'), 'Dear all\n');
  for (let at = 0; at < 300; at += 1) writeFileSync(join(documents, `note ${String(at).padStart(3, '0')}`), `${at}`);
  const url = credentials.repository_url.replace('://', `://${credentials.username}:${credentials.password}@`);
  const env = { ...process.env, HOME: machine, RESTIC_REPOSITORY: `rest:${url}`, RESTIC_PASSWORD: SECRET };
  const restic = (...given: string[]) => execFileSync(RESTIC, given, { env, encoding: 'utf8', stdio: 'pipe' });
  restic('init');
  restic('backup', '--host', 'till', documents);

  await page.goto('/sign-in');
  await page.getByLabel('Email or username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Harbour Bakery' })).toBeVisible();
  await page.goto(`/devices/${credentials.device_id}`);
  await page.getByRole('link', { name: 'Restore files' }).click();

  // The one for signing in is another one.
  await expect(page.getByRole('heading', { name: 'Restore from till' })).toBeVisible();
  const password = page.getByLabel('Password of the backups');
  await password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Open the backups' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await password.fill(SECRET);
  await page.getByRole('button', { name: 'Open the backups' }).click();

  const snapshots = page.getByRole('region', { name: 'Snapshots' });
  await expect(snapshots).toContainText('on till');
  expect(page.url()).not.toContain(encodeURIComponent(SECRET));
  expect(await violations(page)).toEqual([]);
  await shown(page, info, 'snapshots');
  await snapshots.getByRole('table').getByRole('link').click();

  // Down to the folder, row by row, as with any file manager.
  const files = page.getByRole('grid', { name: 'Files' });
  for (const step of documents.split('/').filter(Boolean)) {
    await files.getByRole('button', { name: step, exact: true }).click();
  }
  await expect(files).toHaveAttribute('aria-rowcount', '303');
  await expect(files.getByRole('row').nth(1)).toContainText('Lohn & Löhne');
  await shown(page, info, 'files');
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  await shown(page, info, 'files-narrow');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 1280, height: 800 });

  // One file by itself.
  const search = page.getByRole('searchbox', { name: 'Search this snapshot' });
  await search.fill('märz');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    files.getByRole('button', { name: 'März 03.pdf' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('März 03.pdf');
  expect(readFileSync(await file.path()).equals(slip)).toBe(true);
  await search.fill('');

  // Two things as an archive.
  await page.getByRole('checkbox', { name: 'Select Lohn & Löhne' }).click();
  await page.getByRole('checkbox', { name: 'Select letter.txt' }).click();
  await page.getByRole('button', { name: 'Download 2 things' }).click();
  const [archive] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /zip/u }).first().click(),
  ]);
  expect(archive.suggestedFilename()).toBe('till.zip');
  const unpacked = mkdtempSync(join(tmpdir(), 'tenantry-unpacked-'));
  execFileSync('python3', ['-m', 'zipfile', '-e', await archive.path(), unpacked]);
  execFileSync('diff', ['-r', join(documents, 'Lohn & Löhne'), join(unpacked, 'Lohn & Löhne')]);
  expect(readFileSync(join(unpacked, 'letter.txt'), 'utf8')).toBe('Dear all\n');

  // Loaded again it is still open; forgotten it asks again.
  await page.reload();
  await expect(files).toHaveAttribute('aria-rowcount', '303');
  const open = page.url();
  await page.getByRole('button', { name: 'Forget the password' }).click();
  await expect(page.getByText('The password was forgotten. What was downloaded stays')).toBeVisible();
  await page.goto(open);
  await expect(page.getByText('The password was forgotten, as it is after a quarter of an hour')).toBeVisible();
  rmSync(machine, { recursive: true, force: true });
  rmSync(unpacked, { recursive: true, force: true });
});

/** For whoever wants to look. */
async function shown(page: import('@playwright/test').Page, info: import('@playwright/test').TestInfo, name: string) {
  await page.screenshot({ path: info.outputPath(`${name}.png`) });
}
