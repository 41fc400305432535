import { CircleUser, KeyRound, Link2, MonitorSmartphone, Pencil, ShieldCheck, Trash2 } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import type { User } from '../../api/schema';
import { useMay } from '../../app/useMe';
import type { View } from '../../app/useView';
import { day } from '../../lib/format';
import { offers, refusalOf, ROLE, ROLE_HINT } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { ListFailed } from '../../ui/Blank';
import { IconButton } from '../../ui/Button';
import { Grid, type Column } from '../../ui/grid/Grid';
import type { Selection } from '../../ui/grid/selection';
import type { RowWindow } from '../../ui/grid/useWindow';
import { When } from '../../ui/When';
import { AccessDialog } from './AccessDialog';
import { InviteDialog } from './InviteDialog';
import { RemoveUserDialog } from './RemoveUserDialog';
import { UserDialog } from './UserDialog';

type PeopleListProps = {
  window: RowWindow<User>;
  withCustomer: boolean;
  sort: string;
  onSort: (sort: string) => void;
  filter: string;
  blank: ReactNode;
  view?: View;
  /** Without it rows can't be selected. */
  selection?: { value: Selection; set: (selection: Selection) => void };
};

/** What can be chosen of a list of people. */
export const PEOPLE_COLUMNS = peopleColumns(() => undefined);

type Ask = { user: User; action: 'edit' | 'invite' | 'access' | 'remove' };

export function PeopleList({ window, withCustomer, view, ...rest }: PeopleListProps) {
  const [asked, setAsked] = useState<Ask>();
  const mayManage = useMay('user_update');
  const columns = useMemo(
    () =>
      peopleColumns(setAsked).filter(
        ({ id }) => (withCustomer || id !== 'customer') && (mayManage || id !== 'actions'),
      ),
    [withCustomer, mayManage],
  );
  const close = () => setAsked(undefined);
  if (window.error) return <ListFailed what="The people" error={window.error} onRetry={window.retry} />;
  return (
    <>
      <Grid
        {...rest}
        {...(view && { layout: { value: view.layout, set: view.setLayout }, compact: view.compact })}
        label="People"
        columns={columns}
        window={window}
        rowId={(user) => user.id}
        rowName={(user) => user.name}
        onOpen={(user) => {
          if (!refusalOf(user, 'edit')) setAsked({ user, action: 'edit' });
        }}
      />
      {asked?.action === 'edit' && <UserDialog user={asked.user} onClose={close} />}
      {asked?.action === 'invite' && <InviteDialog user={asked.user} onClose={close} />}
      {asked?.action === 'access' && <AccessDialog id={asked.user.id} onClose={close} />}
      {asked?.action === 'remove' && <RemoveUserDialog user={asked.user} onClose={close} />}
    </>
  );
}

function peopleColumns(onAsk: (ask: Ask) => void): Column<User>[] {
  return [
    {
      id: 'name',
      fields: ['name', 'email'],
      title: 'Name',
      width: 15,
      grow: true,
      card: true,
      sort: 'name',
      cell: (user) => <Who user={user} />,
    },
    {
      id: 'role',
      fields: ['role', 'is_key_officer', 'is_active'],
      title: 'Role',
      width: 9,
      from: 34,
      sort: 'role',
      cell: ({ role, is_key_officer, is_active }) => (
        <span className="who-lines">
          <span title={ROLE_HINT[role]}>
            {ROLE[role]}
            {is_key_officer && (
              <>
                {' '}
                <KeyRound className="icon-s" role="img" aria-label="Key officer" />
              </>
            )}
          </span>
          {!is_active && <Badge tone="muted">Not active</Badge>}
        </span>
      ),
    },
    {
      id: 'customer',
      fields: ['customer_name'],
      title: 'At',
      width: 14,
      from: 52,
      sort: 'customer_name',
      cell: ({ customer_name }) => customer_name,
    },
    {
      id: 'last',
      fields: ['last_sign_in_at', 'has_password'],
      title: 'Last sign-in',
      width: 10,
      from: 44,
      sort: 'last_sign_in_at',
      mostFirst: true,
      cell: (user) =>
        user.has_password ? (
          user.last_sign_in_at && <When at={user.last_sign_in_at} />
        ) : (
          <span className="who-lines">
            <Badge tone="muted">No password yet</Badge>
            <span className="who-second">
              {user.invitation_expires_at ? (
                <>
                  Link ends <When at={user.invitation_expires_at} />
                </>
              ) : (
                'No link to set one'
              )}
            </span>
          </span>
        ),
    },
    {
      id: 'factor',
      fields: ['has_second_factor'],
      title: 'Second factor',
      width: 7,
      from: 72,
      sort: 'has_second_factor',
      mostFirst: true,
      cell: ({ has_second_factor }) =>
        has_second_factor ? (
          <span className="who">
            <ShieldCheck className="icon-s" aria-hidden /> Yes
          </span>
        ) : (
          <span className="quiet">No</span>
        ),
    },
    {
      id: 'email',
      fields: ['email'],
      title: 'Email',
      width: 15,
      optional: true,
      sort: 'email',
      cell: ({ email }) => email,
    },
    {
      id: 'added',
      fields: ['created_at'],
      title: 'Added',
      width: 8,
      optional: true,
      sort: 'created_at',
      mostFirst: true,
      cell: ({ created_at }) => <span className="quiet">{day(created_at)}</span>,
    },
    {
      id: 'actions',
      title: 'Actions',
      silent: true,
      width: 9.25,
      card: true,
      end: true,
      cell: (user) => <Actions user={user} onAsk={onAsk} />,
    },
  ];
}

function Who({ user }: { user: User }) {
  return (
    <span className="who">
      <CircleUser className="icon" aria-hidden />
      <span className="who-lines">
        <span className="who-name">{user.name}</span>
        <span className="who-second">{user.name === user.email ? user.customer_name : user.email}</span>
      </span>
    </span>
  );
}

function Actions({ user, onAsk }: { user: User; onAsk: (ask: Ask) => void }) {
  return (
    <span className="cell-actions">
      {offers(user, 'edit') && (
        <IconButton
          size="s"
          label={`Edit ${user.name}`}
          refusal={refusalOf(user, 'edit')}
          onPress={() => onAsk({ user, action: 'edit' })}
        >
          <Pencil className="icon-s" aria-hidden />
        </IconButton>
      )}
      {offers(user, 'invite') && (
        <IconButton
          size="s"
          label={`Invite ${user.name}`}
          refusal={refusalOf(user, 'invite')}
          onPress={() => onAsk({ user, action: 'invite' })}
        >
          <Link2 className="icon-s" aria-hidden />
        </IconButton>
      )}
      {offers(user, 'end_sessions') && (
        <IconButton size="s" label={`Access of ${user.name}`} onPress={() => onAsk({ user, action: 'access' })}>
          <MonitorSmartphone className="icon-s" aria-hidden />
        </IconButton>
      )}
      {offers(user, 'delete') && (
        <IconButton
          size="s"
          label={`Remove ${user.name}`}
          refusal={refusalOf(user, 'delete')}
          onPress={() => onAsk({ user, action: 'remove' })}
        >
          <Trash2 className="icon-s" aria-hidden />
        </IconButton>
      )}
    </span>
  );
}
