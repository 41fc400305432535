import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { isCode } from '../../api/client';
import type { Permission, TokenCreated } from '../../api/schema';
import { useMe, useScope } from '../../app/useMe';
import { customerName, explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, PasswordField, SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { customerQuery } from '../customers/api';
import { ProofDialog } from '../factors/ProofDialog';
import { expiryOf } from '../pass_keys/choices';
import { createToken } from './api';
import { PERMISSION, PERMISSIONS, reads } from './words';

/** In days; empty: for ever. */
const EXPIRIES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'One year' },
  { value: '', label: 'Until it is revoked' },
];

type TokenDialogProps = { onClose: () => void; onMade: (token: TokenCreated) => void };

/** Makes a token for oneself: what it is for, what it may of what one may oneself, where, and for how long. */
export function TokenDialog({ onClose, onMade }: TokenDialogProps) {
  const client = useQueryClient();
  const [proving, setProving] = useState(false);
  const me = useMe();
  const scope = useScope();
  const chosen = useQuery({ ...customerQuery(scope.id), enabled: scope.chosen }).data;
  const held = PERMISSIONS.filter((permission) => me.permissions.includes(permission));
  const form = useForm({
    initial: {
      name: '',
      customer_id: scope.id,
      expires: '90',
      current_password: '',
      ...Object.fromEntries(held.map((permission) => [permission, reads(permission) ? 'yes' : ''])),
    },
    check: (values) => {
      const problems: Problems = {};
      if (!values['name']?.trim()) problems['name'] = 'This is needed.';
      if (chosenOf(held, values).length === 0) problems['permissions'] = 'Choose at least one.';
      return problems;
    },
    send: async (values, { key, at }) => {
      const wanted = {
        name: values['name']?.trim() ?? '',
        customer_id: values['customer_id'] ?? me.customer_id,
        permissions: chosenOf(held, values),
        expires_at: expiryOf(values['expires'] ?? '', at),
        ...(values['current_password'] && { current_password: values['current_password'] }),
      };
      let made: TokenCreated;
      try {
        made = await createToken(wanted, key);
      } catch (error) {
        // With a second factor the password alone proves nothing.
        if (!isCode(error, 'proof_required')) throw error;
        setProving(true);
        return;
      }
      onMade(made);
      await client.invalidateQueries({ queryKey: ['tokens'] });
    },
    explain: explainNoAnswer,
  });
  const proven = () => {
    setProving(false);
    void form.submit();
  };
  const places = [
    { value: me.customer_id, label: `${me.customer_name} and everything below it` },
    ...(chosen && scope.chosen ? [{ value: chosen.id, label: `${customerName(chosen)} and what is below it` }] : []),
  ];
  return (
    <>
      {proving && <ProofDialog onProven={proven} onClose={() => setProving(false)} />}
      <Dialog title="Make a token" onClose={onClose} form={form}>
        <FormView form={form} label="Make a token" className="dialog-form">
          <DialogBody>
            <FormSummary />
            <TextField
              name="name"
              label="What it is for"
              hint="The activity names it with everything that it does."
              maxLength={100}
              autoFocus
            />
            <SelectField
              name="customer_id"
              label="Holds at"
              options={places}
              hint={
                places.length === 1
                  ? 'To make one for a single customer, choose that customer at the top of the page first.'
                  : undefined
              }
            />
            <SelectField name="expires" label="Works for" options={EXPIRIES} />
            <PasswordField
              name="current_password"
              label="Your password"
              optional
              hint="Needed where you signed in more than 15 minutes ago."
              autoComplete="current-password"
            />
            <Choices title="May see" permissions={held.filter(reads)} />
            <Choices title="May do" permissions={held.filter((permission) => !reads(permission))} />
          </DialogBody>
          <DialogFoot>
            <Button onPress={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" isPending={form.busy}>
              Make token
            </Button>
          </DialogFoot>
        </FormView>
      </Dialog>
    </>
  );
}

function Choices({ title, permissions }: { title: string; permissions: Permission[] }) {
  if (permissions.length === 0) return null;
  return (
    <fieldset className="choices">
      <legend className="field-label">{title}</legend>
      {permissions.map((permission) => (
        <CheckField key={permission} name={permission} label={PERMISSION[permission]} />
      ))}
    </fieldset>
  );
}

function chosenOf(held: Permission[], values: Values): Permission[] {
  return held.filter((permission) => values[permission] === 'yes');
}
