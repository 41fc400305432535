import { expect, test, violations } from './fixtures';

/** What a customer has to know to begin. */

test('account details are offered after saving, looked at and sent', async ({ page, backend }, info) => {
  const mark = `${info.workerIndex}-${info.repeatEachIndex}`;
  const reseller = await backend.reseller(`Welcoming ${mark}`);
  const end = await backend.endCustomer(reseller, `Newcomer ${mark}`);
  // While mail is off nothing offers to send.
  await page.goto(`/customers/${end.id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await expect(page.getByRole('menuitem', { name: 'Move…' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Send account details…' })).toBeHidden();
  // A server that nobody runs: what is sent waits there.
  const settings = { host: '127.0.0.1', port: 9, security: 'none', sender: 'Backups <b@host.example>' };
  await backend.put('/mail_settings', { enabled: true, ...settings });
  try {
    await page.goto(`/customers/${end.id}/edit`);
    await page.getByLabel('Email').fill(`owner${mark}@newcomer.example`);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Send account details…' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText(`owner${mark}@newcomer.example`);
    await expect(dialog).toContainText(`looks after the backups of Newcomer ${mark}.`);
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(page.getByText(`Account details are on their way to owner${mark}@newcomer.example`)).toBeVisible();
    const { items } = await backend.get<{ items: { purpose: string; to: string }[] }>('/mails?limit=50');
    expect(items.some(({ purpose, to }) => purpose === 'account_details' && to.startsWith(`owner${mark}@`))).toBe(true);
  } finally {
    await backend.put('/mail_settings', { enabled: false, ...settings });
  }
});
