import type { Event } from '../src/api/schema';
import { expect, listReady, rowOf, test, violations } from './fixtures';

/** From the overview to the row, to the button that mends it, and gone afterwards. */

test('a threat is found from the overview, acknowledged, and resolved', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Watching ${mark}`);
  const end = await backend.endCustomer(reseller, `Orchard ${mark}`);
  const device_id = await backend.device(end, 'press-1');
  const report = { device_id, type: 'threat_unresolved', detail: 'Eicar in the mail of the office' };
  await backend.post('/events', report);
  await backend.post('/events', { customer_id: end.id, type: 'component_outdated', detail: 'Signatures of May' });
  await page.goto(`/customers/${reseller.id}`);
  await page.getByRole('link', { name: '1 threat: action required' }).click();
  await listReady(page);
  await expect(page).toHaveURL(/\/events/u);
  const row = rowOf(page, 'Threat not removed');
  await expect(row).toContainText('Action required');
  await expect(row).toContainText('Eicar in the mail of the office');
  expect(await violations(page)).toEqual([]);
  // The customers list says so too, and its badge leads to the same.
  await page.goto(`/customers?under=${reseller.id}`);
  await listReady(page);
  await expect(rowOf(page, end.company_name)).toContainText('1 threat');
  await rowOf(page, end.company_name)
    .getByRole('link', { name: /threat event/u })
    .click();
  await listReady(page);
  await expect(row).toBeVisible();
  // On the machine it stands with the button that mends it.
  await row.click();
  await page.keyboard.press('Enter');
  const card = page.getByRole('region', { name: 'Events' });
  await expect(card).toContainText('Threat not removed');
  await card.getByRole('button', { name: 'Acknowledge: Threat not removed' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Reason' })).toBeFocused();
  await page.keyboard.type('Ron looks at it');
  await page.keyboard.press('Tab');
  await dialog.getByRole('combobox', { name: 'For' }).selectOption({ label: '1 day' });
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await expect(card).toContainText('Acknowledged by');
  await expect(card).toContainText('Ron looks at it');
  await card.getByRole('button', { name: 'Resolve: Threat not removed' }).click();
  await expect(dialog.getByRole('textbox', { name: 'Reason' })).toBeFocused();
  await page.keyboard.type('Cleaned by hand');
  await page.keyboard.press('Enter');
  await expect(card).toHaveCount(0);
  await page.goto(`/customers/${reseller.id}`);
  await expect(page.getByRole('link', { name: '1 system event: a warning' })).toBeVisible();
  await expect(page.getByRole('link', { name: /threat/u })).toHaveCount(0);
});

test('many are resolved together, and that is taken back', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Many ${mark}`);
  const end = await backend.endCustomer(reseller, `Barn ${mark}`);
  for (const product of ['One', 'Two', 'Three']) {
    await backend.post('/events', { customer_id: end.id, type: 'virus_found', product });
  }
  await page.goto(`/events?under=${reseller.id}`);
  await listReady(page);
  for (const row of await page.getByRole('row', { name: /Virus found/u }).all()) {
    await row.getByRole('checkbox').check();
  }
  await page.getByRole('button', { name: 'Resolve…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(/3\s*events are over/u);
  await page.keyboard.type('False alarm');
  await dialog.getByRole('button', { name: 'Resolve 3 events' }).click();
  await expect(dialog).toContainText('3 done');
  const { items } = await backend.get<{ items: Event[] }>(`/events?under=${reseller.id}`);
  expect(items.map(({ state, decision }) => `${state}: ${decision?.reason}`)).toEqual(
    Array.from({ length: 3 }, () => 'resolved: False alarm'),
  );
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('heading')).toHaveText(/^Undo: Resolve 3 events/u);
  await expect(dialog).toContainText('3 done');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('status').filter({ hasText: '3 in' })).toBeVisible();
});

test('a threshold is set for a customer, typed as a number', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Thresholds ${mark}`);
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  const settings = page.getByRole('region', { name: 'Settings' });
  await settings.getByText('As it is by default').click();
  await settings.getByRole('button', { name: 'Override: No backup' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Warning (days)' })).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('5');
  await page.keyboard.press('Tab');
  await page.keyboard.type('4');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('At least as much as for a warning.');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Action required (days)' }).fill('');
  await page.keyboard.press('Enter');
  await expect(settings).toContainText('Warning after 5 days');
  await expect(settings.getByRole('button', { name: 'Inherit again: No backup' })).toBeVisible();
});
