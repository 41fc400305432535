import { expect, listReady, rowOf, test } from './fixtures';

test('the tree opens, walks, and narrows the whole console', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Tree ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Leaf Ltd', { sites: ['hq'] });
  await backend.device(end, 'leaf-01');
  // Rows that are out of sight are not there, and other tests have left some.
  await page.setViewportSize({ width: 1440, height: 3000 });
  await page.goto('/customers');
  const tree = page.getByRole('tree', { name: 'Customer tree' });
  const node = tree.getByRole('treeitem', { name: reseller.company_name });
  await tree.getByRole('treeitem').nth(1).waitFor();
  await tree.getByRole('treeitem').first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(tree.getByRole('treeitem').nth(1)).toBeFocused();
  await node.focus();
  await expect(node).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('ArrowRight');
  await expect(node).toHaveAttribute('aria-expanded', 'true');
  await expect(tree.getByRole('treeitem', { name: 'Leaf Ltd' })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(tree.getByRole('treeitem', { name: 'Leaf Ltd' })).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(node).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`under=${reseller.id}`, 'u'));
  await expect(page.getByText(`${reseller.company_name} and 1 customer below it`)).toBeVisible();

  await page.getByRole('link', { name: 'Devices', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`devices\\?under=${reseller.id}`, 'u'));
  await expect(page.getByText(`1 in ${reseller.company_name} and below`)).toBeVisible();
  await rowOf(page, 'leaf-01').getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'leaf-01' })).toBeVisible();

  await page.getByRole('searchbox', { name: 'Find in the tree' }).fill('leaf');
  await expect(tree.getByRole('treeitem')).toHaveText([
    /^Provider/u,
    new RegExp(reseller.company_name, 'u'),
    /Leaf Ltd/u,
  ]);
});

test('on a customer’s page the tree leads to other customers, and shows where one stands', async ({
  page,
  backend,
}, info) => {
  const reseller = await backend.reseller(`Walk ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Walked Ltd', { sites: ['hq'] });
  await page.goto(`/customers/${end.id}`);
  const tree = page.getByRole('tree', { name: 'Customer tree' });
  await expect(tree.getByRole('treeitem', { name: 'Walked Ltd' })).toHaveAttribute('aria-selected', 'true');
  await tree.getByRole('treeitem', { name: reseller.company_name }).click();
  await expect(page.getByRole('heading', { name: reseller.company_name, level: 1 })).toBeVisible();
});

test('every page of a customer and of a device leads up to what stands above it', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Crumbs ${info.workerIndex}-${info.repeatEachIndex}`);
  const end = await backend.endCustomer(reseller, 'Crumb Ltd', { sites: ['hq'] });
  const device = await backend.device(end, 'crumb-01');
  const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link');
  const above = ['Provider', reseller.company_name];
  const paths: string[] = [];
  page.on('request', (request) => paths.push(request.url()));
  await page.goto(`/customers/${end.sites[0]!.id}`);
  await expect(crumbs).toHaveText(['Customers', ...above, 'Crumb Ltd']);
  await page.goto(`/customers/${end.id}/edit`);
  await expect(crumbs).toHaveText(['Customers', ...above, 'Crumb Ltd']);
  await page.goto(`/devices/${device}`);
  await expect(crumbs).toHaveText(['Devices', ...above, 'Crumb Ltd']);
  // They come with what the page shows: no list is asked for them.
  expect(paths.filter((path) => path.includes('ids='))).toEqual([]);
  await crumbs.getByText(reseller.company_name).click();
  await expect(page.getByRole('heading', { name: reseller.company_name, level: 1 })).toBeVisible();
});

test('the command field finds customers, pages and actions', async ({ page, backend }, info) => {
  const name = `Findable ${info.workerIndex}-${info.repeatEachIndex}`;
  await backend.reseller(name);
  await page.goto('/devices');
  await page.getByRole('searchbox', { name: 'Find in the tree' }).focus();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('dialog').getByRole('searchbox');
  await field.waitFor();
  await page.keyboard.type(name.toLowerCase());
  await expect(page.getByRole('menuitem', { name })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name })).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('add cust');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Add customer' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('nothing is called this');
  await expect(page.getByText('Nothing is called “nothing is called this”.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the command field keeps what is typed before it has the focus', async ({ page, backend }, info) => {
  const name = `Brindle ${info.workerIndex}-${info.repeatEachIndex}`;
  await backend.reseller(name);
  for (const [pause, delay] of [
    [0, 0],
    [150, 40],
  ] as const) {
    await page.goto('/customers');
    await listReady(page);
    await page.keyboard.press('Control+k');
    await page.waitForTimeout(pause);
    await page.keyboard.type(name.toLowerCase(), { delay });
    await expect(page.getByRole('dialog').getByRole('searchbox')).toHaveValue(name.toLowerCase());
    await expect(page.getByRole('menuitem', { name })).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name })).toBeVisible();
  }
});

