import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { ApiError, isCode } from '../../api/client';
import { Button } from '../../ui/Button';
import { PasswordField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Alone } from './Alone';
import { signIn } from './api';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { to } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const form = useForm({
    initial: { login: '', password: '' },
    check: ({ login, password }) => {
      const problems: Problems = {};
      if (!login?.trim()) problems['login'] = 'This is needed.';
      if (!password) problems['password'] = 'This is needed.';
      return problems;
    },
    send: async ({ login = '', password = '' }) => {
      await signIn({ login: login.trim(), password });
      // Nothing of whoever was signed in before may stay.
      client.clear();
      router.history.push(ownPath(to));
    },
    explain: (error) => {
      if (isCode(error, 'too_many_attempts') && error instanceof ApiError) {
        return `There were too many attempts. ${error.problem.detail}`;
      }
      return undefined;
    },
  });
  return (
    <Alone title="Sign in">
      <FormView form={form} label="Sign in" className="alone-form">
        <FormSummary />
        <TextField name="login" label="Email or username" autoComplete="username" spellCheck={false} autoFocus />
        <PasswordField name="password" label="Password" autoComplete="current-password" />
        <Button kind="primary" type="submit" isPending={form.busy}>
          Sign in
        </Button>
      </FormView>
    </Alone>
  );
}

/** Only paths of this console: an address that somebody else wrote must not lead away. */
function ownPath(to: string | undefined): string {
  return to?.startsWith('/') && !to.startsWith('//') && !to.startsWith('/\\') ? to : '/';
}
