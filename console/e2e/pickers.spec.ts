import type { Page } from '@playwright/test';
import type { Customer, CustomerCreate } from '../src/api/schema';
import { expect, test, type Backend } from './fixtures';

/** Typed as people type: whole names, fast, with keys, and not by clicking. */

let unique = 0;

async function resellers(backend: Backend, worker: number): Promise<[Customer, Customer]> {
  unique += 1;
  const first = await backend.reseller(`Calderwick ${worker}-${unique}`);
  return [first, await backend.reseller(`Meridian Lücke ${worker}-${unique}`)];
}

// While a list is open, everything but it and its field is hidden from who listens, and from roles.
const under = (page: Page) => page.locator('input[id$="-parent_id"]');
const country = (page: Page) => page.locator('input[id$="-country"]');
const add = (page: Page) => page.locator('form button[type="submit"]');

/** What the browser sends to make a customer. */
function sent(page: Page): Promise<CustomerCreate> {
  return page
    .waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/api/v1/customers'))
    .then((request) => request.postDataJSON() as CustomerCreate);
}

async function replaceBy(page: Page, text: string, delay = 0): Promise<void> {
  await under(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text, { delay });
}

for (const [how, leave] of [
  ['Tab', (page: Page) => page.keyboard.press('Tab')],
  ['Enter', (page: Page) => page.keyboard.press('Enter')],
  ['a press elsewhere', (page: Page) => page.locator('h1').click()],
] as const) {
  test(`a parent that was typed whole and left by ${how} is the one that is sent`, async ({ page, backend }, info) => {
    const [former, wanted] = await resellers(backend, info.workerIndex);
    await page.goto(`/customers/new?parent=${former.id}`);
    await expect(under(page)).toHaveValue(former.company_name);
    await replaceBy(page, wanted.company_name.toLowerCase());
    await leave(page);
    await expect(under(page)).toHaveValue(wanted.company_name);
    await expect(page.getByRole('listbox')).toHaveCount(0);
    await expect(page.getByText(`Provider${wanted.company_name}`)).toBeVisible();
    await expect(add(page)).toHaveText(`Add end customer to ${wanted.company_name}`);
    await page.getByLabel('Company name').fill('Typed Ltd');
    await country(page).pressSequentially('Germany');
    const request = sent(page);
    await add(page).click();
    expect((await request).parent_id).toBe(wanted.id);
    await expect(page.getByRole('heading', { name: 'Typed Ltd was added' })).toBeVisible();
  });
}

test('the form is sent in one go, while the parent is still being looked up', async ({ page, backend }, info) => {
  const [former, wanted] = await resellers(backend, info.workerIndex);
  await page.route(/\/api\/v1\/customers\?level=/u, async (route) => {
    await new Promise((later) => setTimeout(later, 400));
    await route.continue();
  });
  await page.goto(`/customers/new?parent=${former.id}`);
  await page.getByLabel('Company name').fill('Hasty Ltd');
  await country(page).pressSequentially('germany');
  await replaceBy(page, wanted.company_name);
  const request = sent(page);
  await add(page).click();
  expect(await request).toMatchObject({ parent_id: wanted.id, country: 'DE' });
});

test('a parent that was cleared is none, and a text that fits nobody or several is an error', async ({
  page,
  backend,
}, info) => {
  const [former] = await resellers(backend, info.workerIndex);
  const twins = [`Twin ${info.workerIndex}-${unique}`, `twin ${info.workerIndex}-${unique}`];
  const distributor = await backend.distributor(`Above ${info.workerIndex}-${unique}`);
  const [, second] = [await backend.reseller(twins[0]!), await backend.reseller(twins[1]!, distributor)];
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(request.url());
  });
  await page.goto(`/customers/new?parent=${former.id}`);
  await page.getByLabel('Company name').fill('Nobody Ltd');
  await country(page).pressSequentially('DE');

  await replaceBy(page, '');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Tab');
  await add(page).click();
  await expect(page.getByRole('alert')).toContainText('Under: Choose the customer that it stands under.');

  await replaceBy(page, 'Nobody is called this');
  await page.keyboard.press('Tab');
  await expect(page.getByText('No distributor or reseller here is called “Nobody is called this”.')).toBeVisible();
  await expect(under(page)).toHaveAttribute('aria-invalid', 'true');
  await add(page).click();
  await expect(page.getByRole('alert')).toContainText('Under: No distributor or reseller here is called');

  await replaceBy(page, twins[0]!);
  await page.keyboard.press('Enter');
  await expect(page.getByText(`More than one is called “${twins[0]}”: choose from the list.`)).toBeVisible();
  expect(posts).toEqual([]);

  // The list tells them apart, and so does the path.
  await page.getByRole('option').filter({ hasText: distributor.company_name }).click();
  await expect(under(page)).toHaveValue(twins[1]!);
  await expect(page.getByText(`${distributor.company_name}${twins[1]}`)).toBeVisible();
  const request = sent(page);
  await add(page).click();
  expect((await request).parent_id).toBe(second.id);
});

