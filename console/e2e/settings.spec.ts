import type { Page } from '@playwright/test';
import type { Customer, DeviceCredentials, Effective, PassKeyCreated } from '../src/api/schema';
import { expect, listReady, rowOf, test, violations, type Backend } from './fixtures';

/** What holds and where it comes from; overriding, locking, inheriting again; devices that wait to be let in. */

let unique = 0;

async function populated(backend: Backend, worker: number): Promise<{ reseller: Customer; end: Customer }> {
  unique += 1;
  const reseller = await backend.reseller(`Setting ${worker}-${unique}`);
  return { reseller, end: await backend.endCustomer(reseller, `Bakery ${worker}-${unique}`) };
}

const settingOf = (page: Page, name: string) => page.getByRole('listitem', { name, exact: true });
const dialogOf = (page: Page) => page.getByRole('dialog');

async function valueOf(backend: Backend, owner: string, name: string): Promise<unknown> {
  const { settings } = await backend.get<Effective>(`/${owner}/effective`);
  return settings.find((setting) => setting.name === name)?.value;
}

test('a setting says where it comes from; it is overridden, locked and inherited again', async ({
  page,
  backend,
}, info) => {
  const { reseller, end } = await populated(backend, info.workerIndex);
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  const above = settingOf(page, 'Append-only backups');
  await expect(above).toContainText('Off · By default');
  await above.getByRole('button', { name: /^Override/u }).click();
  await dialogOf(page).getByRole('radio', { name: 'On' }).check();
  await expect(dialogOf(page)).toContainText(/2\s*customers and sites get another value/u);
  expect(await violations(page)).toEqual([]);
  await dialogOf(page).getByRole('button', { name: 'Set', exact: true }).click();
  await expect(above).toContainText('On · Set here');

  // Below it is inherited, and the source leads there.
  await page.goto(`/customers/${end.id}?tab=settings`);
  const below = settingOf(page, 'Append-only backups');
  await expect(below.getByRole('link', { name: `From ${reseller.company_name}` })).toBeVisible();
  await below.getByRole('button', { name: /^Override/u }).click();
  await dialogOf(page).getByRole('radio', { name: 'Off' }).check();
  await dialogOf(page).getByRole('button', { name: 'Set', exact: true }).click();
  await expect(below).toContainText('Off · Set here');
  await below.getByText('Passed over: 1').click();
  await expect(below).toContainText('overridden further down');
  expect(await violations(page)).toEqual([]);

  // Locked above, what is set below says nothing any more, and can only be taken away.
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  await above.getByRole('button', { name: /^Change/u }).click();
  await dialogOf(page).getByRole('checkbox', { name: 'Lock it for everything below' }).check();
  await dialogOf(page).getByRole('button', { name: 'Set', exact: true }).click();
  await expect(above).toContainText('Locked');
  await page.goto(`/customers/${end.id}?tab=settings`);
  await expect(below).toContainText('On ·');
  // What is refused stays where it is, and says why.
  await below.getByRole('button', { name: /^Change/u }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(`${reseller.company_name} has locked it for everything below.`).first()).toBeVisible();
  await below.getByRole('button', { name: /^Inherit again/u }).click();
  await dialogOf(page).getByRole('button', { name: 'Inherit again' }).click();
  await expect(below.getByRole('button', { name: /^Inherit again/u })).toHaveCount(0);
  expect(await valueOf(backend, `customers/${end.id}`, 'append_only')).toBe(true);

  // The activity tells it in words.
  await page.goto(`/customers/${end.id}?tab=activity`);
  await expect(page.getByText('let a setting be inherited again by')).toBeVisible();
});

