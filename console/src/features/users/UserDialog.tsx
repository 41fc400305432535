import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Customer, Invitation, Role, User, UserUpdate } from '../../api/schema';
import { save, Stale, type Saving } from '../../lib/save';
import { customerName, explainNoAnswer, ROLE, ROLE_HINT, ROLES } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, ChoiceField, PasswordField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { toast } from '../../ui/Toasts';
import { useMe } from '../../app/useMe';
import { setupQuery } from '../sessions/api';
import { createUser, inviteUser, showUser, updateUser } from './api';
import { InvitationShown } from './InvitationShown';
import { renewPeople, undoEdit } from './undo';

/** Whose keys they may answer for: the others read. */
const OFFICERS = new Set<string>(['super_user', 'administrator', 'manager', 'operator']);

const BY_MAIL = {
  value: 'mail',
  label: 'With an invitation by mail',
  hint: 'This person gets a link with which to set a password.',
};

const WAYS = [
  {
    value: 'invitation',
    label: 'With an invitation',
    hint: 'The next step shows a link with which this person sets a password.',
  },
  { value: 'password', label: 'With a password that is set now', hint: '' },
];

type UserDialogProps = { onClose: () => void } & (
  | { customer: Customer; user?: never }
  | { user: User; customer?: never }
);

/** Adds a person at a customer, or edits one. */
export function UserDialog({ customer, user, onClose }: UserDialogProps) {
  const client = useQueryClient();
  const me = useMe();
  // What somebody has stays to be chosen, whoever gave it.
  const roles = ROLES.filter((role) => me.grantable_roles.includes(role) || role === user?.role);
  const [invitation, setInvitation] = useState<Invitation>();
  const [unanswered] = useState<Fields[]>([]);
  const mailEnabled = useQuery({ ...setupQuery(), staleTime: 60_000, enabled: !user }).data?.mail_enabled ?? false;
  const mayMakeOfficers = me.permissions.includes('manage_keys');
  const usualWay = mailEnabled ? 'mail' : 'invitation';
  const form = useForm({
    initial: {
      name: user?.name ?? '',
      email: user?.email ?? '',
      role: user?.role ?? 'supporter',
      is_key_officer: user?.is_key_officer ? 'yes' : '',
      current_password: '',
      password: '',
      again: '',
      way: user ? 'password' : '',
      new: user ? '' : 'yes',
    },
    check: checkUser,
    send: async (values, { key }) => {
      const fields = {
        name: values['name']?.trim() ?? '',
        email: values['email']?.trim() ?? '',
        role: roles.find((role) => role === values['role']) ?? 'supporter',
        ...(mayMakeOfficers &&
          (user || values['is_key_officer']) && {
            is_key_officer: values['is_key_officer'] === 'yes' && OFFICERS.has(values['role'] ?? ''),
          }),
        ...(user && values['current_password'] && { current_password: values['current_password'] }),
        ...(values['way'] === 'password' && values['password'] && { password: values['password'] }),
      };
      let shown: Invitation | undefined;
      if (user) {
        const saved = await save(savingOf(user.id), user, fields, unanswered);
        toast(`${fields.name} saved`, fields.password ? undefined : undoEdit(client, user, saved, me.id));
      } else {
        const made = await createUser({ ...fields, customer_id: customer.id }, key);
        toast(`${fields.name} added`);
        const way = values['way'] || usualWay;
        const invited = way === 'password' ? undefined : await inviteUser(made.id, way === 'mail', key);
        if (invited?.url) shown = invited;
        else if (invited) toast(`Invitation sent to ${invited.email}`);
      }
      if (shown) setInvitation(shown);
      else onClose();
      await renewPeople(client);
    },
    explain: (error) =>
      error instanceof Stale
        ? 'Somebody else has changed this account in the meantime. Nothing was saved. Close the dialog and open it again to see what is there now.'
        : !user && explainNoAnswer(error),
  });
  const title = user ? `Edit ${user.name}` : `Add a person at ${customerName(customer)}`;
  if (invitation) {
    return (
      <Dialog title={`Invitation for ${form.values['name']}`} onClose={onClose} secret="invitation link">
        <DialogBody>
          <InvitationShown invitation={invitation} />
        </DialogBody>
        <DialogFoot>
          <Button kind="primary" onPress={onClose}>
            Done
          </Button>
        </DialogFoot>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={255} autoFocus />
          <TextField
            name="email"
            label="Email"
            type="email"
            hint="To sign in with; unique in the whole installation."
            maxLength={254}
          />
          {user?.id === me.id && (
            <PasswordField
              name="current_password"
              label="Your present password"
              optional
              hint="Needed to change your own address."
              autoComplete="current-password"
            />
          )}
          <ChoiceField
            name="role"
            label="Role"
            options={roles.map((role) => ({ value: role, label: ROLE[role], hint: ROLE_HINT[role] }))}
          />
          {mayMakeOfficers && OFFICERS.has(form.values['role'] ?? '') && (
            <CheckField
              name="is_key_officer"
              label="Key officer"
              hint="Answers for the keys that are kept for customers, and says who else does. Apart from the role."
            />
          )}
          {!user && (
            <ChoiceField
              name="way"
              label="First sign-in"
              usual={usualWay}
              options={mailEnabled ? [BY_MAIL, ...WAYS] : WAYS}
            />
          )}
          {form.values['way'] === 'password' && (
            <NewPasswordFields
              optional={Boolean(user)}
              {...(user && { advice: 'Empty: the present one stays. A new one signs this person out everywhere.' })}
            />
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {user ? 'Save' : 'Add person'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function checkUser(values: Values): Problems {
  const problems: Problems = {};
  if (!values['name']?.trim()) problems['name'] = 'This is needed.';
  if (!values['email']?.trim()) problems['email'] = 'This is needed.';
  const wanted = values['way'] === 'password' && (values['new'] === 'yes' || values['password'] || values['again']);
  if (wanted) Object.assign(problems, checkPasswords(values));
  return problems;
}

type Fields = {
  name: string;
  email: string;
  role: Role;
  is_key_officer?: boolean;
  current_password?: string;
  password?: string;
};

/** A password can't be seen: one that is to be set is sent again. */
function savingOf(id: string): Saving<User, Fields> {
  const isAs = (user: User, fields: Fields) => Object.keys(changed(user, fields)).length === 0;
  return {
    update: (user, fields) => updateUser(user, changed(user, fields)),
    latest: () => showUser(id),
    isSaved: isAs,
    follows: (user, { name, email, role, is_key_officer }) =>
      isAs(user, { name, email, role, ...(is_key_officer !== undefined && { is_key_officer }) }),
  };
}

function changed(user: User, fields: Fields): UserUpdate {
  const update: UserUpdate = {};
  if (fields.name !== user.name) update.name = fields.name;
  if (fields.email !== user.email) {
    update.email = fields.email;
    if (fields.current_password) update.current_password = fields.current_password;
  }
  if (fields.role !== user.role) update.role = fields.role;
  if (fields.is_key_officer !== undefined && fields.is_key_officer !== user.is_key_officer) {
    update.is_key_officer = fields.is_key_officer;
  }
  if (fields.password) update.password = fields.password;
  return update;
}