test('arrows and paste choose, too, and Escape closes the list only', async ({ page, backend, context }, info) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const [former, wanted] = await resellers(backend, info.workerIndex);
  await page.goto(`/customers/new?parent=${former.id}`);
  await expect(under(page)).toHaveValue(former.company_name);
  // A fragment, and then the first of the list.
  await replaceBy(page, wanted.company_name.slice(3));
  await page.getByRole('option', { name: wanted.company_name }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(under(page)).toHaveValue(wanted.company_name);
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await expect(add(page)).toHaveText(`Add end customer to ${wanted.company_name}`);

  await page.evaluate((text) => navigator.clipboard.writeText(text), former.company_name);
  await under(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+v');
  await page.keyboard.press('Tab');
  await expect(under(page)).toHaveValue(former.company_name);
  await expect(add(page)).toHaveText(`Add end customer to ${former.company_name}`);

  await replaceBy(page, 'cald');
  await page.getByRole('listbox').waitFor();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await expect(under(page)).toHaveValue('cald');
  await expect(add(page)).toHaveText('Add customer');
});

test('a suspended parent is listed, and says why it cannot be one', async ({ page, backend }, info) => {
  const [former, wanted] = await resellers(backend, info.workerIndex);
  await backend.post(`/customers/${wanted.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await page.goto(`/customers/new?parent=${former.id}`);
  await expect(under(page)).toHaveValue(former.company_name);
  await replaceBy(page, wanted.company_name);
  await expect(page.getByRole('option', { name: wanted.company_name })).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Tab');
  await expect(page.getByText(`${wanted.company_name}: Nothing can be added`)).toBeVisible();
});

test('accents make no difference to who is found', async ({ page, backend }, info) => {
  unique += 1;
  const wanted = await backend.reseller(`Mühlenhof ${info.workerIndex}-${unique}`);
  await page.goto('/customers/new');
  await replaceBy(page, wanted.company_name.replace('ü', 'u').toLowerCase());
  await page.keyboard.press('Tab');
  await expect(under(page)).toHaveValue(wanted.company_name);
  await expect(add(page)).toHaveText(`Add end customer to ${wanted.company_name}`);
});

test('text in a picker is something typed, though it means nothing yet', async ({ page }) => {
  await page.goto('/customers');
  await page.getByRole('link', { name: 'Add customer' }).click();
  await country(page).fill('Atlan');
  await page.keyboard.press('Tab');
  await page.getByRole('link', { name: 'Devices', exact: true }).click();
  await expect(page.getByRole('alertdialog')).toContainText('Leave without saving?');
  await page.getByRole('button', { name: 'Stay' }).click();
  await country(page).fill('');
  await page.keyboard.press('Tab');
  await page.getByRole('link', { name: 'Devices', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Devices', level: 1 })).toBeVisible();
});

test('what a country asks for is next, and nothing below it moves', async ({ page, backend }, info) => {
  const [reseller] = await resellers(backend, info.workerIndex);
  await page.goto(`/customers/new?parent=${reseller.id}`);
  const next = page.getByRole('checkbox', { name: /On trial/u });
  const location = page.getByLabel('Storage location');
  await expect(location).toBeDisabled();
  const place = await next.boundingBox();
  await country(page).pressSequentially('Germany');
  await page.keyboard.press('Tab');
  await expect(next).toBeFocused();
  await expect(location).toBeDisabled();
  expect(await next.boundingBox()).toEqual(place);
  await country(page).fill('Austria');
  await page.keyboard.press('Tab');
  await expect(location).toBeFocused();
  expect(await next.boundingBox()).toEqual(place);
});

test('a country is taken as typed, by name, code or the only match', async ({ page }) => {
  await page.goto('/customers/new');
  for (const key of ['Tab', 'Enter']) {
    for (const text of ['Germany', 'germany', 'DE', 'Germ']) {
      await country(page).focus();
      await page.keyboard.press('Control+a');
      await page.keyboard.type(text);
      await page.keyboard.press(key);
      await expect(country(page)).toHaveValue('Germany');
      await expect(page.getByText('Decided by the country')).toBeVisible();
      await expect(page.getByRole('listbox')).toHaveCount(0);
    }
  }
  await country(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('reunion');
  await page.keyboard.press('Tab');
  await expect(country(page)).toHaveValue('Réunion');
});

test('beginnings come before what only contains the text, and Enter guesses nothing', async ({ page }) => {
  await page.goto('/customers/new');
  await country(page).focus();
  await page.keyboard.type('uni');
  await expect(page.getByRole('option').first()).toHaveText('United Arab Emirates');
  await expect(page.getByRole('option', { name: 'Réunion' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(country(page)).toHaveValue('uni');
  await expect(page.getByText('More than one fits “uni”: type more of the name')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(country(page)).toHaveValue('United Kingdom');
  await expect(page.getByText('More than one fits')).toHaveCount(0);
});

test('in a dialog, the button is pressed right after typing, and Escape closes the list before the dialog', async ({
  page,
  backend,
}, info) => {
  const [reseller] = await resellers(backend, info.workerIndex);
  const end = await backend.endCustomer(reseller, 'Placed Ltd');
  await page.goto(`/customers/${end.id}?add=site`);
  await page.getByLabel('Name', { exact: true }).fill('plant_2');
  await country(page).pressSequentially('Austri');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await expect(page.getByRole('dialog')).toBeVisible();
  // What the country brings with it moves the button; the press counts nevertheless.
  await add(page).click();
  await expect(page.getByRole('alert')).toContainText('Storage location: Choose one: none serves the country.');
  await expect(country(page)).toHaveValue('Austria');
  await page.getByLabel('Storage location').selectOption({ label: 'Germany' });
  await country(page).fill('Atlantis');
  await add(page).click();
  await expect(page.getByRole('alert')).toContainText('Country: No country here is called “Atlantis”.');
  await country(page).fill('Austria');
  const request = page.waitForRequest(/\/sites$/u);
  await add(page).click();
  expect((await request).postDataJSON()).toMatchObject({ name: 'plant_2', country: 'AT' });
  await expect(page.getByRole('region', { name: 'Sites' })).toContainText('plant_2');
});
