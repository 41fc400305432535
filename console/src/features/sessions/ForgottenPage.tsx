import { useState } from 'react';
import { Button, LinkButton } from '../../ui/Button';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { askForReset } from '../mail/api';
import { Alone } from './Alone';

/** For somebody who has lost a password. What is said is the same whether there is such an account or not. */
export function ForgottenPage() {
  const [asked, setAsked] = useState<string>();
  const form = useForm({
    initial: { login: '' },
    check: ({ login }): Problems => (login?.trim() ? {} : { login: 'This is needed.' }),
    send: async ({ login = '' }, { key }) => {
      await askForReset(login.trim(), key);
      setAsked(login.trim());
    },
  });
  if (asked) {
    return (
      <Alone title="Look into your mail">
        <p role="status">
          If there is an account for {asked}, a link to set a new password is on its way to its address. It works once,
          and for an hour.
        </p>
        <LinkButton to="/sign-in" search={{}}>
          Back to signing in
        </LinkButton>
      </Alone>
    );
  }
  return (
    <Alone title="Set a new password">
      <FormView form={form} label="Set a new password" className="alone-form">
        <FormSummary />
        <TextField
          name="login"
          label="Email or username"
          autoComplete="username"
          spellCheck={false}
          hint="We send a link to the account’s address."
          autoFocus
        />
        <Button kind="primary" type="submit" isPending={form.busy}>
          Send the link
        </Button>
        <LinkButton to="/sign-in" search={{}}>
          Back
        </LinkButton>
      </FormView>
    </Alone>
  );
}