test('with the keyboard alone a setting is changed and a window opened', async ({ page, backend }, info) => {
  const { end } = await populated(backend, info.workerIndex);
  await page.goto(`/customers/${end.id}?tab=settings`);
  const setting = settingOf(page, 'Append-only backups');
  await setting.getByRole('button', { name: /^Override/u }).focus();
  await page.keyboard.press('Enter');
  await dialogOf(page).getByRole('radio', { name: 'Off' }).focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(setting).toContainText('On · Set here');
  const pruning = settingOf(page, 'Window for pruning');
  await pruning.getByRole('button', { name: /^Open/u }).focus();
  await page.keyboard.press('Enter');
  await expect(dialogOf(page).getByLabel('Reason')).toBeFocused();
  await page.keyboard.type('Disk is nearly full');
  await page.keyboard.press('Enter');
  await expect(pruning).toContainText(/Open until .*: Disk is nearly full/u);
  await pruning.getByRole('button', { name: /^Close/u }).focus();
  await page.keyboard.press('Enter');
  await expect(dialogOf(page)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(pruning).toContainText('Closed');
});

test('bandwidth is limited at hours and by the week, and what it comes to now is told', async ({
  page,
  backend,
}, info) => {
  const { reseller, end } = await populated(backend, info.workerIndex);
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  const setting = settingOf(page, 'Bandwidth');
  await expect(setting).toContainText('Not limited · By default');
  await setting.getByRole('button', { name: /^Override/u }).click();
  const dialog = dialogOf(page);
  await dialog.getByRole('radio', { name: 'One rate' }).check();
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('Say how fast, as a number.');
  await dialog.getByLabel('Rate', { exact: true }).fill('10');
  await dialog.getByRole('checkbox', { name: 'Only at some hours' }).check();
  await dialog.getByLabel('From', { exact: true }).fill('8');
  await dialog.getByLabel('To', { exact: true }).fill('18:00');
  await dialog.getByRole('checkbox', { name: 'Not on Saturdays and Sundays' }).check();
  await dialog.getByLabel('Time zone').selectOption('Europe/Berlin');
  await expect(dialog.getByRole('img', { name: /^10 Mbit\/s from 08:00/u })).toBeVisible();
  await expect(dialog).toContainText(/2\s*customers and sites get another value/u);
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(setting).toContainText('10 Mbit/s from 08:00 to 18:00, not at weekends (Europe/Berlin)');
  await expect(setting).toContainText(/Now (?:10 Mbit\/s|not limited), until/u);

  // Below it is inherited, and a week of its own takes its place.
  await page.goto(`/customers/${end.id}?tab=settings`);
  await expect(setting).toContainText(`From ${reseller.company_name}`);
  await setting.getByRole('button', { name: /^Override/u }).click();
  await dialog.getByRole('radio', { name: 'By the week' }).check();
  await dialog.getByLabel('Rate', { exact: true }).fill('2,5');
  await dialog.getByRole('button', { name: 'Add a part' }).click();
  const second = dialog.getByRole('group', { name: 'Part 2' });
  await second.getByLabel('Rate', { exact: true }).fill('1');
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('Overlaps with a part above.');
  for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']) {
    // oxlint-disable-next-line no-await-in-loop
    await second.getByRole('checkbox', { name: day }).uncheck();
  }
  await second.getByRole('checkbox', { name: 'Saturday' }).check();
  await second.getByLabel('To', { exact: true }).fill('6:00');
  await second.getByLabel('From', { exact: true }).fill('22:00');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(setting).toContainText('2.5 Mbit/s Mon to Fri from 08:00 to 18:00; 1 Mbit/s Sat from 22:00 to 06:00');
});

test('a setting is set at many, each change is foretold, and it is taken back', async ({ page, backend }, info) => {
  const { reseller, end } = await populated(backend, info.workerIndex);
  const other = await backend.endCustomer(reseller, `Mill ${info.workerIndex}-${unique}`);
  await page.goto(`/customers?under=${reseller.id}&level=end_customer`);
  await rowOf(page, end.company_name).waitFor();
  await page.getByRole('checkbox', { name: 'Select all 2 customers' }).click();
  await page.getByRole('button', { name: 'More to do with the selection' }).click();
  await page.getByRole('menuitem', { name: 'Let devices in by themselves…', exact: true }).click();
  const dialog = dialogOf(page);
  await dialog.getByRole('radio', { name: 'Off' }).check();
  await dialog.getByText('Show every change').click();
  await expect(dialog.getByRole('list', { name: 'Changes' }).getByRole('listitem')).toHaveCount(2);
  await expect(dialog.getByRole('list', { name: 'Changes' })).toContainText('on (by default) → off');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: /^Set “Let devices in by themselves” at 2 customers/u }).click();
  await expect(dialog.getByRole('status')).toHaveText('2 done');
  expect(await valueOf(backend, `customers/${other.id}`, 'auto_authorise')).toBe(false);
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('heading')).toHaveText(/^Undo/u);
  await expect(dialog.getByRole('status')).toHaveText('2 done');
  expect(await valueOf(backend, `customers/${other.id}`, 'auto_authorise')).toBe(true);
});

