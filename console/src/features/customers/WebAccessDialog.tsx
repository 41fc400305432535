import { useQueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { toast } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { setWebAccess } from './api';

/** Lets a customer's own account sign in, or no more. One without a username gets it here, with a password. */
export function WebAccessDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const name = customerName(customer);
  const turnsOn = !customer.web_access;
  const isNamed = customer.username !== null;
  const form = useForm({
    initial: turnsOn && !isNamed ? { username: '', password: '', again: '' } : {},
    check: (values) =>
      turnsOn && !isNamed
        ? { ...(values.username ? {} : { username: 'Enter a username.' }), ...checkPasswords(values) }
        : {},
    send: async ({ username, password }) => {
      const after = await setWebAccess(customer.id, { enabled: turnsOn, username, password });
      const renew = () => happened(client, 'customer.web_access_set', customer);
      onClose();
      toast(
        `Web access of ${name} switched ${turnsOn ? 'on' : 'off'}`,
        undo({
          name,
          restore: () => setWebAccess(customer.id, { enabled: !turnsOn }, after.version),
          said: `Web access of ${name} is ${turnsOn ? 'off' : 'on'} again`,
          renew,
        }),
      );
      await renew();
    },
  });
  const verb = turnsOn ? 'Switch on' : 'Switch off';
  return (
    <Dialog title={`${verb} web access of ${name}`} onClose={onClose} form={form}>
      <FormView form={form} label={`${verb} web access`} className="dialog-form">
        <DialogBody>
          <FormSummary />
          {turnsOn ? (
            <p>
              {isNamed
                ? `Whoever knows the password of ${customer.username} may sign in again, and sees and manages only ${name}.`
                : `Whoever signs in with this username sees and manages only ${name}.`}
            </p>
          ) : (
            <p>
              Whoever is signed in as {customer.username} is signed out at once, and its API tokens stop. The username
              and the password stay as they are. Backups go on, and people with accounts of their own go on signing in.
            </p>
          )}
          {turnsOn && !isNamed && (
            <>
              <TextField
                name="username"
                label="Username"
                hint="Letters, digits and underscores; unique in the whole installation. It never changes."
                maxLength={64}
                spellCheck={false}
                autoFocus
              />
              <NewPasswordFields advice="Keep username and password in a safe place: the password is not shown again." />
            </>
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind={turnsOn ? 'primary' : 'danger'} type="submit" isPending={form.busy}>
            {verb}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
