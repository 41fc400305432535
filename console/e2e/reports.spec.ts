import { expect, test, violations } from './fixtures';

/** What customers are told regularly. */

test('reports are switched on, previewed as a page, and say why they are not sent', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Told ${mark}`);
  const end = await backend.endCustomer(reseller, `Orchard ${mark}`);
  await page.goto(`/customers/${end.id}?tab=settings`);
  const card = page.getByRole('region', { name: 'Reports', exact: true });
  await expect(card.getByRole('row', { name: 'Backups' })).toContainText('Switched off');
  const dialog = page.getByRole('dialog');

  // Without an address there is nobody to tell.
  await page.getByRole('button', { name: 'Override: Job reports' }).click();
  await dialog.getByRole('checkbox', { name: 'Backups' }).check();
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('no email address');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await backend.patch(`/customers/${end.id}`, end.version, { email: 'owner@orchard.example' });
  await page.getByRole('button', { name: 'Override: Job reports' }).click();
  await dialog.getByRole('checkbox', { name: 'Backups' }).check();
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(page.getByRole('listitem', { name: 'Job reports' })).toContainText('Backups');
  await expect(card.getByRole('row', { name: 'Backups' })).not.toContainText('Switched off');

  await page.getByRole('button', { name: 'Override: Consolidated report' }).click();
  await dialog.getByRole('checkbox', { name: 'Send it' }).check();
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(dialog).toContainText('At least one address.');
  await dialog.getByRole('textbox', { name: 'To' }).fill('boss@orchard.example, desk@orchard.example');
  await dialog.getByRole('combobox', { name: 'How often' }).selectOption({ label: 'Every Monday' });
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Set', exact: true }).click();
  await expect(page.getByRole('listitem', { name: 'Consolidated report' })).toContainText(
    'Every Monday, to boss@orchard',
  );

  await page.getByRole('button', { name: 'Override: Name and colour of reports' }).click();
  await page.keyboard.type('Orchard IT');
  await page.keyboard.press('Tab');
  await page.keyboard.type('#ffee00');
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('White letters on it could not be read.');
  await dialog.getByRole('textbox', { name: 'Colour' }).fill('#1f5c3a');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();

  await card.getByRole('button', { name: 'More to do with Consolidated report' }).click();
  await page.getByRole('menuitem', { name: 'Preview…' }).click();
  const shown = page.frameLocator('iframe');
  await expect(shown.getByRole('heading', { name: 'Consolidated report' })).toBeVisible();
  await expect(shown.locator('.band')).toHaveText('Orchard IT');
  await expect(shown.locator('.band')).toHaveCSS('background-color', 'rgb(31, 92, 58)');
  await dialog.getByText('As plain text').click();
  await expect(dialog).toContainText('Open events');
  await dialog.getByRole('button', { name: 'Close' }).click();
  expect(await violations(page)).toEqual([]);
});

test('a link that is not whole stops nothing', async ({ page }) => {
  await page.context().clearCookies();
  await page.goto('/stop-report');
  await expect(page.getByText('The link of the mail is needed')).toBeVisible();
  await page.goto('/stop-report#token=nothing');
  await page.reload();
  await page.getByRole('button', { name: 'Stop it' }).click();
  await expect(page.getByRole('alert')).toContainText('This link ends no report');
  expect(await violations(page)).toEqual([]);
});
