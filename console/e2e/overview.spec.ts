import { expect, test, violations } from './fixtures';

test('the overview is where one lands, and its numbers lead to the rows that they count', async ({ page, backend }) => {
  const reseller = await backend.reseller('Overview partner');
  const bakery = await backend.endCustomer(reseller, 'Overview bakery', { max_devices: 2 });
  const dairy = await backend.endCustomer(reseller, 'Overview dairy');
  await backend.device(bakery, 'till-1');
  await backend.device(bakery, 'till-2');
  await backend.upload(await backend.register(dairy, 'churn'), 70_000);
  await backend.post(`/customers/${dairy.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });

  await page.goto('/');
  await expect(page).toHaveURL(/\/overview$/u);
  await expect(page.getByRole('link', { name: 'Overview', exact: true })).toHaveAttribute('aria-current', 'page');
  await page.goto(`/overview?under=${reseller.id}`);
  await expect(page.getByRole('heading', { name: 'Overview partner' })).toBeVisible();

  const attention = page.getByRole('region', { name: 'Needs attention' });
  await expect(attention.getByRole('link')).toHaveText([
    '1 customer has as many devices as it may have',
    '1 customer is suspended',
  ]);
  const backups = page.getByRole('region', { name: 'Last backups' });
  await backups.getByRole('link', { name: 'Never 3' }).click();
  await expect(page).toHaveURL(/\/devices\?/u);
  await expect(page.getByRole('status').filter({ hasText: 'in Overview partner and below' })).toContainText('3');
  await expect(page.getByRole('link', { name: 'till-1', exact: true })).toBeVisible();
  await page.goBack();
  await attention.getByRole('link', { name: /as many devices/u }).click();
  await expect(page.getByRole('status').filter({ hasText: 'in Overview partner and below' })).toContainText('1');
  await expect(page.getByRole('link', { name: 'Overview bakery', exact: true })).toBeVisible();
  await page.goBack();

  // Who uses how much, the most first.
  const children = page.getByRole('region', { name: 'Customers' });
  await expect(children.getByRole('row').nth(1)).toContainText('Overview dairy');
  await expect(children.getByRole('row').nth(1)).toContainText('70 kB');
  await children.getByRole('link', { name: 'Overview bakery' }).click();
  await expect(page.getByRole('heading', { name: 'Overview bakery' })).toBeVisible();
});

test('what happens shows by itself', async ({ page, backend }) => {
  const reseller = await backend.reseller('Live partner');
  const bakery = await backend.endCustomer(reseller, 'Live bakery');
  await backend.device(bakery, 'till');
  await page.goto(`/overview?under=${reseller.id}`);
  const attention = page.getByRole('region', { name: 'Needs attention' });
  await expect(attention).toContainText('Nothing.');
  await backend.post(`/customers/${bakery.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await expect(attention.getByRole('link', { name: '1 customer is suspended' })).toBeVisible();
  await backend.post(`/customers/${bakery.id}/activate`, {});
  await expect(attention).toContainText('Nothing.');
  await backend.upload(await backend.register(bakery, 'oven'), 2_500_000);
  await expect(page.getByRole('region', { name: 'Space', exact: true })).toContainText('2.5 MB');
});

test('a partner’s page has the same overview', async ({ page, backend }) => {
  const distributor = await backend.distributor('Same distributor');
  const reseller = await backend.reseller('Same partner', distributor);
  await page.goto(`/customers/${reseller.id}`);
  await expect(page.getByRole('region', { name: 'Customers' })).toContainText('No customers yet');
  await backend.device(await backend.endCustomer(reseller, 'Same bakery'), 'till');
  await expect(page.getByRole('region', { name: 'Last backups' })).toContainText('of 1 device within a day');
  await page.goto(`/overview?under=${distributor.id}`);
  await page.getByRole('region', { name: 'Directly below' }).getByRole('link', { name: 'Same partner' }).click();
  await expect(page).toHaveURL(new RegExp(`/overview\\?under=${reseller.id}$`, 'u'));
});

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`the overview at ${width} pixels in ${scheme} colours`, async ({ page, backend }) => {
      const reseller = await backend.reseller(`Seen partner ${scheme} ${width}`);
      const bakery = await backend.endCustomer(reseller, 'Seen bakery', { max_devices: 1 });
      await backend.upload(await backend.register(bakery, 'till'), 50_000);
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`/overview?under=${reseller.id}`);
      await expect(page.getByRole('region', { name: 'Space', exact: true })).toContainText('50 kB');
      expect(await violations(page)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}
