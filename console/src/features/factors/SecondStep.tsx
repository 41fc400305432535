import { useState } from 'react';
import { isCode } from '../../api/client';
import type { FactorMethod, HalfSignIn } from '../../api/schema';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { finishSignIn } from './api';
import { askPasskey, hasPasskeys, NoPasskey } from './passkey';
import './factors.css';

type SecondStepProps = {
  half: HalfSignIn;
  onDone: () => Promise<void> | void;
  /** Back to the password. */
  onBack: () => void;
};

const OTHERWISE: Record<FactorMethod, string> = {
  totp: 'Use a code from your app',
  passkey: 'Use a passkey',
  recovery_code: 'Use a recovery code',
};

/** The second half of a sign-in: in the way that one has, one at a time. */
export function SecondStep({ half, onDone, onBack }: SecondStepProps) {
  const methods = half.methods.filter((method) => method !== 'passkey' || hasPasskeys());
  const [way, setWay] = useState<FactorMethod | undefined>(methods.includes('passkey') ? 'passkey' : methods[0]);
  return (
    <div className="alone-form">
      {way === undefined && <Notice tone="danger">None of your second factors can be used in this browser.</Notice>}
      {way === 'passkey' && <PasskeyStep options={half.passkey} onDone={onDone} />}
      {(way === 'totp' || way === 'recovery_code') && <CodeStep key={way} way={way} onDone={onDone} />}
      <div className="alone-ways">
        {methods
          .filter((method) => method !== way)
          .map((method) => (
            <Button key={method} kind="link" onPress={() => setWay(method)}>
              {OTHERWISE[method]}
            </Button>
          ))}
        <Button kind="link" onPress={onBack}>
          Back
        </Button>
      </div>
    </div>
  );
}

const TOO_LATE = 'This took too long. Go back and sign in again.';

function CodeStep({ way, onDone }: { way: 'totp' | 'recovery_code'; onDone: SecondStepProps['onDone'] }) {
  const form = useForm({
    initial: { code: '' },
    check: ({ code }): Problems => (code?.trim() ? {} : { code: 'This is needed.' }),
    send: async ({ code = '' }) => {
      await finishSignIn(way === 'totp' ? { code } : { recovery_code: code });
      await onDone();
    },
    explain: (error) => (isCode(error, 'sign_in_required') ? TOO_LATE : undefined),
  });
  return (
    <FormView form={form} label="Second factor" className="alone-form">
      <FormSummary />
      {way === 'totp' ? (
        <TextField
          name="code"
          label="Code from your app"
          hint="Six digits, another six every half minute."
          autoComplete="one-time-code"
          inputMode="numeric"
          spellCheck={false}
          autoFocus
        />
      ) : (
        <TextField
          name="code"
          label="Recovery code"
          hint="One of the ten that you kept. Each works once."
          spellCheck={false}
          autoFocus
        />
      )}
      <Button kind="primary" type="submit" isPending={form.busy}>
        Sign in
      </Button>
    </FormView>
  );
}

function PasskeyStep({ options, onDone }: { options: unknown; onDone: SecondStepProps['onDone'] }) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await finishSignIn({ passkey: await askPasskey(options) });
      await onDone();
    } catch (error) {
      setProblem(
        error instanceof NoPasskey ? error.message : isCode(error, 'sign_in_required') ? TOO_LATE : problemText(error),
      );
      setBusy(false);
    }
  };
  return (
    <>
      <p>Your browser asks for a passkey that belongs to this address.</p>
      {problem && <Notice tone="danger">{problem}</Notice>}
      <Button kind="primary" isPending={busy} onPress={() => void ask()} autoFocus>
        Use a passkey
      </Button>
    </>
  );
}
