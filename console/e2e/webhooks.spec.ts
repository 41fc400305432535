import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, violations } from './fixtures';

/** Webhooks with somebody who listens. */

let receiver: Server;
let heard: { type: string; id: string }[];
let status: number;

test.beforeEach(async () => {
  heard = [];
  status = 204;
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { type } = JSON.parse(body) as { type: string };
      heard.push({ type, id: String(request.headers['webhook-id']) });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});

test.afterEach(() => void receiver.close());

test('a webhook is added, told what happens, and shows what did not arrive', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Hooked ${mark}`);
  const end = await backend.endCustomer(reseller, `Orchard ${mark}`);
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  const card = page.getByRole('region', { name: 'Webhooks' });
  await card.getByRole('button', { name: 'Add a webhook' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Ticket desk');
  await page.keyboard.press('Tab');
  await page.keyboard.type('http://tickets.example.com/');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Must be under https');
  await dialog
    .getByRole('textbox', { name: 'Address' })
    .fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`);
  await dialog.getByRole('checkbox', { name: 'Customers and sites' }).check();
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  const shown = page.getByRole('alertdialog');
  await expect(shown).toContainText('whsec_');
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(card).toContainText('Ticket desk');
  await expect(card).toContainText('Customers and sites');

  status = 500;
  await backend.post(`/customers/${end.id}/suspend`, { reason: 'Unpaid', mode: 'stop_backups' });
  await expect.poll(() => heard.map(({ type }) => type)).toEqual(['customer.suspended']);
  await card.getByRole('button', { name: 'Messages of Ticket desk' }).click();
  await expect(dialog).toContainText('The receiver answered 500');
  await expect(dialog).toContainText('Again at');
  expect(await violations(page)).toEqual([]);
  status = 204;
  // It comes again by itself, under the same id.
  await expect(dialog).toContainText('Arrived (204)', { timeout: 15_000 });
  expect(heard[1]).toEqual(heard[0]);
  await dialog.getByRole('button', { name: 'Send a test' }).click();
  await expect.poll(() => heard.at(-1)?.type).toBe('webhook.test');
  await dialog.getByRole('button', { name: /^Send again: customer\.suspended/u }).click();
  await expect.poll(() => heard.filter(({ id }) => id === heard[0]!.id).length).toBe(3);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await card.getByRole('button', { name: 'More to do with Ticket desk' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await dialog.getByRole('button', { name: 'Remove Ticket desk' }).click();
  await expect(card).toContainText('None. A webhook is told');
});
