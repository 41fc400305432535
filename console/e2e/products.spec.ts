import { expect, test, violations } from './fixtures';

test('the provider adds a product and a plan, edits and retires them; a partner reads', async ({
  page,
  backend,
  browser,
  server,
}, info) => {
  const name = `Vault ${info.workerIndex}-${info.repeatEachIndex}`;
  await page.goto('/products');
  await expect(page.getByRole('heading', { name: 'Products' })).toBeVisible();
  await page.getByRole('button', { name: 'Add product' }).click();
  const dialog = page.getByRole('dialog');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('Name: This is needed.');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Unit').selectOption('seat');
  await dialog.getByRole('button', { name: 'Add product' }).click();
  const card = page.getByRole('region', { name, exact: true });
  await expect(card).toContainText('Per Seat · managed here');
  await expect(card).toContainText('No plan yet');

  await card.getByRole('button', { name: 'Add plan' }).click();
  await page.keyboard.type(`${name} yearly`);
  await dialog.getByRole('checkbox', { name: 'Renewed by itself' }).check();
  await dialog.getByLabel('Term in days').fill('never');
  await dialog.getByRole('button', { name: 'Add plan' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Write a whole number from 1 to 3,650.');
  await dialog.getByLabel('Term in days').fill('');
  await dialog.getByRole('button', { name: 'Add plan' }).click();
  await expect(card).toContainText('12 months, renewed by itself');
  await card.getByRole('button', { name: `Edit ${name} yearly` }).click();
  await dialog.getByLabel('Term in months').fill('24');
  await page.keyboard.press('Enter');
  await expect(card).toContainText('24 months, renewed by itself');
  expect(await violations(page)).toEqual([]);

  await card.getByRole('button', { name: `Retire ${name} yearly` }).click();
  await expect(card.getByRole('list')).toContainText('Retired');
  await card.getByRole('button', { name: 'Retire', exact: true }).click();
  await expect(card.getByRole('button', { name: 'Sell again', exact: true })).toBeVisible();
  await expect(card.getByRole('button', { name: 'Add plan' })).toHaveCount(0);

  // Whoever sells it reads it.
  const reseller = await backend.reseller(`Seller ${info.workerIndex}-${info.repeatEachIndex}`);
  const email = `sel${info.workerIndex}${info.repeatEachIndex}@seller.example`;
  const password = 'copper meadow violin 19';
  await backend.post('/users', { customer_id: reseller.id, email, name: 'Sel', role: 'administrator', password });
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  await context.request.post('/api/v1/sessions', { data: { login: email, password } });
  const theirs = await context.newPage();
  await theirs.goto('/products');
  await expect(theirs.getByRole('region', { name, exact: true })).toContainText('Retired');
  await expect(theirs.getByRole('button', { name: /^(Add|Edit|Retire)/u })).toHaveCount(0);
  await context.close();
});
