import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useToken } from '../../lib/useToken';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { Alone } from './Alone';
import { setUp, setupQuery, signIn } from './api';

/** The first visit: the provider's name and its first administrator. The link's fragment carries the token. */
export function SetupPage() {
  const status = useQuery(setupQuery());
  const token = useToken();
  return (
    <Alone title="Set up Tenantry">
      {status.isPending && <Skeletons />}
      {status.error && <Failed what="The page" error={status.error} onRetry={() => void status.refetch()} />}
      {status.data?.setup_required === false && (
        <Blank title="This installation is set up" small>
          <p>There is an administrator already.</p>
          <LinkButton kind="primary" to="/sign-in">
            Sign in
          </LinkButton>
        </Blank>
      )}
      {status.data?.setup_required && !token && (
        <Blank title="The setup link is needed" small>
          <p>The server prints it when it starts. It looks like this page’s address with “#token=…” at its end.</p>
        </Blank>
      )}
      {status.data?.setup_required && token && <SetupForm token={token} />}
    </Alone>
  );
}

function SetupForm({ token }: { token: string }) {
  const router = useRouter();
  const client = useQueryClient();
  const form = useForm({
    initial: { provider_name: '', email: '', password: '', again: '' },
    check: (values) => {
      const problems: Problems = {};
      if (!values['provider_name']?.trim()) problems['provider_name'] = 'This is needed.';
      if (!values['email']?.trim()) problems['email'] = 'This is needed.';
      return { ...problems, ...checkPasswords(values) };
    },
    send: async ({ provider_name = '', email = '', password = '' }, { key }) => {
      await setUp({ token, provider_name: provider_name.trim(), email: email.trim(), password }, key);
      await signIn({ login: email.trim(), password });
      client.clear();
      router.history.replace('/');
    },
  });
  const [known, setKnown] = useState(token);
  if (known !== token) {
    // What was refused was the former link; what was typed holds for the new one too.
    setKnown(token);
    form.forgive();
  }
  return (
    <FormView form={form} label="Set up" className="alone-form">
      <p className="quiet">It takes one name and one account. Everything else can follow.</p>
      <FormSummary />
      <TextField
        name="provider_name"
        label="Provider’s name"
        hint="Yours: it stands at the top of the customer tree and of this console."
        maxLength={255}
        autoComplete="organization"
        autoFocus
      />
      <TextField
        name="email"
        label="Your email"
        type="email"
        hint="You sign in with it, as the first administrator."
        maxLength={254}
        autoComplete="username"
      />
      <NewPasswordFields />
      <Button kind="primary" type="submit" isPending={form.busy}>
        Set up and sign in
      </Button>
    </FormView>
  );
}
