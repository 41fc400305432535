import { useState } from 'react';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { beginForeignSignIn } from './api';

type ForeignButtonProps = { provider: string; name: string; primary?: boolean };

/** Leads to another provider, which sends the browser back. */
export function ForeignButton({ provider, name, primary = false }: ForeignButtonProps) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      location.assign(await beginForeignSignIn(provider));
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <>
      {problem && <Notice tone="danger">{problem}</Notice>}
      <Button kind={primary ? 'primary' : undefined} isPending={busy} onPress={() => void leave()}>
        Sign in with {name}
      </Button>
    </>
  );
}
