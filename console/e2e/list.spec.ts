import type { Customer } from '../src/api/schema';
import { expect, rowOf, test } from './fixtures';

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

test('a slash leads to the search, which ignores case and is kept in the address', async ({ page }) => {
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Name, email or reference' })).toBeFocused();
  await page.keyboard.type('rOW 11');
  await expect(page).toHaveURL(/q=rOW\+11/u);
  await expect(page.getByText(`10 in ${reseller.company_name} and below`)).toBeVisible();
  await page.reload();
  await expect(page.getByRole('searchbox', { name: 'Name, email or reference' })).toHaveValue('rOW 11');
  await page.getByRole('searchbox', { name: 'Name, email or reference' }).fill('nothing is called this');
  await expect(page.getByRole('heading', { name: 'No customer fits' })).toBeVisible();
  await page.getByRole('button', { name: 'Clear search and level' }).click();
  await expect(page).toHaveURL(new RegExp(`under=${reseller.id}$`, 'u'));
});

test('what stands in the search is taken out by one button, and it is ours', async ({ page }) => {
  const search = page.getByRole('searchbox', { name: 'Name, email or reference' });
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
