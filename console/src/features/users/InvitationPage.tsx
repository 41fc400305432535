import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { LinkButton, Button } from '../../ui/Button';
import { Blank } from '../../ui/Blank';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { useToken } from '../../lib/useToken';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { Alone } from '../sessions/Alone';
import { acceptInvitation } from './api';

/** Where an invitation leads: a person sets the password of their account. The link's fragment carries the token. */
export function InvitationPage() {
  const token = useToken();
  // Another link is for another account.
  return <Invitation key={token} token={token} />;
}

function Invitation({ token }: { token: string }) {
  const [set, setSet] = useState(false);
  return (
    <Alone title={set ? 'Your password is set' : 'Set your password'}>
      {!token && (
        <Blank title="The invitation link is needed" small>
          <p>Open it whole: it ends with “#token=…”.</p>
        </Blank>
      )}
      {token && !set && <InvitationForm token={token} onSet={() => setSet(true)} />}
      {set && (
        <>
          <p>Sign in with your email address or your username.</p>
          <LinkButton kind="primary" to="/sign-in" search={{}}>
            Sign in
          </LinkButton>
        </>
      )}
    </Alone>
  );
}

function InvitationForm({ token, onSet }: { token: string; onSet: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initial: { password: '', again: '' },
    check: checkPasswords,
    send: async ({ password = '' }, { key }) => {
      await acceptInvitation({ token, password }, key);
      // Whoever was signed in here before is somebody else now.
      client.clear();
      onSet();
    },
  });
  return (
    <FormView form={form} label="Set your password" className="alone-form">
      <FormSummary />
      <NewPasswordFields autoFocus />
      <Button kind="primary" type="submit" isPending={form.busy}>
        Set the password
      </Button>
    </FormView>
  );
}
