import type { Page } from '@playwright/test';
import type { Customer } from '../src/api/schema';
import { expect, listReady, rowOf, test, violations } from './fixtures';

/** Enough that not all of them are in view, and more than one window of rows. */
const MANY = 130;
let reseller: Customer;

test.beforeAll(async ({ backend }, info) => {
  reseller = await backend.reseller(`Listed ${info.workerIndex}`);
  for (let n = 1; n <= MANY; n += 1) {
    await backend.endCustomer(reseller, `Row ${String(n).padStart(3, '0')}`);
  }
});

test.beforeEach(async ({ page }) => {
  await page.goto(`/customers?under=${reseller.id}&level=end_customer`);
  await expect(rowOf(page, 'Row 001')).toBeVisible();
});

const index = (n: number) => `.grid [data-index="${n}"]`;

test('the total is told, and rows far down are fetched when they come into view', async ({ page }) => {
  await expect(page.getByText(`${MANY} in ${reseller.company_name} and below`)).toBeVisible();
  await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', String(MANY + 1));
  expect(await page.locator('.grid [data-index]').count()).toBeLessThan(60);
  await page.locator(index(0)).focus();
  await page.keyboard.press('End');
  await expect(page.locator(index(MANY - 1))).toBeFocused();
  await expect(rowOf(page, `Row ${MANY}`)).toBeVisible();
});

test('the keyboard walks, selects, extends, selects all and clears', async ({ page }) => {
  await page.locator(index(0)).focus();
  for (const key of ['ArrowDown', 'j', 'ArrowDown', 'k']) await page.keyboard.press(key);
  await expect(page.locator(index(2))).toBeFocused();
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByText('3 selected')).toBeVisible();
  await page.keyboard.press('Space');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('Control+a');
  await expect(page.getByText(`${MANY} selected`)).toBeVisible();
  await page.keyboard.press('PageDown');
  await page.keyboard.press('x');
  await expect(page.getByText(`${MANY - 1} selected`)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('toolbar')).toHaveCount(0);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Row 001' })).toBeVisible();
});

test('the mouse selects, and with shift a range', async ({ page }) => {
  await page.getByRole('checkbox', { name: 'Select Row 002' }).click();
  await page.getByRole('checkbox', { name: 'Select Row 006' }).click({ modifiers: ['Shift'] });
  await expect(page.getByText('5 selected')).toBeVisible();
  await page.getByRole('button', { name: `Select all ${MANY}` }).click();
  await expect(page.getByText(`${MANY} selected`)).toBeVisible();
  await page.getByRole('button', { name: 'Clear the selection' }).click();
  await expect(page.getByRole('toolbar')).toHaveCount(0);
});

test('going back finds the list where it was', async ({ page }) => {
  await page.getByRole('checkbox', { name: 'Select Row 001' }).click();
  await page.locator(index(0)).focus();
  for (let n = 0; n < 5; n += 1) await page.keyboard.press('PageDown');
  const here = page.locator('.grid [data-index]:focus');
  const row = await here.getAttribute('data-index');
  const top = await page.locator('.grid').evaluate((grid) => grid.scrollTop);
  expect(top).toBeGreaterThan(500);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('navigation', { name: 'Parts of this customer' })).toBeVisible();
  await page.goBack();
  await expect(page.locator(index(Number(row)))).toBeFocused();
  expect(await page.locator('.grid').evaluate((grid) => grid.scrollTop)).toBe(top);
  await expect(page.getByText('1 selected')).toBeVisible();
});

test('a row keeps the keyboard while the wheel takes it out of view', async ({ page }) => {
  await page.locator(index(0)).focus();
  await page.locator('.grid').evaluate((grid) => grid.scrollTo(0, 3000));
  await expect(rowOf(page, 'Row 075')).toBeVisible();
  await expect(page.locator(index(0))).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator(index(1))).toBeFocused();
  await expect(page.locator(index(1))).toBeInViewport();
});

test('what is selected in one list is not selected in the next', async ({ page }) => {
  await page.getByRole('checkbox', { name: 'Select Row 001' }).click();
  await expect(page.getByText('1 selected')).toBeVisible();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Devices' }).click();
  await expect(page.getByRole('heading', { name: 'Devices', level: 1 })).toBeVisible();
  await expect(page.getByText('1 selected')).toHaveCount(0);
  await page.goBack();
  await expect(page.getByText('1 selected')).toBeVisible();
});

