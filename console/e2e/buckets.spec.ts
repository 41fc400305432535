import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { complaintsOf, expect, test, violations } from './fixtures';
import { ADMINISTRATOR, freePort, startServer } from './server';

/** A storage pool in a bucket, by a real store. On a server of its own: others count pools. */

let stop = async () => {};
test.afterAll(() => stop());

async function startStore() {
  const port = await freePort();
  const program = process.env['MOTO_SERVER'] ?? 'moto_server';
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const made = () =>
    fetch(`${url}/backups`, { method: 'PUT' }).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(made, { timeout: 30_000 }).toBe(true);
  stop = async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { url, stop };
}

test('a bucket becomes a pool, and gets another access key that is tried before', async ({ browser }) => {
  test.setTimeout(120_000);
  const [server, store] = await Promise.all([startServer({ setUp: true }), startStore()]);
  const context = await browser.newContext({ baseURL: server.url });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto('/locations');
  const pools = page.getByRole('region', { name: 'Storage pools' });

  await pools.getByRole('button', { name: 'Add pool' }).click();
  const adding = page.getByRole('dialog', { name: 'Add a storage pool' });
  await adding.getByLabel('Name', { exact: true }).fill('Frankfurt');
  await adding.getByLabel('Endpoint').fill(store.url);
  await adding.getByRole('textbox', { name: 'Bucket' }).fill('backups');
  await adding.getByLabel('Access key', { exact: true }).fill('first');
  await adding.getByLabel('Secret of the access key').fill('the first secret');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Frankfurt added')).toBeVisible();

  await pools.getByRole('button', { name: 'Edit Frankfurt' }).click();
  const editing = page.getByRole('dialog', { name: 'Edit Frankfurt' });
  await expect(editing.getByLabel('Name', { exact: true })).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Berlin');
  await expect(editing.getByLabel('Secret of the access key')).toHaveValue('');
  expect(await violations(page)).toEqual([]);
  // Another key with the secret of the first one would let nobody in.
  await editing.getByLabel('Access key', { exact: true }).fill('second');
  await page.keyboard.press('Enter');
  await expect(editing.getByText('Another access key has another secret.').first()).toBeVisible();
  await editing.getByLabel('Secret of the access key').fill('the second secret');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Berlin saved')).toBeVisible();
  const keys = async () => {
    const answer = await context.request.get('/api/v1/storage_pools');
    const { items } = (await answer.json()) as { items: { name: string; access_key_id: string | null }[] };
    return items.map(({ name, access_key_id: key }) => [name, key]).find(([name]) => name === 'Berlin');
  };
  expect(await keys()).toEqual(['Berlin', 'second']);

  // One that can't be tried isn't stored, and what was typed is still there.
  await store.stop();
  await pools.getByRole('button', { name: 'Edit Berlin' }).click();
  const again = page.getByRole('dialog', { name: 'Edit Berlin' });
  await again.getByLabel('Secret of the access key').fill('the third secret');
  await page.keyboard.press('Enter');
  await expect(again.getByRole('alert')).toContainText('With this key', { timeout: 60_000 });
  await expect(again.getByLabel('Secret of the access key')).toHaveValue('the third secret');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Discard' }).click();

  // A directory has no key.
  const first = pools.getByRole('listitem').filter({ hasText: 'A directory of the server' });
  await first.getByRole('button', { name: /^Edit/u }).click();
  await expect(page.getByRole('dialog').getByLabel('Name', { exact: true })).toBeFocused();
  await expect(page.getByRole('dialog').getByLabel('Access key', { exact: true })).toHaveCount(0);
  expect(complaints).toEqual([]);
  await context.close();
  await server.stop();
});
