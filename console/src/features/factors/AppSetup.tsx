import { useState } from 'react';
import type { FactorAdded, TotpBegun } from '../../api/schema';
import { Button } from '../../ui/Button';
import { DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Secret } from '../../ui/Secret';
import { confirmTotp } from './api';
import './factors.css';

type AppSetupProps = {
  begun: TotpBegun;
  /** Whether it stands in a dialog, and not on a page of its own. */
  inDialog?: boolean;
  onAdded: (added: FactorAdded) => void;
  /** Another way out than going on. */
  onCancel: () => void;
};

/** An app is shown what its codes follow from, and shows the first of them. */
export function AppSetup({ begun, inDialog = false, onAdded, onCancel }: AppSetupProps) {
  const [typed, setTyped] = useState(false);
  const form = useForm({
    initial: { code: '' },
    check: ({ code }): Problems => (code?.trim() ? {} : { code: 'This is needed.' }),
    send: async ({ code = '' }) => onAdded(await confirmTotp(code)),
  });
  const fields = (
    <>
      <FormSummary />
      <p>Scan this with an authenticator app. Then type the six digits that it shows.</p>
      <img
        className="qr"
        alt="The key for an authenticator app, as a QR code"
        src={`data:image/svg+xml,${encodeURIComponent(begun.qr_svg)}`}
      />
      {typed ? (
        <Secret label="Key for typing" text={grouped(begun.secret)} hint="Time-based, six digits, every 30 seconds." />
      ) : (
        <Button kind="link" onPress={() => setTyped(true)}>
          Type the key instead
        </Button>
      )}
      <TextField
        name="code"
        label="Code from your app"
        autoComplete="one-time-code"
        inputMode="numeric"
        spellCheck={false}
        autoFocus
      />
    </>
  );
  const cancel = <Button onPress={onCancel}>Cancel</Button>;
  const confirm = (
    <Button kind="primary" type="submit" isPending={form.busy}>
      Confirm
    </Button>
  );
  if (inDialog) {
    return (
      <FormView form={form} label="Set up an authenticator app" className="dialog-form">
        <DialogBody>{fields}</DialogBody>
        <DialogFoot>
          {cancel}
          {confirm}
        </DialogFoot>
      </FormView>
    );
  }
  return (
    <FormView form={form} label="Set up an authenticator app" className="alone-form">
      {fields}
      {confirm}
      {cancel}
    </FormView>
  );
}

/** In fours, as people read what they type. */
function grouped(secret: string): string {
  return secret.replaceAll(/(.{4})(?=.)/gu, '$1 ');
}
