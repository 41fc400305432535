import { useQueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { toast } from '../../ui/Toasts';
import { setCustomerPassword } from './api';

/** A new password for the account of a customer's username: the former one was lost or stolen. */
export function PasswordDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initial: { password: '', again: '' },
    check: checkPasswords,
    send: async ({ password = '' }) => {
      await setCustomerPassword(customer.id, password);
      onClose();
      toast(`Password of ${customer.username ?? customerName(customer)} set`);
      await happened(client, 'customer.password_set', customer);
    },
  });
  return (
    <Dialog title={`Set the password of ${customer.username ?? customerName(customer)}`} onClose={onClose} form={form}>
      <FormView form={form} label="Set the password" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>
            Whoever is signed in with this username is signed out at once. Backups go on: devices have credentials of
            their own.
          </p>
          <NewPasswordFields autoFocus />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Set the password
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
