import type { Customer, Licence, Product } from '../src/api/schema';
import { expect, test, violations } from './fixtures';

test('zz', async ({ page, backend }) => {
  const reseller = await backend.reseller('Northwind');
  const end: Customer = await backend.endCustomer(reseller, 'Bakery Ltd');
  await page.goto('/products');
  await page.waitForTimeout(800);
  await page.screenshot({ path: '/tmp/shots/products.png' });
  await page.getByRole('button', { name: /^Edit Storage/u }).first().click();
  await page.waitForTimeout(500);
  await page.screenshot({ path: '/tmp/shots/product.png' });
  const products = await (await page.request.get('/api/v1/products')).json();
  const product = products.items.find((one: Product) => one.name === 'Endpoint for workstations');
  const licence: Licence = await backend.post(`/customers/${end.id}/licences`, { product_id: product.id, quantity: 5 });
  expect(licence.quantity).toBe(5);
  await page.goto(`/customers/${end.id}?tab=licences`);
  await page.getByLabel('Held at the end of').fill(new Date().toISOString().slice(0, 10));
  await page.waitForTimeout(800);
  await page.screenshot({ path: '/tmp/shots/held.png', fullPage: true });
  expect(await violations(page)).toEqual([]);
});
