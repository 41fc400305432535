import type { Locator, Page } from '@playwright/test';
import type { Customer } from '../src/api/schema';
import { expect, rowOf, test, violations } from './fixtures';

let reseller: Customer;

test.beforeAll(async ({ backend }, info) => {
  reseller = await backend.reseller(`Filtered ${info.workerIndex}`);
  const one = await backend.endCustomer(reseller, 'Amber Bakery', { max_devices: 3 });
  await backend.endCustomer(reseller, 'Birch Bakery', { country: 'FR', max_devices: 9 });
  const late = await backend.endCustomer(reseller, 'Cedar Estates', { country: 'FR' });
  await backend.post(`/customers/${late.id}/suspend`, { reason: 'Invoice', mode: 'full_stop' });
  await backend.device(one, 'files-01');
  await backend.device(one, 'sql-02');
  await backend.post('/users', {
    customer_id: reseller.id,
    email: `kim${info.workerIndex}-${Date.now()}@filtered.example`,
    name: 'Kim Sato',
    role: 'supporter',
  });
});

const line = (page: Page) => page.getByRole('combobox', { name: 'Filter as text' });
const button = (page: Page) => page.getByRole('button', { name: /^Filter\b/u });
const pane = (page: Page) => page.getByRole('complementary', { name: 'Filter' });
const part = (within: Locator, title: string) => within.getByRole('group', { name: title, exact: true });
const filterOf = (page: Page) => new URL(page.url()).searchParams.get('filter');

async function open(page: Page, path: string) {
  await page.goto(path);
  await expect(page.getByRole('row').nth(1)).toBeVisible();
}

test('boxes in the pane become text, with counts, and the address shows the same to others', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}`);
  await page.keyboard.press('f');
  await expect(page.getByRole('heading', { name: 'Filter' })).toBeFocused();
  const state = part(pane(page), 'State');
  await expect(state.getByRole('checkbox', { name: 'Active 3' })).toBeVisible();
  await state.getByRole('checkbox', { name: /Suspended/u }).click();
  await expect(line(page)).toHaveValue('effective_state.state == suspended');
  await expect(rowOf(page, 'Cedar Estates')).toBeVisible();
  await expect(rowOf(page, 'Amber Bakery')).toHaveCount(0);
  // The other values keep their counts; other fields count what is left.
  await expect(state.getByRole('checkbox', { name: 'Active 3' })).toBeVisible();
  await expect(part(pane(page), 'Level').getByRole('checkbox', { name: 'End customer 1' })).toBeVisible();
  await state.getByRole('checkbox', { name: /Active/u }).click();
  await expect(line(page)).toHaveValue('effective_state.state in (active, suspended)');

  await pane(page).getByText('Device limit', { exact: true }).click();
  await part(pane(page), 'Device limit').getByLabel('From').pressSequentially('2');
  await part(pane(page), 'Device limit').getByLabel('To').pressSequentially('5');
  await expect(line(page)).toHaveValue(
    'effective_state.state in (active, suspended) and max_devices >= 2 and max_devices <= 5',
  );
  await expect(rowOf(page, 'Amber Bakery')).toBeVisible();
  await expect(rowOf(page, 'Birch Bakery')).toHaveCount(0);

  await page.goto(page.url());
  await expect(part(pane(page), 'Device limit').getByLabel('From')).toHaveValue('2');
  await expect(rowOf(page, 'Amber Bakery')).toBeVisible();
  await expect(rowOf(page, 'Birch Bakery')).toHaveCount(0);
  await pane(page).getByRole('button', { name: 'Clear all' }).click();
  await expect(rowOf(page, 'Birch Bakery')).toBeVisible();
  expect(filterOf(page)).toBeNull();
});

test('a filter is typed with what is offered, and shown in the pane', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}`);
  await button(page).click();
  await line(page).click();
  await page.keyboard.type('coun');
  await expect(page.getByRole('option', { name: 'country Country' })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(line(page)).toHaveValue('country ');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(line(page)).toHaveValue('country == ');
  await page.keyboard.type('fran');
  await page.getByRole('option', { name: 'FR France' }).click();
  await expect(line(page)).toHaveValue('country == FR ');
  await page.keyboard.type('and company_name ~ bakery');
  await page.keyboard.press('Tab');
  await expect(line(page)).toHaveValue('country == FR and company_name ~ "bakery" ');
  expect(filterOf(page)).toBeNull();
  await page.keyboard.press('Enter');
  await expect(rowOf(page, 'Birch Bakery')).toBeVisible();
  await expect(rowOf(page, 'Amber Bakery')).toHaveCount(0);
  await expect(rowOf(page, 'Cedar Estates')).toHaveCount(0);
  expect(filterOf(page)).toBe('country == FR and company_name ~ "bakery"');
  await expect(part(pane(page), 'Country').getByRole('checkbox', { name: /France/u })).toBeChecked();
  await expect(part(pane(page), 'Company name').getByRole('textbox')).toHaveValue('bakery');
  // Nothing is begun and nothing chosen: Tab leads on.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await expect(line(page)).not.toBeFocused();
});

