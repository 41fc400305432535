import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError, isCode } from '../../api/client';
import type { HalfSignIn } from '../../api/schema';
import { Button } from '../../ui/Button';
import { PasswordField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { EnrolStep } from '../factors/EnrolStep';
import { SecondStep } from '../factors/SecondStep';
import { ForeignButton } from '../oidc/ForeignButton';
import { Alone } from './Alone';
import { setupQuery, signIn } from './api';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { to } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const setup = useQuery(setupQuery()).data;
  const [half, setHalf] = useState<HalfSignIn>();
  const enter = () => {
    // Nothing of whoever was signed in before may stay.
    client.clear();
    router.history.push(ownPath(to));
  };
  const back = () => setHalf(undefined);
  const form = useForm({
    initial: { login: '', password: '' },
    check: ({ login, password }) => {
      const problems: Problems = {};
      if (!login?.trim()) problems['login'] = 'This is needed.';
      if (!password) problems['password'] = 'This is needed.';
      return problems;
    },
    send: async ({ login = '', password = '' }) => {
      const left = await signIn({ login: login.trim(), password });
      if (left) setHalf(left);
      else enter();
    },
    explain: (error) => {
      if (isCode(error, 'too_many_attempts') && error instanceof ApiError) {
        return `There were too many attempts. ${error.problem.detail}`;
      }
      return undefined;
    },
  });
  if (half) {
    const enrols = half.next === 'enrol';
    return (
      <Alone title={enrols ? 'Set up a second factor' : 'Second factor'}>
        {enrols ? (
          <EnrolStep half={half} onDone={enter} onBack={back} />
        ) : (
          <SecondStep half={half} onDone={enter} onBack={back} />
        )}
      </Alone>
    );
  }
  return (
    <Alone title="Sign in">
      <FormView form={form} label="Sign in" className="alone-form">
        <FormSummary />
        <TextField name="login" label="Email or username" autoComplete="username" spellCheck={false} autoFocus />
        <PasswordField name="password" label="Password" autoComplete="current-password" />
        <Button kind="primary" type="submit" isPending={form.busy}>
          Sign in
        </Button>
        {setup?.mail_enabled && (
          <Link className="link" to="/forgotten">
            Forgotten your password?
          </Link>
        )}
      </FormView>
      {setup?.sign_in_providers.map(({ id, name }) => (
        <ForeignButton key={id} provider={id} name={name} />
      ))}
    </Alone>
  );
}

/** Only paths of this console: an address that somebody else wrote must not lead away. */
function ownPath(to: string | undefined): string {
  return to?.startsWith('/') && !to.startsWith('//') && !to.startsWith('/\\') ? to : '/';
}
