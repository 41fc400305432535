import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../api/schema';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { deleteUser } from './api';

/** Takes a person's account away. The person can be added again, so nothing has to be typed. */
export function RemoveUserDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    try {
      await deleteUser(user.id);
      onClose();
      toast(`${user.name} removed`);
      await client.invalidateQueries({ queryKey: ['users'] });
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Remove ${user.name}?`} onClose={onClose} busy={busy}>
      <DialogBody>
        <p>
          {user.name} ({user.email}) is signed out at once and can no longer sign in. What this person did stays in the
          activity. The address can be added again.
        </p>
        {problem && <Notice tone="danger">{problem}</Notice>}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="danger" isPending={busy} onPress={() => void remove()}>
          Remove {user.name}
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
