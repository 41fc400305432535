import { expect, test, violations } from './fixtures';

test('a reseller splits its space, and a full customer backs up once it has more', async ({ page, backend }, info) => {
  const names = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Splitter ${names}`);
  const customer = await backend.endCustomer(reseller, `Roomy ${names}`);
  const credentials = await backend.register(customer, 'till');
  await backend.upload(credentials, 300_000);

  await page.goto(`/customers/${reseller.id}`);
  const card = page.getByRole('region', { name: 'Allotted space' });
  await expect(card).toContainText('Nothing of its own');
  await card.getByRole('button', { name: 'Allot space' }).click();
  await page.keyboard.type('a lot');
  await page.keyboard.press('Enter');
  await expect(card.getByRole('alert')).toContainText('Write a number and a unit');
  await card.getByLabel('Allotted space').fill('1 MB');
  await page.keyboard.press('Enter');
  await expect(page.getByText(`Splitter ${names} holds 1 MB`)).toBeVisible();
  await expect(card.getByRole('meter')).toHaveAttribute('aria-valuetext', '300\u00a0kB of 1\u00a0MB used');
  await expect(card).toContainText('Free700\u00a0kB');
  expect(await violations(page)).toEqual([]);

  // The customer draws on that, until it has its own.
  await page.goto(`/customers/${customer.id}`);
  const own = page.getByRole('region', { name: 'Space', exact: true });
  await expect(own).toContainText(`Draws on what Splitter ${names} holds`);
  await own.getByRole('button', { name: 'Allot space' }).click();
  await page.keyboard.type('2 MB');
  await page.keyboard.press('Enter');
  await expect(own.getByRole('alert')).toContainText(`Splitter ${names} has no more than 1 MB for this.`);
  await own.getByLabel('Allotted space').fill('100 kB');
  await page.keyboard.press('Enter');
  await expect(own.getByRole('alert')).toContainText('300 kB are used');
  await own.getByLabel('Allotted space').fill('300 kB');
  await page.keyboard.press('Enter');
  await expect(own.getByRole('meter')).toHaveAttribute('aria-valuetext', '300\u00a0kB of 300\u00a0kB used');
  const above = own.getByRole('region', { name: `Space of Splitter ${names}` });
  await expect(above).toContainText('Handed on300\u00a0kB');
  await expect(above).toContainText('Free700\u00a0kB');
  await backend.isRefused(credentials);
  await expect(page.getByText(`Customer Roomy ${names} has no space left`).first()).toBeVisible();
  expect(await violations(page)).toEqual([]);

  await own.getByRole('button', { name: 'Change' }).click();
  await expect(own.getByLabel('Allotted space')).toHaveValue('300 kB');
  await own.getByLabel('Allotted space').fill('500 kB');
  await page.keyboard.press('Enter');
  await expect(above).toContainText('Handed on500\u00a0kB');
  await backend.snapshot(credentials);
  await expect(own.getByRole('meter')).toHaveAttribute('aria-valuetext', /400\u00a0kB of 500\u00a0kB used/u);

  // The machine may have some of its own.
  await page.goto(`/devices/${credentials.device_id}`);
  await expect(card).toContainText(`Draws on what Roomy ${names} holds`);
  await card.getByRole('button', { name: 'Allot space' }).click();
  await page.keyboard.type('450 kB');
  await page.keyboard.press('Enter');
  await expect(card.getByRole('meter')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.goto(`/customers/${customer.id}?tab=activity`);
  await expect(page.getByRole('main')).toContainText('allotted space to');
});

test('one page goes down the tree of space and edits it row by row', async ({ page, backend }, info) => {
  const names = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Tree ${names}`);
  const customer = await backend.endCustomer(reseller, `Leaf ${names}`);
  const credentials = await backend.register(customer, 'safe');
  await backend.upload(credentials, 200_000);
  await page.goto(`/space?under=${reseller.id}`);
  await expect(page.getByRole('heading', { name: `Space and licences of Tree ${names}` })).toBeVisible();
  await page.getByRole('button', { name: `Open space of Leaf ${names}` }).click();
  const row = page.getByRole('region', { name: 'Directly below' });
  await row.getByRole('button', { name: 'Allot space' }).click();
  await page.keyboard.type('1 MB');
  await page.keyboard.press('Enter');
  await expect(row.getByRole('row', { name: new RegExp(`^Leaf ${names}`, 'u') })).toContainText('1\u00a0MB');
  expect(await violations(page)).toEqual([]);
  await row.getByRole('link', { name: `Leaf ${names}` }).click();
  await expect(page.getByRole('heading', { name: `Space and licences of Leaf ${names}` })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Devices' })).toContainText('200\u00a0kB');
  expect(await violations(page)).toEqual([]);
});

