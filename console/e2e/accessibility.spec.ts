import type { Page } from '@playwright/test';
import type { Customer } from '../src/api/schema';
import { expect, test, violations, type Backend } from './fixtures';

const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const;

type World = { reseller: Customer; end: Customer; suspended: Customer; bare: Customer; device: string };

let world: World;

/** A little of everything, empty and full, well and suspended. */
async function populate(backend: Backend, worker: number): Promise<World> {
  const reseller = await backend.reseller(`Seen ${worker}`);
  const end = await backend.endCustomer(reseller, 'Full Ltd', {
    email: 'it@full.example',
    username: `full_${worker}`,
    password: 'violet harbour siphon 42',
    sites: ['hq', 'plant_2'],
    max_devices: 3,
    profile: { contact: 'Front desk', phone: '+44 20 7946 0812', notes: 'Call before noon.' },
  });
  const device = await backend.device(end, 'files-01');
  await backend.device(end, 'sql-02');
  const suspended = await backend.endCustomer(reseller, 'Suspended Ltd');
  await backend.post(`/customers/${suspended.id}/suspend`, {
    reason: 'Invoice 4711 is unpaid',
    mode: 'full_stop',
    public_message: 'Ask Example IT',
  });
  const bare = await backend.endCustomer(reseller, 'Bare Ltd');
  await backend.post('/users', {
    customer_id: reseller.id,
    email: `sam${worker}@seen.example`,
    name: 'Sam Okoye',
    role: 'supporter',
  });
  return { reseller, end, suspended, bare, device };
}

test.beforeAll(async ({ backend }, info) => {
  world = await populate(backend, info.workerIndex);
});

/** Every page, and what shows that it is there. */
const PAGES: [name: string, path: (world: World) => string, shows: string][] = [
  ['customers', (w) => `/customers?under=${w.reseller.id}`, 'Full Ltd'],
  ['customers, none found', () => '/customers?q=nothing+is+called+this', 'No customer fits'],
  ['customer', (w) => `/customers/${w.end.id}`, 'files-01'],
  ['customer, suspended', (w) => `/customers/${w.suspended.id}`, 'Reason: Invoice 4711 is unpaid'],
  ['customer, bare', (w) => `/customers/${w.bare.id}`, 'No device yet'],
  ['reseller', (w) => `/customers/${w.reseller.id}`, 'Last backups'],
  ['devices of a customer', (w) => `/customers/${w.end.id}?tab=devices`, '2 devices'],
  ['pass keys', (w) => `/customers/${w.end.id}?tab=pass_keys`, 'Begins with'],
  ['people of a customer', (w) => `/customers/${w.reseller.id}?tab=people`, 'Sam Okoye'],
  ['settings of a customer', (w) => `/customers/${w.end.id}?tab=settings`, 'Append-only backups'],
  ['activity', (w) => `/customers/${w.suspended.id}?tab=activity`, 'suspended'],
  ['add customer', () => '/customers/new', 'Own account'],
  ['edit customer', (w) => `/customers/${w.end.id}/edit`, 'Own account'],
  ['customer added', (w) => `/customers/${w.end.id}/added`, 'What comes next'],
  ['devices', (w) => `/devices?under=${w.reseller.id}`, 'files-01'],
  ['pass keys of everybody', (w) => `/pass_keys?under=${w.reseller.id}`, 'tpk_'],
  ['device', (w) => `/devices/${w.device}`, 'Repository'],
  ['restore', (w) => `/devices/${w.device}/restore`, 'Password of the backups'],
  ['licences of a customer', (w) => `/customers/${w.end.id}?tab=licences`, 'monthly ledger'],
  ['space and licences', (w) => `/space?under=${w.reseller.id}`, 'monthly ledger'],
  ['approval queue', (w) => `/devices?under=${w.reseller.id}&filter=status+%3D%3D+pending_approval`, 'No device'],
  ['people', (w) => `/people?under=${w.reseller.id}`, 'Sam Okoye'],
  ['add device', (w) => `/customers/${w.end.id}?add=device`, 'Make pass key'],
  ['add site', (w) => `/customers/${w.end.id}?add=site`, 'Add a site to Full Ltd'],
  ['add person', (w) => `/people?under=${w.reseller.id}&add=yes`, 'With an invitation'],
  ['your account', () => '/account', 'API tokens'],
  ['a foreign sign-in', () => '/sign-in/with/sip_1', 'Your organisation signs you in.'],
  ['invitation', () => '/invitation#token=x', 'Set the password'],
];

// Loaded once: a page follows when its window becomes smaller, or the system's colours change.
for (const [name, path, shows] of PAGES) {
  test(`${name}, in either colours, wide and narrow`, async ({ page }) => {
    await page.goto(path(world));
    const shown = page.getByText(shows).filter({ visible: true }).first();
    for (const { colorScheme, viewport } of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await expect(shown).toBeVisible();
      expect(await violations(page), `${colorScheme}, ${viewport.width} px`).toEqual([]);
    }
    await page.setViewportSize({ width: 320, height: 700 });
    await expect(shown).toBeVisible();
    expect(await overflowOf(page), 'it scrolls sideways').toEqual([0, 0, 0]);
  });
}

/** By how much the page, what is in it and a dialog are wider than there is room for. */
function overflowOf(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const boxes = [document.documentElement, document.querySelector('main'), document.querySelector('.dialog-body')];
    return boxes.map((box) => (box ? box.scrollWidth - box.clientWidth : 0));
  });
}