test('a slash leads to the search, which ignores case and is kept in the address', async ({ page }) => {
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Name, contact, email, phone, address, reference' })).toBeFocused();
  await page.keyboard.type('rOW 11');
  await expect(page).toHaveURL(/q=rOW\+11/u);
  await expect(page.getByText(`10 in ${reseller.company_name} and below`)).toBeVisible();
  await page.reload();
  await expect(page.getByRole('searchbox', { name: 'Name, contact, email, phone, address, reference' })).toHaveValue(
    'rOW 11',
  );
  await page
    .getByRole('searchbox', { name: 'Name, contact, email, phone, address, reference' })
    .fill('nothing is called this');
  await expect(page.getByRole('heading', { name: 'No customer fits' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear search and level' }).click();
  await expect(page).toHaveURL(new RegExp(`under=${reseller.id}$`, 'u'));
});

test('what stands in the search is taken out by one button, and it is ours', async ({ page }) => {
  const search = page.getByRole('searchbox', { name: 'Name, contact, email, phone, address, reference' });
  await search.fill('row 11');
  await expect(page.getByText(`10 in ${reseller.company_name} and below`)).toBeVisible();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(search).toHaveValue('');
  await expect(search).toBeFocused();
  await expect(page.getByText(`${MANY} in ${reseller.company_name} and below`)).toBeVisible();
});

test('the heads sort, and say so', async ({ page }) => {
  await page.getByRole('columnheader', { name: 'Customer', exact: true }).getByRole('button').click();
  await expect(rowOf(page, `Row ${MANY}`)).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'Customer', exact: true })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  await expect(page).toHaveURL(/sort=-company_name/u);
  await page.getByRole('columnheader', { name: 'Storage' }).getByRole('button').click();
  await expect(page.getByRole('columnheader', { name: 'Storage' })).toHaveAttribute('aria-sort', 'descending');
});

/** Opens the panel that says how the list is shown. */
async function openView(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'View', exact: true }).click();
  await expect(page.getByRole('grid', { name: 'Columns' })).toBeVisible();
}

const heads = (page: Page) => page.getByRole('grid', { name: 'Customers' }).getByRole('columnheader');
const titles = async (page: Page) => (await heads(page).allInnerTexts()).map((text) => text.trim()).filter(Boolean);

test('columns are chosen, kept in this browser, and sent with the address', async ({ page, context }) => {
  await openView(page);
  await page.getByRole('checkbox', { name: 'State' }).click();
  await page.getByRole('checkbox', { name: 'Added' }).click();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/columns=attention\.contact\.below\.devices\.used\.last_backup\.country\.added/u);
  const chosen = ['Customer', 'Attention', 'Contact', 'Below', 'Devices', 'Storage', 'Last backup', 'Country', 'Added'];
  expect(await titles(page)).toEqual(chosen);
  await page.goto('/customers');
  await listReady(page);
  expect(await titles(page)).toEqual(chosen);
  const other = await context.newPage();
  await other.goto('/customers?columns=country.state');
  await listReady(other);
  expect(await titles(other)).toEqual(['Customer', 'Country', 'State']);
  await openView(page);
  await page.getByRole('button', { name: 'As they were in the beginning' }).click();
  await page.keyboard.press('Escape');
  await expect(heads(page).filter({ hasText: 'State' })).toHaveCount(1);
});

test('columns are moved by the keyboard and by the mouse, and made wider', async ({ page }) => {
  await openView(page);
  await page.getByRole('row', { name: 'State', exact: true }).focus();
  // To the handle of Attention, from there above State, and let go.
  for (const key of ['ArrowDown', 'ArrowRight', 'Enter', 'ArrowUp', 'ArrowUp', 'Enter']) await page.keyboard.press(key);
  await expect(page).toHaveURL(/columns=attention\.state\.contact/u);
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('grid', { name: 'Columns' })).toHaveCount(0);
  const width = async () => (await heads(page).filter({ hasText: 'Contact' }).boundingBox())!.width;
  const before = await width();
  const edge = await heads(page).filter({ hasText: 'Contact' }).locator('.grid-resizer').boundingBox();
  await page.mouse.move(edge!.x + 6, edge!.y + 10);
  await page.mouse.down();
  await page.mouse.move(edge!.x + 70, edge!.y + 10, { steps: 4 });
  await page.mouse.up();
  expect(await width()).toBeGreaterThan(before + 50);
  await openView(page);
  await page.getByRole('button', { name: 'Contact narrower' }).click();
  await expect.poll(width).toBeLessThan(before + 60);
});

