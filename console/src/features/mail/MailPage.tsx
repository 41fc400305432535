import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { MailSettings, MailSettingsUpdate } from '../../api/schema';
import { setupQuery } from '../sessions/api';
import { Failed, NotForRole, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { CheckField, PasswordField, SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { LeaveGuard } from '../../ui/LeaveGuard';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { toast } from '../../ui/Toasts';
import { useMay, useMe } from '../../app/useMe';
import { useTitle } from '../../ui/useTitle';
import { mailSettingsQuery, mailsQuery, sendTestMail, setMailSettings } from './api';
import { LastMails } from './LastMails';

const SECURITY = [
  { value: 'starttls', label: 'STARTTLS' },
  { value: 'tls', label: 'TLS from the start' },
  { value: 'none', label: 'None' },
];

/** The server that takes our mail, a test of it, and what became of the last mails. */
export function MailPage() {
  useTitle('Mail');
  const may = useMay('mail_settings_show');
  const settings = useQuery({ ...mailSettingsQuery(), enabled: may });
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <h1>Mail</h1>
          {settings.data && <p className="quiet">{saysState(settings.data)}</p>}
        </div>
      </header>
      {!may && <NotForRole />}
      {may && settings.isPending && <Skeletons lines={6} />}
      {settings.error && !settings.data && (
        <Failed what="The mail settings" error={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {settings.data && (
        <>
          <SettingsForm key={settings.data.version} settings={settings.data} />
          <TestForm ready={settings.data.host !== '' && settings.data.sender !== ''} />
          <div className="cards-page">
            <LastMails />
          </div>
        </>
      )}
    </div>
  );
}

function saysState({ enabled, updated_at }: MailSettings): string {
  if (enabled) return 'On: invitations and new passwords can be sent.';
  return updated_at
    ? 'Off: nothing is sent, and nothing offers to.'
    : 'Not set up yet: links are shown to be handed on.';
}

function valuesOf(settings: MailSettings): Values {
  return {
    enabled: settings.enabled ? 'yes' : '',
    host: settings.host,
    port: String(settings.port),
    security: settings.security,
    username: settings.username ?? '',
    password: '',
    sender: settings.sender,
  };
}

function updateOf(values: Values): MailSettingsUpdate {
  return {
    enabled: values['enabled'] === 'yes',
    host: values['host']?.trim() ?? '',
    port: Number(values['port']),
    security: (values['security'] ?? 'starttls') as MailSettingsUpdate['security'],
    username: values['username']?.trim() || null,
    password: values['password'] || null,
    sender: values['sender']?.trim() ?? '',
  };
}

function check(values: Values): Problems {
  const problems: Problems = {};
  const port = Number(values['port']);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) problems['port'] = 'Must be a number from 1 to 65535.';
  if (values['enabled']) {
    for (const field of ['host', 'sender']) if (!values[field]?.trim()) problems[field] = 'This is needed.';
  }
  return problems;
}

function SettingsForm({ settings }: { settings: MailSettings }) {
  const client = useQueryClient();
  const form = useForm({
    initial: valuesOf(settings),
    check,
    send: async (values) => {
      const saved = await setMailSettings(updateOf(values));
      client.setQueryData(mailSettingsQuery().queryKey, saved);
      void client.invalidateQueries({ queryKey: setupQuery().queryKey });
      void client.invalidateQueries({ queryKey: mailsQuery().queryKey });
      toast('Mail settings saved');
    },
  });
  const { security, username, password } = form.values;
  return (
    <FormView form={form} label="Mail settings">
      <FormSummary />
      <Section title="Server">
        <CheckField name="enabled" label="Send mail" hint="Off, links are shown to whoever makes them instead." />
        <TextField name="host" label="Server" maxLength={253} spellCheck={false} />
        <TextField name="port" label="Port" type="number" />
        <SelectField name="security" label="Protection" options={SECURITY} />
        <TextField name="username" label="User name" maxLength={255} spellCheck={false} optional />
        <PasswordField
          name="password"
          label="Password"
          autoComplete="new-password"
          hint={settings.has_password ? 'One is kept. Empty: it stays, for this server and user name.' : undefined}
          optional
        />
        <TextField
          name="sender"
          label="Sender"
          maxLength={320}
          spellCheck={false}
          hint="An address, or a name and an address: Backups <backups@example.com>"
        />
      </Section>
      {security === 'none' && username && (password || settings.has_password) && (
        <Notice tone="warning">
          Without protection, others on the way to the server can read the password and all links.
        </Notice>
      )}
      <footer className="form-foot">
        <Button kind="primary" type="submit" isPending={form.busy}>
          Save
        </Button>
      </footer>
      <LeaveGuard when={form.changed} what="the changes to the mail settings" />
    </FormView>
  );
}

/** Whether what is saved works is seen below, in the list. */
function TestForm({ ready }: { ready: boolean }) {
  const client = useQueryClient();
  const me = useMe();
  const form = useForm({
    initial: { to: me.login.includes('@') ? me.login : '' },
    check: ({ to }): Problems => (to?.trim() ? {} : { to: 'This is needed.' }),
    send: async ({ to = '' }, { key }) => {
      await sendTestMail(to.trim(), key);
      await client.invalidateQueries({ queryKey: mailsQuery().queryKey });
    },
  });
  return (
    <FormView form={form} label="Test mail">
      <FormSummary />
      <Section title="Test mail" note="Goes by what is saved, also while mail is off. What became of it stands below.">
        <TextField name="to" label="To" type="email" maxLength={254} />
      </Section>
      <footer className="form-foot">
        <Button
          type="submit"
          isPending={form.busy}
          refusal={ready ? undefined : 'Save the server and the sender first.'}
        >
          Send a test mail
        </Button>
      </footer>
    </FormView>
  );
}
