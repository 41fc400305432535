import type { Customer } from '../src/api/schema';
import { Backend, complaintsOf, expect, test, violations } from './fixtures';
import { ADMINISTRATOR, startServer } from './server';

/** On a server of its own: the time in which it could be restored is over. */
test('who was deleted for good is found again, with what it was on a day', async ({ browser }) => {
  test.setTimeout(90_000);
  const server = await startServer({ setUp: true });
  const context = await browser.newContext({ baseURL: server.url });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const backend = new Backend(context.request);
  const reseller = await backend.reseller('Northwind');
  const end: Customer = await backend.endCustomer(reseller, 'Bakery Ltd');

  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto('/customers');
  await page.getByRole('link', { name: 'Deleted customers' }).click();
  await expect(page.getByText('None was deleted for good')).toBeVisible();
  expect(await violations(page)).toEqual([]);

  const deleted = await context.request.delete(`/api/v1/customers/${end.id}?remove_products=true`);
  expect(deleted.ok(), await deleted.text()).toBe(true);
  await server.halt();
  // A month and some days go by.
  server.amend(
    'update customers set created_at = created_at - 3000000000000, deletes_at = deletes_at - 3000000000000, ' +
      'deletion_scheduled_at = deletion_scheduled_at - 3000000000000 where deletes_at is not null',
  );
  await server.resume();

  // It appears by itself, and is opened by the keyboard.
  const row = page.getByRole('row', { name: /Bakery Ltd/u });
  await expect(row).toBeVisible({ timeout: 40_000 });
  await page.getByRole('searchbox', { name: 'Search names' }).fill('bak');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Bakery Ltd' });
  await expect(dialog).toContainText('0 devices');
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  await dialog.getByLabel('As it was at the end of').fill(day);
  await expect(dialog.getByText('Northwind', { exact: true })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  // While the server was away, it was asked.
  expect(complaints.filter((one) => !one.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  await context.close();
  await server.stop();
});
