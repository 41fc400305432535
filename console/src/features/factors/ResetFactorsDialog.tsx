import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';

type ResetFactorsDialogProps = { name: string; reset: () => Promise<unknown>; onClose: () => void };

/** For somebody who has lost a phone and the recovery codes. */
export function ResetFactorsDialog({ name, reset, onClose }: ResetFactorsDialogProps) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    try {
      await reset();
      onClose();
      toast(`${name} has no second factor any more`);
      await client.invalidateQueries({ queryKey: ['users'] });
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Take the second factors from ${name}?`} onClose={onClose} busy={busy}>
      <DialogBody>
        <p>
          {name} is signed out at once and signs in with the password alone, until a new one is set up. Be sure that it
          is really its owner who asks: whoever knows the password needs nothing more then.
        </p>
        {problem && <Notice tone="danger">{problem}</Notice>}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="danger" isPending={busy} onPress={() => void take()}>
          Take them away
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
