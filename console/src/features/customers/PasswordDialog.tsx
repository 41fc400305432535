import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { count } from '../../lib/format';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { accountDevicesQuery } from '../devices/api';
import { setCustomerPassword } from './api';

/** A new password for the account of a customer's username: the former one was lost or stolen. */
export function PasswordDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const outdated = useQuery(accountDevicesQuery(customer.id));
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
          {outdated.data && outdated.data.total > 0 && (
            <Notice tone="warning">
              {outdated.data.total === 1 ? 'A device was' : `${count(outdated.data.total)} devices were`} let in by the
              present password and counts as outdated until it has the new one:{' '}
              {outdated.data.items.map(({ name }) => name).join(', ')}
              {outdated.data.total > outdated.data.items.length && ' and others'}. Enter it on the machine, with{' '}
              <code>tenantry renew --password-file -</code>. Its backups go on.
            </Notice>
          )}
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
