import { useState } from 'react';
import { isCode } from '../../api/client';
import type { FactorAdded, HalfSignIn, TotpBegun } from '../../api/schema';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { AppSetup } from './AppSetup';
import { addPasskey, beginTotp, passkeyOptions } from './api';
import { hasPasskeys, makePasskey, NoPasskey } from './passkey';
import { RecoveryCodesShown } from './RecoveryCodesShown';

type EnrolStepProps = { half: HalfSignIn; onDone: () => void; onBack: () => void };

/** Where nobody goes without a second factor: setting one up, as a part of signing in. */
export function EnrolStep({ half, onDone, onBack }: EnrolStepProps) {
  const [begun, setBegun] = useState<TotpBegun>();
  const [added, setAdded] = useState<FactorAdded>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const attempt = async (what: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await what();
    } catch (error) {
      if (error instanceof NoPasskey) setProblem(error.message);
      else if (isCode(error, 'sign_in_required')) setProblem('This took too long. Go back and sign in again.');
      else setProblem(problemText(error));
    }
    setBusy(false);
  };
  const withApp = () => attempt(async () => setBegun(await beginTotp()));
  const withPasskey = () =>
    attempt(async () => setAdded(await addPasskey('Passkey', await makePasskey(await passkeyOptions()))));
  if (added) {
    return (
      <div className="alone-form">
        <p role="status">You are signed in. From now on you need your second factor each time.</p>
        {added.recovery_codes && <RecoveryCodesShown codes={added.recovery_codes} />}
        <Button kind="primary" onPress={onDone}>
          I have kept them
        </Button>
      </div>
    );
  }
  if (begun) {
    return <AppSetup begun={begun} onAdded={setAdded} onCancel={() => setBegun(undefined)} />;
  }
  return (
    <div className="alone-form">
      <p>Whoever looks after your account asks for a second factor. Set one up to go on; it takes a minute.</p>
      {problem && <Notice tone="danger">{problem}</Notice>}
      <Button kind="primary" isPending={busy} onPress={() => void withApp()} autoFocus>
        Use an authenticator app
      </Button>
      {half.methods.includes('passkey') && hasPasskeys() && (
        <Button isPending={busy} onPress={() => void withPasskey()}>
          Use a passkey
        </Button>
      )}
      <div className="alone-ways">
        <Button kind="link" onPress={onBack}>
          Back
        </Button>
      </div>
    </div>
  );
}