for (const look of LOOKS) {
  test.describe(`${look.colorScheme}, ${look.viewport.width} px`, () => {
    test.use(look);

    test('sign-in', async ({ page, context }) => {
      await context.clearCookies();
      await page.goto('/sign-in');
      await expect(page.getByLabel('Email or username')).toBeFocused();
      expect(await violations(page)).toEqual([]);
    });

    test('selection, and what suspending it would do', async ({ page }) => {
      await page.goto(`/customers?under=${world.reseller.id}&level=end_customer`);
      await page.getByRole('checkbox', { name: 'Select Full Ltd' }).click();
      await page.getByRole('checkbox', { name: 'Select Suspended Ltd' }).click();
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'Suspend' }).click();
      await page.getByRole('button', { name: 'Suspend 2 customers' }).click();
      await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });

    test('how a list is shown', async ({ page }) => {
      await page.goto(`/customers?under=${world.reseller.id}&columns=state.contact.devices.level.email.phone.city`);
      await page.getByRole('button', { name: 'View', exact: true }).click();
      await expect(page.getByLabel('Sort by')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });

    test('tasks, and the results of one', async ({ page, backend }) => {
      const begun = await backend.post<{ task_id: string }>('/bulk', {
        noun: 'customers',
        action: 'activate',
        selection: { ids: [world.end.id, world.bare.id, 'cus_00000000000000000000000000'] },
      });
      await expect
        .poll(async () => (await backend.get<{ state: string }>(`/tasks/${begun.task_id}`)).state)
        .toBe('done');
      await page.goto('/devices');
      await page.getByRole('button', { name: /^Tasks/u }).click();
      const task = page.getByRole('article', { name: 'Activate 3 customers' }).first();
      await expect(task).toContainText('2 unchanged, 1 refused');
      expect(await violations(page)).toEqual([]);
      await task.getByRole('button', { name: 'Show results' }).click();
      await expect(page.getByRole('dialog').getByRole('listitem')).toHaveCount(3);
      expect(await violations(page)).toEqual([]);
    });

    test('the command field', async ({ page }) => {
      await page.goto('/customers');
      await page.getByRole('heading', { name: 'Customers', exact: true }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').getByRole('searchbox').waitFor();
      await page.keyboard.type('ltd');
      await expect(page.getByRole('menuitem', { name: 'Full Ltd' }).first()).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });

    test('a menu with what is refused', async ({ page }) => {
      await page.goto(`/customers/${world.end.id}`);
      await page.getByRole('button', { name: 'More actions' }).click();
      await expect(page.getByRole('menuitem', { name: 'Delete…' })).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}

for (const look of [LOOKS[0], LOOKS[3]]) {
  test.describe(`dialogs, ${look.colorScheme}, ${look.viewport.width} px`, () => {
    test.use(look);

    test('of a customer', async ({ page }) => {
      await page.goto(`/customers/${world.end.id}`);
      const names = await dialogNames(page);
      expect(names.length).toBeGreaterThan(5);
      const found: Record<string, string[]> = {};
      for (const name of names) {
        await page.getByRole('button', { name: 'More actions' }).click();
        await page.getByRole('menuitem', { name }).click();
        await page.locator('.dialog-box').waitFor();
        found[name] = await violations(page);
        await page.keyboard.press('Escape');
        await expect(page.locator('.dialog-box')).toHaveCount(0);
      }
      expect(found).toEqual(Object.fromEntries(names.map((name) => [name, []])));
    });

    test('of people', async ({ page }) => {
      await page.goto(`/customers/${world.reseller.id}?tab=people`);
      for (const name of ['Add person', 'Edit Sam Okoye', 'Invite Sam Okoye', 'Remove Sam Okoye']) {
        await page.getByRole('button', { name }).click();
        await page.locator('.dialog-box').waitFor();
        expect(await violations(page), name).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(page.locator('.dialog-box')).toHaveCount(0);
      }
    });
  });
}

/** What the menu of a customer’s page opens, as far as it isn’t refused. */
async function dialogNames(page: Page): Promise<string[]> {
  await page.getByRole('button', { name: 'More actions' }).click();
  const items = page.getByRole('menuitem');
  await items.first().waitFor();
  const names = await items.evaluateAll((elements) =>
    elements
      .filter((element) => element.getAttribute('aria-disabled') !== 'true')
      .map((element) => element.textContent?.trim() ?? ''),
  );
  await page.keyboard.press('Escape');
  return names.filter((name) => name.endsWith('…'));
}

test('whatever is pressed is at least 24 pixels wide and high', async ({ page }) => {
  for (const path of [`/customers?under=${world.reseller.id}`, `/customers/${world.end.id}`, '/customers/new']) {
    await page.goto(path);
    await page.getByRole('treeitem').nth(1).waitFor();
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, a, [role="treeitem"], summary')]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }))
        // Links in running text and in cells are exempt; a row opens by Enter too.
        .filter((element) => !element.closest('p, td, dd, [role="gridcell"], .skip, .card-head'))
        .map((element) => ({ text: element.outerHTML.slice(0, 90), box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
        .map(({ text, box }) => `${text} ${box.width} × ${box.height}`),
    );
    expect(small).toEqual([]);
  }
});

test('forced colours and reduced motion lose nothing', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.goto(`/customers?under=${world.reseller.id}&level=end_customer`);
  await page.getByRole('checkbox', { name: 'Select Full Ltd' }).click();
  const row = page.getByRole('row', { selected: true });
  expect(await row.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
  await page.getByRole('button', { name: 'Suspend' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Reason')).toBeVisible();
  const seconds = await page.locator('.scrim').evaluate((element) => getComputedStyle(element).animationDuration);
  expect(Number.parseFloat(seconds)).toBeLessThan(0.001);
});
