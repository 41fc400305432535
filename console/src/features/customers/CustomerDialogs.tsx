import type { Customer } from '../../api/schema';
import type { CustomerSearch } from '../../app/search';
import { AddByHandDialog } from '../devices/AddByHandDialog';
import { AddDeviceDialog } from '../devices/AddDeviceDialog';
import { resetFactorsOfCustomer } from '../factors/api';
import { ResetFactorsDialog } from '../factors/ResetFactorsDialog';
import { AddSiteDialog } from '../sites/AddSiteDialog';
import { UserDialog } from '../users/UserDialog';
import type { CustomerDialog } from './CustomerPage';
import { DetailsDialog } from './DetailsDialog';
import { DeleteDialog } from './DeleteDialog';
import { MigrateDialog } from './MigrateDialog';
import { MoveDialog } from './MoveDialog';
import { PasswordDialog } from './PasswordDialog';
import { ActivateDialog, SuspendDialog } from './SwitchDialog';
import { WebAccessDialog } from './WebAccessDialog';

type CustomerDialogsProps = {
  customer: Customer;
  dialog: CustomerDialog | undefined;
  add: CustomerSearch['add'];
  onClose: () => void;
};

/** The one dialog of a customer's page that is open. */
export function CustomerDialogs({ customer, dialog, add, onClose }: CustomerDialogsProps) {
  switch (dialog) {
    case 'suspend':
      return <SuspendDialog customer={customer} onClose={onClose} />;
    case 'activate':
      return <ActivateDialog customer={customer} onClose={onClose} />;
    case 'delete':
      return <DeleteDialog customer={customer} onClose={onClose} />;
    case 'move':
      return <MoveDialog customer={customer} onClose={onClose} />;
    case 'migrate':
      return <MigrateDialog customer={customer} onClose={onClose} />;
    case 'password':
      return <PasswordDialog customer={customer} onClose={onClose} />;
    case 'web_access':
      return <WebAccessDialog customer={customer} onClose={onClose} />;
    case 'factors':
      return (
        <ResetFactorsDialog
          name={customer.username ?? ''}
          reset={() => resetFactorsOfCustomer(customer.id)}
          onClose={onClose}
        />
      );
    case 'details':
      return <DetailsDialog customer={customer.id} onClose={onClose} />;
    case undefined:
      break;
  }
  switch (add) {
    case 'device':
      return <AddDeviceDialog customer={customer} onClose={onClose} />;
    case 'details':
      return <DetailsDialog customer={customer.id} onClose={onClose} />;
    case 'by_hand':
      return <AddByHandDialog customer={customer} onClose={onClose} />;
    case 'site':
      return <AddSiteDialog customer={customer} onClose={onClose} />;
    case 'person':
      return <UserDialog customer={customer} onClose={onClose} />;
    case undefined:
      return null;
  }
}