/** Devices that wait at a customer where none is let in by itself. */
async function waiting(backend: Backend, end: Customer, names: string[]): Promise<DeviceCredentials[]> {
  await backend.put(`/customers/${end.id}/settings/auto_authorise`, { value: false });
  const key = await backend.post<PassKeyCreated>(`/customers/${end.id}/pass_keys`, {});
  const made = [];
  for (const name of names) {
    // One after the other, as they come.
    // oxlint-disable-next-line no-await-in-loop
    made.push(await backend.post<DeviceCredentials>('/devices/register', { pass_key: key.pass_key, name }));
  }
  return made;
}

test('devices that wait are counted, and approved one by one and all at once', async ({ page, backend }, info) => {
  const { reseller, end } = await populated(backend, info.workerIndex);
  const [first] = await waiting(backend, end, ['oven', 'till', 'scale']);
  await page.goto(`/overview?under=${reseller.id}`);
  await page.getByRole('link', { name: '3 devices wait to be approved' }).click();
  await expect(rowOf(page, 'oven')).toContainText('Waits for approval');
  await page.goto(`/devices?under=${reseller.id}`);
  await page.getByRole('link', { name: '3 devices wait for approval' }).click();
  await listReady(page);
  await rowOf(page, 'oven').getByRole('link', { name: 'oven' }).click();
  await expect(page.getByText('The device waits to be approved.')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Approve' }).first().click();
  await dialogOf(page).getByRole('button', { name: 'Approve oven' }).click();
  await expect(page.getByText('The device waits to be approved.')).toHaveCount(0);
  await backend.upload(first!, 1000);

  await page.goto(`/devices?under=${reseller.id}&filter=status+%3D%3D+pending_approval`);
  await page.getByRole('checkbox', { name: 'Select all 2 devices' }).click();
  await page.getByRole('button', { name: 'Approve' }).click();
  await dialogOf(page).getByRole('button', { name: 'Approve 2 devices' }).click();
  await expect(dialogOf(page).getByRole('status')).toHaveText('2 done');
});

test('one that is not wanted is turned away, one that is announced is let in, and one is suspended', async ({
  page,
  backend,
}, info) => {
  const { end } = await populated(backend, info.workerIndex);
  const [stranger] = await waiting(backend, end, ['stranger']);
  await page.goto(`/devices/${stranger!.device_id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Turn away…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Turn away stranger' }).click();
  await expect(page.getByRole('heading', { name: 'Devices', exact: true })).toBeVisible();

  await page.goto(`/customers/${end.id}?tab=devices`);
  await page.getByRole('button', { name: 'Add by hand' }).click();
  await dialogOf(page).getByLabel('Name').fill('Till');
  await dialogOf(page).getByRole('button', { name: 'Add device' }).click();
  await expect(rowOf(page, 'Till')).toContainText('Expected');
  const [till] = await waiting(backend, end, ['till']);
  expect(till!.status).toBe('authorised');

  await page.goto(`/devices/${till!.device_id}`);
  await page.getByRole('button', { name: 'Suspend' }).click();
  await dialogOf(page).getByLabel('Reason').fill('Stolen');
  await dialogOf(page).getByRole('button', { name: 'Suspend Till' }).click();
  await expect(page.getByText('Backups are stopped: the device is suspended.')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Activate' }).first().click();
  await dialogOf(page).getByRole('button', { name: 'Activate Till' }).click();
  await expect(page.getByText('the device is suspended')).toHaveCount(0);
});
