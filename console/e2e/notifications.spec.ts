import type { NotificationRule } from '../src/api/schema';
import { expect, test, violations } from './fixtures';

/** Who is told of events by mail. */

test('a rule is typed, shows what it would tell, and is changed and removed', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Watched ${mark}`);
  const end = await backend.endCustomer(reseller, `Orchard ${mark}`);
  await backend.post('/events', { customer_id: end.id, type: 'outbreak_alert', detail: 'In the press' });
  await page.goto(`/customers/${reseller.id}?tab=settings`);
  const card = page.getByRole('region', { name: 'Notifications', exact: true });
  await card.getByRole('button', { name: 'Add a rule' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Night watch');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('At least one address.');
  await dialog.getByRole('textbox', { name: 'To', exact: true }).fill('night@example.com, desk@example.com');
  await expect(dialog.getByRole('region', { name: 'Preview' })).toContainText('1 event is open that it is for.');
  await dialog.getByText('Show such a mail').click();
  await expect(dialog).toContainText(`Outbreak alert: Orchard ${mark}`);
  await dialog.getByRole('textbox', { name: 'Quiet from' }).fill('22');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toContainText('As 22:00.');
  await dialog.getByRole('textbox', { name: 'Quiet from' }).fill('22:00');
  await dialog.getByRole('textbox', { name: 'Quiet to' }).fill('06:00');
  await page.keyboard.press('Enter');
  await expect(card).toContainText('After 10 minutes, not from 22:00 to 06:00');
  await expect(card).toContainText('All that require action');
  await expect(card).toContainText('night@example.com, desk@example.com');
  const { items } = await backend.get<{ items: NotificationRule[] }>(`/customers/${reseller.id}/notification_rules`);
  expect(items[0]).toMatchObject({ filter: 'severity == action_required', time_zone: 'Europe/London' });

  const more = async (name: string) => {
    await card.getByRole('button', { name: 'More to do with Night watch' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await more('Edit…');
  await dialog.getByRole('combobox', { name: 'Events' }).selectOption({ label: 'By a filter of your own' });
  await dialog.getByRole('textbox', { name: 'Filter' }).fill('typ == no_backup');
  await dialog.getByRole('combobox', { name: 'When' }).selectOption({ label: 'Once a day, together' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toContainText('One field needs a change.');
  await dialog.getByRole('textbox', { name: 'Filter' }).fill('type == no_backup');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(card).toContainText('Once a day at 07:00 (Europe/London)');
  await more('Remove…');
  await dialog.getByRole('button', { name: 'Remove Night watch' }).click();
  await expect(card).toContainText('None. A rule has people told');
});
