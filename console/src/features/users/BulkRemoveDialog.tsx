import type { Selection } from '../../ui/grid/selection';
import { BulkDialog, type BulkAction } from '../tasks/BulkDialog';
import type { UserFilter } from './api';

type BulkRemoveDialogProps = { selection: Selection; filter: UserFilter; onClose: () => void; onBegun: () => void };

/** Takes the accounts of many people away. They can be added again, so nothing has to be typed. */
export function BulkRemoveDialog(props: BulkRemoveDialogProps) {
  return <BulkDialog action={REMOVE} {...props} />;
}

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
