import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from '@tanstack/react-router';
import type { HalfSignIn } from '../../api/schema';
import { useMe } from '../../app/useMe';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { PasswordField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { askToSignIn } from '../../ui/unsaved';
import { SecondStep } from '../factors/SecondStep';
import { signIn } from './api';

/** Escape is no answer: only the button gives up what was typed. */
const stay = () => undefined;

/** The session has ended while something was being typed: signing in again leads back to it, as it stands. */
export function SignInAgain({ onSignedIn }: { onSignedIn: () => void }) {
  const me = useMe();
  const client = useQueryClient();
  const go = useNavigate();
  const [half, setHalf] = useState<HalfSignIn>();
  const goOn = async () => {
    askToSignIn(false);
    onSignedIn();
    // What a form began with is never fetched behind it.
    await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] !== 'form' });
  };
  const leave = () => {
    askToSignIn(false);
    client.clear();
    void go({ to: '/sign-in', search: {}, ignoreBlocker: true });
  };
  const form = useForm({
    initial: { password: '' },
    check: ({ password }): Problems => (password ? {} : { password: 'This is needed.' }),
    send: async ({ password = '' }) => {
      // The same account: nothing that is on the page is another's.
      const left = await signIn({ login: me.login, password });
      // Setting one up takes a page of its own.
      if (left?.next === 'enrol') leave();
      else if (left) setHalf(left);
      else await goOn();
    },
  });
  if (half) {
    return (
      <Dialog title="Your session has ended" onClose={stay} firm>
        <DialogBody>
          <SecondStep half={half} onDone={goOn} onBack={() => setHalf(undefined)} />
        </DialogBody>
      </Dialog>
    );
  }
  return (
    <Dialog title="Your session has ended" onClose={stay} firm>
      <FormView form={form} label="Sign in again" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>What you typed is still there. Sign in again to go on with it.</p>
          <input type="text" autoComplete="username" value={me.login} readOnly hidden />
          <PasswordField name="password" label={`Password of ${me.login}`} autoComplete="current-password" autoFocus />
        </DialogBody>
        <DialogFoot>
          <Button onPress={leave}>Leave it</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Sign in
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
