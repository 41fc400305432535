import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Customer, Invitation, Role, User, UserUpdate } from '../../api/schema';
import { save, Stale, type Saving } from '../../lib/save';
import { customerName, explainNoAnswer, ROLE, ROLE_HINT } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { ChoiceField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { checkPasswords, NewPasswordFields } from '../../ui/NewPassword';
import { toast } from '../../ui/Toasts';
import { createUser, inviteUser, showUser, updateUser } from './api';
import { InvitationShown } from './InvitationShown';

const ROLES: Role[] = ['administrator', 'supporter', 'customer'];

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
  const [invitation, setInvitation] = useState<Invitation>();
  const [unanswered] = useState<Fields[]>([]);
  const form = useForm({
    initial: {
      name: user?.name ?? '',
      email: user?.email ?? '',
      role: user?.role ?? 'supporter',
      password: '',
      again: '',
      way: user ? 'password' : 'invitation',
      new: user ? '' : 'yes',
    },
    check: checkUser,
    send: async (values, { key }) => {
      const fields = {
        name: values['name']?.trim() ?? '',
        email: values['email']?.trim() ?? '',
        role: ROLES.find((role) => role === values['role']) ?? 'supporter',
        ...(values['way'] === 'password' && values['password'] && { password: values['password'] }),
      };
      if (user) {
        await save(savingOf(user.id), user, fields, unanswered);
        toast(`${fields.name} saved`);
      } else {
        const made = await createUser({ ...fields, customer_id: customer.id }, key);
        toast(`${fields.name} added`);
        if (values['way'] === 'invitation') setInvitation(await inviteUser(made.id, key));
      }
      if (user || values['way'] === 'password') onClose();
      await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === 'users' || queryKey[0] === 'me' });
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
          <ChoiceField
            name="role"
            label="Role"
            options={ROLES.map((role) => ({ value: role, label: ROLE[role], hint: ROLE_HINT[role] }))}
          />
          {!user && <ChoiceField name="way" label="First sign-in" options={WAYS} />}
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

type Fields = { name: string; email: string; role: Role; password?: string };

/** A password can't be seen: one that is to be set is sent again. */
function savingOf(id: string): Saving<User, Fields> {
  const isAs = (user: User, fields: Fields) => Object.keys(changed(user, fields)).length === 0;
  return {
    update: (user, fields) => updateUser(user, changed(user, fields)),
    latest: () => showUser(id),
    isSaved: isAs,
    follows: (user, { name, email, role }) => isAs(user, { name, email, role }),
  };
}

function changed(user: User, fields: Fields): UserUpdate {
  const update: UserUpdate = {};
  if (fields.name !== user.name) update.name = fields.name;
  if (fields.email !== user.email) update.email = fields.email;
  if (fields.role !== user.role) update.role = fields.role;
  if (fields.password) update.password = fields.password;
  return update;
}