test('what is pinned stays while the rest scrolls sideways', async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 700 });
  const columns = 'state.contact.below.devices.used.last_backup.country.level.email.phone';
  await page.goto(`/customers?under=${reseller.id}&level=end_customer&columns=${columns}`);
  await rowOf(page, 'Row 001').waitFor();
  await openView(page);
  await page.getByRole('button', { name: 'Keep Level in place' }).press('Enter');
  await page.keyboard.press('Escape');
  const grid = page.locator('.grid');
  await grid.evaluate((element) => element.scrollTo(600, 0));
  const inView = async (title: string) => {
    const [head, box] = await Promise.all([heads(page).filter({ hasText: title }).boundingBox(), grid.boundingBox()]);
    return head!.x >= box!.x && head!.x + head!.width <= box!.x + box!.width;
  };
  expect(await inView('Customer')).toBe(true);
  expect(await inView('Level')).toBe(true);
  expect(await inView('State')).toBe(false);
  await expect(rowOf(page, 'Row 001').getByText('End customer')).toBeInViewport();
});

test('it is sorted by what is not shown, too, and compact rows are kept', async ({ page }) => {
  await openView(page);
  await page.getByLabel('Sort by').selectOption({ label: 'Added' });
  await expect(page).toHaveURL(/sort=-created_at/u);
  await expect(rowOf(page, `Row ${MANY}`)).toBeVisible();
  await page.getByRole('button', { name: 'Descending: turn it round' }).click();
  await expect(page).toHaveURL(/sort=created_at/u);
  await page.getByRole('checkbox', { name: 'Compact rows' }).click();
  await page.reload();
  await rowOf(page, 'Row 001').waitFor();
  await expect(page.locator('.grid')).toHaveAttribute('data-compact', 'true');
});

test('sites are not mixed among customers, unless somebody asks for them', async ({ page, backend }, info) => {
  const parent = await backend.reseller(`Mixed ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(parent, 'Sited Ltd', { sites: ['hq'] });
  await page.goto(`/customers?under=${parent.id}`);
  await rowOf(page, 'Sited Ltd').waitFor();
  await expect(rowOf(page, 'hq')).toHaveCount(0);
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await expect(rowOf(page, 'hq')).toBeVisible();
  // Of a customer they are what stands below it.
  await page.goto(`/customers?under=${end.id}`);
  await expect(rowOf(page, 'hq')).toBeVisible();
  // And what is selected is what is seen.
  await page.goto(`/customers?under=${parent.id}`);
  await page.getByRole('checkbox', { name: 'Select all 2 customers' }).click();
  await page.getByRole('button', { name: 'Activate' }).click();
  await expect(page.getByRole('dialog')).toContainText('2 customers have no suspension of their own');
});

test('a list by site has a row for each; customers are suspended once, and ticked sites removed', async ({
  page,
  backend,
}, info) => {
  const parent = await backend.reseller(`By site ${info.workerIndex}`);
  await backend.endCustomer(parent, 'Forge Ltd', { sites: ['mill', 'yard'] });
  await backend.endCustomer(parent, 'Solo Ltd');
  await page.goto(`/customers?under=${parent.id}`);
  await page.getByRole('button', { name: 'By site', exact: true }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Forge Ltd' })).toHaveCount(2);
  await expect(page.getByRole('row').filter({ hasText: 'Solo Ltd' })).toHaveCount(1);
  const room = await page.locator('.grid').evaluate((grid) => grid.scrollWidth - grid.clientWidth);
  expect(room).toBe(0);
  await page.getByRole('checkbox', { name: 'Select Forge Ltd, mill' }).click();
  await page.getByRole('checkbox', { name: 'Select Forge Ltd, yard' }).click();
  await page.getByRole('button', { name: 'Suspend' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading')).toHaveText('Suspend 1 customer?');
  await page.keyboard.press('Escape');
  await page.getByRole('checkbox', { name: 'Select Forge Ltd, yard' }).click();
  await page.getByRole('button', { name: 'More to do with the selection' }).click();
  await page.getByRole('menuitem', { name: 'Remove site…' }).click();
  await expect(dialog.getByRole('heading')).toHaveText('Remove 1 site?');
  await dialog.getByLabel('Type 1 to confirm').fill('1');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toHaveText('1 done');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Forge Ltd' })).toHaveCount(1);
  await expect(page.getByRole('row').filter({ hasText: 'Forge Ltd' })).toContainText('yard');
  expect(await violations(page)).toEqual([]);
});
