import { expect, test, violations } from './fixtures';

/** A country that no shipped location serves, another for each worker. */
const COUNTRIES = ['Finland', 'Iceland', 'Greece', 'Malta', 'Cyprus', 'Estonia'];

test('the provider adds a location, says whom it serves, withdraws it, and migrates a customer', async ({
  page,
  backend,
}, info) => {
  const turn = `${info.workerIndex}-${info.repeatEachIndex}`;
  const country = COUNTRIES[(info.workerIndex * 2 + info.repeatEachIndex) % COUNTRIES.length]!;
  const name = `Vault ${turn}`;
  await page.goto('/locations');
  await page.getByRole('button', { name: 'Add location' }).click();
  const dialog = page.getByRole('dialog');
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(country.toLowerCase(), { delay: 15 });
  await page.keyboard.press('Enter');
  await dialog.getByLabel('Serves').fill('Atlantis');
  await dialog.getByRole('button', { name: 'Add location' }).click();
  await expect(dialog.getByRole('alert')).toContainText('“Atlantis” is no country.');
  await dialog.getByLabel('Serves').fill('Germany');
  await dialog.getByRole('button', { name: 'Add location' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Customers of DE store in');
  await dialog.getByLabel('Serves').fill(country);
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add location' }).click();
  const row = page
    .getByRole('region', { name: 'All storage locations' })
    .getByRole('listitem')
    .filter({ hasText: name });
  await expect(row).toContainText(`In ${country}, which it serves`);

  // Out of the choice, and back in it.
  await row.getByRole('button', { name: `Withdraw ${name}` }).click();
  await expect(row).toContainText('Withdrawn');
  await expect(row).toContainText('kept by those who have it');
  expect(await violations(page)).toEqual([]);
  await row.getByRole('button', { name: `Offer again ${name}` }).click();
  await expect(row).toContainText('to be chosen where no other serves the country');

  const reseller = await backend.reseller(`Storing ${turn}`);
  const customer = await backend.endCustomer(reseller, `Stored ${turn}`);
  await page.goto(`/customers/${customer.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Change the storage location…' }).click();
  await dialog.getByLabel('Storage location', { exact: true }).selectOption(name);
  await dialog.getByRole('button', { name: 'Change the location' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Reason');
  await dialog.getByLabel('Reason').fill('Agreed with them');
  await dialog.getByRole('button', { name: 'Change the location' }).click();
  await expect(page.getByText(`Stored ${turn} stores in ${name}`)).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Details' })).toContainText(name);
  expect(await violations(page)).toEqual([]);
});