test('licences are handed on cell by cell, and never more than are held', async ({ page, backend }, info) => {
  const names = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Dealer ${names}`);
  const customer = await backend.endCustomer(reseller, `Buyer ${names}`);
  const { id: product_id } = await backend.post<{ id: string }>('/products', { name: `Seats ${names}`, unit: 'seat' });
  await backend.post(`/customers/${customer.id}/licences`, { product_id, quantity: 3 });
  await page.goto(`/space?under=${reseller.id}`);
  const card = page.getByRole('region', { name: 'Licence pools' });
  const cell = card.getByLabel(`Seats ${names}: may hand out`);
  await cell.click();
  await page.keyboard.type('2');
  await page.keyboard.press('Enter');
  await expect(card.getByRole('alert')).toContainText('3 are held as licences');
  await expect(card.getByRole('alert')).toContainText(`Buyer ${names} takes 3`);
  await page.keyboard.type('0');
  await page.keyboard.press('Tab');
  await expect(page.getByText(`Dealer ${names} may hand out 20 of Seats ${names}`)).toBeVisible();
  const row = card.getByRole('row', { name: new RegExp(`^Seats ${names}`, 'u') });
  await expect(row.getByRole('cell').last()).toHaveText('17');
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('pools.png') });

  // At the customer the number above is told, and what is too much is refused where it was typed.
  await page.goto(`/customers/${customer.id}?tab=licences`);
  const below = page.getByRole('region', { name: 'Licence pools' });
  const own = below.getByLabel(`Seats ${names}: may hand out`);
  await expect(below).toContainText(`Dealer ${names} has 17 left`);
  await own.fill('21');
  await page.keyboard.press('Enter');
  await expect(below.getByRole('alert')).toContainText('no more than 20');
  await page.keyboard.press('Escape');
  await expect(own).toHaveValue('');
  await expect(below.getByRole('alert')).toHaveCount(0);
});

test('a whole subtree is edited like a sheet, and saved together or not at all', async ({ page, backend }, info) => {
  const names = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Sheet ${names}`);
  const one = await backend.endCustomer(reseller, `First ${names}`);
  const two = await backend.endCustomer(reseller, `Second ${names}`);
  await backend.device(one, 'till');
  await page.goto(`/space?under=${reseller.id}`);
  const sheet = page.getByRole('region', { name: 'Everything below' });
  const space = (name: string) => sheet.getByRole('textbox', { name: `Space of ${name}` });
  await space(`Sheet ${names}`).click();
  await page.keyboard.type('100 GB');
  await page.keyboard.press('Enter');
  await expect(space(`First ${names}`)).toBeFocused();
  await page.keyboard.type('60 GB');
  await page.keyboard.press('ArrowDown');
  await expect(space('till')).toBeFocused();
  await page.keyboard.type('x');
  await expect(sheet).toContainText('Write a number and a unit');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await expect(space(`Second ${names}`)).toBeFocused();
  await page.keyboard.type('60 GB');
  await sheet.getByRole('textbox', { name: `Device limit of First ${names}` }).fill('5');
  await page.keyboard.press('Control+Enter');
  // All of it was sent together, and what doesn't fit is named where it stands.
  await expect(sheet).toContainText('1 change is refused, and none was made.');
  await expect(sheet).toContainText(`Sheet ${names} has no more than 40 GB for this.`);
  expect(await violations(page)).toEqual([]);
  await page.screenshot({ path: info.outputPath('sheet.png'), fullPage: true });
  await space(`Second ${names}`).fill('40 GB');
  await sheet.getByRole('button', { name: 'Save 4 numbers' }).click();
  await expect(page.getByText('4 numbers saved')).toBeVisible();
  await expect(space(`Second ${names}`)).toHaveValue('40 GB');
  const held = await backend.get<{ allotted_bytes: number }>(`/customers/${two.id}/space`);
  expect(held.allotted_bytes).toBe(40e9);
  await expect(sheet.getByRole('button', { name: /^Save/u })).toHaveCount(0);
});
