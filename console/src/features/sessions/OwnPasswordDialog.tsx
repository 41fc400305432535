import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { PasswordField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { toast } from '../../ui/Toasts';
import { setOwnPassword } from './api';

/** Changes the password of whoever is signed in. Other sessions of the account end. */
export function OwnPasswordDialog({ onClose }: { onClose: () => void }) {
  const form = useForm({
    initial: { current_password: '', password: '', again: '' },
    check: (values) => {
      const problems: Problems = checkPasswords(values);
      if (!values['current_password']) problems['current_password'] = 'This is needed.';
      return problems;
    },
    send: async ({ current_password = '', password = '' }) => {
      await setOwnPassword({ current_password, password });
      onClose();
      toast('Password changed');
    },
  });
  return (
    <Dialog title="Change your password" onClose={onClose} form={form}>
      <FormView form={form} label="Change your password" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <PasswordField name="current_password" label="Present password" autoComplete="current-password" autoFocus />
          <NewPasswordFields advice="You stay signed in here, and are signed out everywhere else." />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Change password
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
