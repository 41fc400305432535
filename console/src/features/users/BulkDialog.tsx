import type { Selection } from '../../ui/grid/selection';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import { passwordLinks } from '../tasks/passwordLinks';
import type { UserFilter } from './api';

export type UsersBulkName = 'delete' | 'invitation';

type UsersBulkDialogProps = {
  action: UsersBulkName;
  selection: Selection;
  filter: UserFilter;
  onClose: () => void;
  onBegun: () => void;
};

/** What is done to the accounts of many people. */
export function UsersBulkDialog({ action, ...rest }: UsersBulkDialogProps) {
  return <BulkDialog action={action === 'delete' ? REMOVE : LINKS} {...rest} />;
}

const LINKS: BulkAction = passwordLinks('users');

// They can be added again, so nothing has to be typed.

const REMOVE: BulkAction = {
  noun: 'users',
  name: 'delete',
  title: (what) => `Remove ${what}`,
  initial: {},
  previewed: () => ({}),
  input: () => ({}),
  consequences: ({ users = 0 }) => [
    {
      n: users,
      text:
        users === 1
          ? 'account is signed out and can no longer sign in'
          : 'accounts are signed out and can no longer sign in',
    },
  ],
  unchanged: (what) => `${what}: nothing to do.`,
  hint: 'What they did stays in the activity. The addresses can be added again.',
  final: 'simple',
};