test('the theme is switched, and stays so', async ({ page }) => {
  await page.goto('/customers');
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: 'Light or dark' }).click();
  expect(await ground()).not.toBe(light);
  await page.reload();
  expect(await ground()).not.toBe(light);
});

test('an address that leads nowhere says so', async ({ page }) => {
  // The server's answer carries the status too, for whoever only reads that.
  const answer = await page.request.get('/nonsense', { headers: { accept: 'text/html,*/*;q=0.8' } });
  expect(answer.status()).toBe(404);
  expect(answer.headers()['content-type']).toContain('text/html');
  await page.goto('/customers');
  await page.evaluate(() => {
    history.pushState(null, '', '/nonsense');
    window.dispatchEvent(new PopStateEvent('popstate'));
  });
  await expect(page.getByRole('heading', { name: 'No page has this address' })).toBeVisible();
  await page.goto('/customers?under=cus_unknown');
  await page.getByRole('link', { name: 'Look in the whole tree' }).click();
  await expect(page).toHaveURL(/\/customers$/u);
  await listReady(page);
  await page.goto('/devices/dev_unknown');
  await expect(page.getByRole('heading', { name: 'There is no such device' })).toBeVisible();
});

test('what was done by a dialog leaves the focus on the page', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Refocus ${info.workerIndex}-${info.repeatEachIndex}`);
  await page.goto(`/customers/${reseller.id}`);
  for (const [open, send, now] of [
    ['Suspend', 'Suspend', 'Activate'],
    ['Activate', 'Activate', 'Suspend'],
  ] as const) {
    await page.getByRole('button', { name: open, exact: true }).first().focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    if (open === 'Suspend') await page.keyboard.type('Contract ended');
    await dialog.getByRole('button', { name: new RegExp(`^${send}`, 'u') }).click();
    await expect(page.getByRole('button', { name: now, exact: true }).first()).toBeVisible();
    await expect.poll(() => page.evaluate(() => document.activeElement !== document.body)).toBe(true);
    await page.waitForTimeout(500);
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
  }
});

test('a dialog keeps the focus and gives it back', async ({ page, backend }, info) => {
  const reseller = await backend.reseller(`Focus ${info.workerIndex}-${info.repeatEachIndex}`);
  await page.goto(`/customers/${reseller.id}`);
  const button = page.getByRole('button', { name: 'Suspend' });
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Reason')).toBeFocused();
  for (let n = 0; n < 8; n += 1) {
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null)).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(button).toBeFocused();
});

test('from right to left nothing falls out of the page', async ({ page }) => {
  await page.goto('/customers');
  await listReady(page);
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    const boxes = await page.evaluate(() =>
      [document.documentElement, document.querySelector('main')!].map((box) => box.scrollWidth - box.clientWidth),
    );
    expect(boxes).toEqual([0, 0]);
  }
});

/** Where the middle of something is, from above. */
async function middle(place: Promise<{ y: number; height: number } | null>): Promise<number> {
  const { y, height } = (await place)!;
  return y + height / 2;
}

test('on a phone the menu stays beside the title, and rows tell their last backup', async ({ page, backend }, info) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const reseller = await backend.reseller(`Narrow ${info.workerIndex}-${info.repeatEachIndex}`);
  await backend.device(await backend.endCustomer(reseller, 'Waiting Ltd'), 'files-01');
  await page.goto(`/customers/${reseller.id}`);
  const title = await middle(page.getByRole('heading', { level: 1 }).boundingBox());
  expect(
    Math.abs((await middle(page.getByRole('button', { name: 'More actions' }).boundingBox())) - title),
  ).toBeLessThan(8);
  const actions = ['Edit', 'Add customer'].map((name) => page.getByRole('link', { name, exact: true }).boundingBox());
  expect(await middle(actions[0]!)).toBe(await middle(actions[1]!));
  await page.goto(`/customers?under=${reseller.id}`);
  await expect(rowOf(page, 'Waiting Ltd')).toContainText('No backup yet');
});

test('the narrow frame has its navigation in a drawer', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/customers');
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await expect(pages).toBeHidden();
  await page.getByRole('button', { name: 'Open the navigation' }).click();
  await expect(pages).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(pages).toBeHidden();
  await page.getByRole('button', { name: 'Open the navigation' }).click();
  await pages.getByRole('link', { name: 'People' }).click();
  await expect(page.getByRole('heading', { name: 'People' })).toBeVisible();
  await expect(pages).toBeHidden();
});
