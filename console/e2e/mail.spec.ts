import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { complaintsOf, expect, test, violations } from './fixtures';
import { ADMINISTRATOR, startServer } from './server';

/** Mail, by a real mail server: set up, invited by it, a lost password set anew. On a server of its own: others see whether mail is on. */

type Message = { to: string[]; text: string; headers: Record<string, string> };

const link = (text: string) => /http\S+#token=\S+/u.exec(text)?.[0] ?? '';

async function startMailServer() {
  const script = new URL('../../crates/tenantry/tests/it/mail_server.py', import.meta.url).pathname;
  const child = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown;
  const { port } = (await next()) as { port: number };
  return { port, next: next as () => Promise<Message>, stop: () => child.stdin.end() };
}

test('mail is set up, invites people, and brings back who has lost a password', async ({ browser }) => {
  test.setTimeout(120_000);
  const [server, mail] = await Promise.all([startServer({ setUp: true }), startMailServer()]);
  const context = await browser.newContext({ baseURL: server.url });
  await context.request.post('/api/v1/sessions', { data: ADMINISTRATOR });
  const page = await context.newPage();
  const complaints = complaintsOf(page);

  await page.goto('/mail');
  await expect(page.getByText('Not set up yet')).toBeVisible();
  await page.getByLabel('Send mail').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('2 fields need a change');
  await page.getByRole('textbox', { name: 'Server' }).focus();
  await page.keyboard.type('127.0.0.1');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+a');
  await page.keyboard.type(String(mail.port));
  await page.getByLabel('Protection').selectOption('None');
  await page.getByLabel('Sender').fill('Backups <backups@host.example>');
  await page.keyboard.press('Enter');
  await expect(page.getByText('On: invitations and new passwords can be sent.')).toBeVisible();
  await page.getByLabel('To', { exact: true }).fill('unknown@host.example');
  await page.getByRole('button', { name: 'Send a test mail' }).click();
  await expect(page.getByRole('row', { name: /unknown@host\.example/u })).toContainText('Nobody of that name here');
  await page.getByLabel('To', { exact: true }).fill('me@host.example');
  await page.getByRole('button', { name: 'Send a test mail' }).click();
  await expect(page.getByRole('row', { name: /me@host\.example/u })).toContainText('Taken by the server');
  expect((await mail.next()).to).toEqual(['me@host.example']);
  expect(await violations(page)).toEqual([]);

  await page.goto('/people');
  await page.getByRole('button', { name: 'Add person' }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Jo Quist');
  await page.getByRole('dialog').getByLabel('Email').fill('jo@host.example');
  await expect(page.getByRole('radio', { name: 'With an invitation by mail' })).toBeChecked();
  await page.getByRole('dialog').getByRole('button', { name: 'Add person' }).click();
  await expect(page.getByText('Invitation sent to jo@host.example')).toBeVisible();

  const other = await browser.newContext({ baseURL: server.url });
  const guest = await other.newPage();
  const setPassword = async (message: Message, password: string) => {
    await guest.goto(link(message.text));
    await guest.getByLabel('Password', { exact: true }).fill(password);
    await guest.getByLabel('Password again').fill(password);
    await guest.keyboard.press('Enter');
    await expect(guest.getByRole('heading', { name: 'Your password is set' })).toBeVisible();
  };
  await setPassword(await mail.next(), 'velvet harbour 91 thistle');

  await guest.getByRole('link', { name: 'Sign in' }).click();
  await guest.getByRole('link', { name: 'Forgotten your password?' }).click();
  await expect(guest.getByLabel('Email or username')).toBeFocused();
  await guest.keyboard.type('jo@host.example');
  await guest.keyboard.press('Enter');
  await expect(guest.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
  expect(await violations(guest)).toEqual([]);
  await setPassword(await mail.next(), 'copper lantern meadow 77');
  await guest.getByRole('link', { name: 'Sign in' }).click();
  await guest.getByLabel('Email or username').fill('jo@host.example');
  await guest.getByLabel('Password', { exact: true }).fill('copper lantern meadow 77');
  await guest.keyboard.press('Enter');
  await expect(guest.getByRole('button', { name: /account of/u })).toBeVisible();

  // A link that has run out says so, as one that was used does; a new one is asked for there.
  await guest.goto('/forgotten');
  await guest.getByLabel('Email or username').fill('jo@host.example');
  await guest.keyboard.press('Enter');
  await expect(guest.getByRole('heading', { name: 'Look into your mail' })).toBeVisible();
  const last = await mail.next();
  await server.halt();
  server.amend('update invitations set expires_at = 1');
  await server.resume();
  await guest.goto(link(last.text));
  await guest.getByLabel('Password', { exact: true }).fill('quiet lantern orchard 12');
  await guest.getByLabel('Password again').fill('quiet lantern orchard 12');
  await guest.keyboard.press('Enter');
  await expect(guest.getByRole('alert')).toContainText('is not valid, was used, or has run out.');

  expect(complaints).toEqual([]);
  await other.close();
  await context.close();
  mail.stop();
  await server.stop();
});