test('what is wrong is told with its place, and what was meant is one press away', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}`);
  await button(page).click();
  await line(page).click();
  await page.keyboard.type('company_name ~ "a" and levle == end_custmer', { delay: 5 });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('At character 24: there is no field `levle`');
  await expect(page.getByText('The list waits for its filter')).toBeVisible();
  await expect(line(page)).toHaveAttribute('aria-invalid', 'true');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: /^Show the place: .*levle/u }).click();
  await expect(line(page)).toBeFocused();
  const selected = await line(page).evaluate((input: HTMLInputElement) =>
    input.value.slice(input.selectionStart ?? 0, input.selectionEnd ?? 0),
  );
  expect(selected).toBe('levle');
  await page.getByRole('button', { name: 'Use level' }).click();
  await expect(alert).toContainText('level is never `end_custmer`');
  await page.getByRole('button', { name: 'Use end_customer' }).click();
  await expect(alert).toHaveCount(0);
  await expect(rowOf(page, 'Amber Bakery')).toBeVisible();
});

test('what the pane has no controls for stays as it was typed', async ({ page }) => {
  const other = '(country == FR or max_devices < 4)';
  await open(page, `/customers?under=${reseller.id}&filter=${encodeURIComponent(`${other} and level != site`)}`);
  await button(page).click();
  await expect(pane(page).getByText('can only be changed as text')).toBeVisible();
  await expect(pane(page).getByText(other)).toBeVisible();
  await part(pane(page), 'State')
    .getByRole('checkbox', { name: /Active/u })
    .click();
  await expect(line(page)).toHaveValue(`${other} and level != site and effective_state.state == active`);
  await expect(rowOf(page, 'Cedar Estates')).toHaveCount(0);
  await expect(rowOf(page, 'Birch Bakery')).toBeVisible();
});

test('a selection ends with the filter that it was made under, and nothing found says so', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}`);
  await page.getByRole('checkbox', { name: /^Select all/u }).click();
  await expect(page.getByText(/^\d selected$/u)).toBeVisible();
  await page.keyboard.press('f');
  await part(pane(page), 'Level').getByRole('checkbox', { name: 'Sub-distributor 0' }).click();
  await expect(page.getByText('No customer fits the filter')).toBeVisible();
  await expect(page.getByText(/^\d selected$/u)).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear the filter' }).last().click();
  await expect(rowOf(page, 'Amber Bakery')).toBeVisible();
});

test('the pane is reached and left with the keyboard, and remembered', async ({ page }) => {
  await open(page, `/customers?under=${reseller.id}`);
  await page.keyboard.press('f');
  await expect(page.getByRole('heading', { name: 'Filter' })).toBeFocused();
  for (let n = 0; n < 4; n += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await expect(pane(page)).toHaveCount(0);
  await expect(button(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(pane(page)).toBeVisible();
  await page.reload();
  await expect(pane(page)).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.type('fff');
  await expect(pane(page)).toBeVisible();
});

test('devices and people are filtered alike', async ({ page }) => {
  await open(page, `/devices?under=${reseller.id}`);
  await page.keyboard.press('f');
  await pane(page).getByText('Name', { exact: true }).click();
  await part(pane(page), 'Name').getByRole('textbox').pressSequentially('sql');
  await expect(rowOf(page, 'sql-02')).toBeVisible();
  await expect(rowOf(page, 'files-01')).toHaveCount(0);
  await part(pane(page), 'Last backup').getByLabel('Older than', { exact: false }).first().pressSequentially('2');
  await expect(page.getByText('No device fits the filter')).toBeVisible();
  await part(pane(page), 'Last backup').getByRole('checkbox', { name: 'Or has none' }).click();
  await expect(line(page)).toHaveValue('name ~ "sql" and (last_backup_at < now-2d or not exists(last_backup_at))');
  await expect(rowOf(page, 'sql-02')).toBeVisible();
  await open(page, `/people?under=${reseller.id}`);
  await part(pane(page), 'Role').getByRole('checkbox', { name: 'Administrator 0' }).click();
  await expect(page.getByText('Nobody fits the filter')).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390, 320]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 844 } });

      test('nothing for axe to find, and nothing scrolls sideways', async ({ page }) => {
        await open(page, `/customers?under=${reseller.id}&filter=level+%3D%3D+end_customer+and+not+exists(kind)`);
        await page.keyboard.press('f');
        const place = width < 600 ? page.getByRole('dialog') : pane(page);
        await expect(part(place, 'Level').getByRole('checkbox', { name: /End customer/u })).toBeChecked();
        await place.getByText('Country', { exact: true }).click();
        await place.getByText('Company name', { exact: true }).click();
        await part(place, 'Last backup').getByRole('combobox').first().selectOption('By date');
        expect(await violations(page)).toEqual([]);
        const boxes = ['html', 'main', '.filter-body'];
        const overflow = await page.evaluate(
          (names) => names.map((name) => document.querySelector(name)!).map((box) => box.scrollWidth - box.clientWidth),
          boxes,
        );
        expect(overflow).toEqual([0, 0, 0]);
        if (width < 600) {
          await place.getByRole('button', { name: /^Show 3 customers/u }).click();
          await expect(button(page)).toBeFocused();
        }
        await line(page).click();
        await page.keyboard.press('End');
        await page.keyboard.type(' and ');
        await expect(page.getByRole('option').first()).toBeVisible();
        expect(await violations(page)).toEqual([]);
      });
    });
  }
}
