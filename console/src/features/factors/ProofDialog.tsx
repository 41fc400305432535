import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { isCode } from '../../api/client';
import type { OwnFactors } from '../../api/schema';
import { problemText } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { PasswordField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { factorsQuery, proofOptions, prove } from './api';
import { askPasskey, hasPasskeys, NoPasskey } from './passkey';

type ProofDialogProps = { onProven: () => void; onClose: () => void };

type Way = 'current_password' | 'code' | 'recovery_code' | 'passkey';

const OTHERWISE: Record<Way, string> = {
  current_password: 'Use your password',
  code: 'Use a code from your app',
  recovery_code: 'Use a recovery code',
  passkey: 'Use a passkey',
};

/** By what one can prove oneself: the password is enough only where there is nothing else. */
function waysOf(factors: OwnFactors): Way[] {
  if (factors.items.length === 0) return ['current_password'];
  const has = (kind: string) => factors.items.some((factor) => factor.kind === kind);
  return [
    ...(has('totp') ? (['code'] as const) : []),
    ...(has('passkey') && factors.passkeys_offered && hasPasskeys() ? (['passkey'] as const) : []),
    ...(factors.recovery_codes_left > 0 ? (['recovery_code'] as const) : []),
  ];
}

/** Once more who one is, before something that a session which was left open must not allow. */
export function ProofDialog({ onProven, onClose }: ProofDialogProps) {
  const factors = useQuery(factorsQuery());
  const [chosen, setChosen] = useState<Way>();
  const ways = factors.data ? waysOf(factors.data) : [];
  const way = chosen ?? ways[0];
  const others = ways.filter((other) => other !== way);
  const switches = others.map((other) => (
    <Button key={other} kind="link" onPress={() => setChosen(other)}>
      {OTHERWISE[other]}
    </Button>
  ));
  return (
    <Dialog title="Is it you?" onClose={onClose}>
      {factors.isPending && <Skeletons lines={2} />}
      {factors.error && !factors.data && (
        <Failed what="Your second factors" error={factors.error} onRetry={() => void factors.refetch()} />
      )}
      {way === 'passkey' && <ByPasskey switches={switches} onProven={onProven} onClose={onClose} />}
      {way && way !== 'passkey' && (
        <ByText key={way} way={way} switches={switches} onProven={onProven} onClose={onClose} />
      )}
    </Dialog>
  );
}

type PartProps = ProofDialogProps & { switches: ReactNode };

const WHY = 'You signed in a while ago. Prove once more that it is you, or sign out and in again.';

function ByText({ way, switches, onProven, onClose }: PartProps & { way: Exclude<Way, 'passkey'> }) {
  const form = useForm({
    initial: { [way]: '' },
    check: (values): Problems => (values[way]?.trim() ? {} : { [way]: 'This is needed.' }),
    send: async (values) => {
      await prove({ [way]: values[way] });
      onProven();
    },
  });
  return (
    <FormView form={form} label="Is it you?" className="dialog-form">
      <DialogBody>
        <FormSummary />
        <p>{WHY}</p>
        {way === 'current_password' && (
          <PasswordField name={way} label="Your password" autoComplete="current-password" autoFocus />
        )}
        {way === 'code' && (
          <TextField
            name={way}
            label="Code from your app"
            autoComplete="one-time-code"
            inputMode="numeric"
            spellCheck={false}
            autoFocus
          />
        )}
        {way === 'recovery_code' && <TextField name={way} label="Recovery code" spellCheck={false} autoFocus />}
        {switches}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" isPending={form.busy}>
          Go on
        </Button>
      </DialogFoot>
    </FormView>
  );
}

function ByPasskey({ switches, onProven, onClose }: PartProps) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await prove({ passkey: await askPasskey(await proofOptions()) });
      onProven();
    } catch (error) {
      setProblem(error instanceof NoPasskey ? error.message : problemText(error));
      setBusy(false);
    }
  };
  return (
    <>
      <DialogBody>
        <p>{WHY}</p>
        {problem && <Notice tone="danger">{problem}</Notice>}
        {switches}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" isPending={busy} onPress={() => void ask()} autoFocus>
          Use a passkey
        </Button>
      </DialogFoot>
    </>
  );
}

/** Does something that may ask for a proof first. What is thrown besides is the caller's to show. */
export function useProof() {
  const [waiting, setWaiting] = useState<() => void>();
  const guarded = async (what: () => Promise<void>, fail: (error: unknown) => void) => {
    const run = async (again: boolean) => {
      try {
        await what();
      } catch (error) {
        if (again && isCode(error, 'proof_required')) setWaiting(() => () => void run(false));
        else fail(error);
      }
    };
    await run(true);
  };
  const dialog = waiting && (
    <ProofDialog
      onClose={() => setWaiting(undefined)}
      onProven={() => {
        setWaiting(undefined);
        waiting();
      }}
    />
  );
  return { guarded, dialog };
}
