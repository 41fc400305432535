import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { idempotencyKey } from '../../api/client';
import type { Invitation, User } from '../../api/schema';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { setupQuery } from '../sessions/api';
import { inviteUser } from './api';
import { InvitationShown } from './InvitationShown';

/** Makes a link with which a person sets a password: to begin with, or because the former one was lost. */
export function InviteDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const [invitation, setInvitation] = useState<Invitation>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [keys] = useState(() => ({ mail: idempotencyKey(), link: idempotencyKey() }));
  const mailEnabled = useQuery({ ...setupQuery(), staleTime: 60_000 }).data?.mail_enabled;
  const invite = async (byMail: boolean) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const made = await inviteUser(user.id, byMail, byMail ? keys.mail : keys.link);
      if (made.url) {
        setInvitation(made);
      } else {
        onClose();
        toast(`Invitation sent to ${made.email}`);
      }
      await client.invalidateQueries({ queryKey: ['changes'] });
    } catch (error) {
      setProblem(problemText(error));
    }
    setBusy(false);
  };
  if (invitation) {
    return (
      <Dialog title={`Invitation for ${user.name}`} onClose={onClose} secret="invitation link">
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
    <Dialog title={`Invite ${user.name}?`} onClose={onClose} busy={busy}>
      <DialogBody>
        <p>
          This makes a link with which {user.name} sets a password for {user.email}, once and within a week. Links that
          were made before stop working
          {user.has_password ? '; the present password holds until the new one is set.' : '.'}
        </p>
        {problem && <Notice tone="danger">{problem}</Notice>}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        {mailEnabled && (
          <Button kind="primary" isPending={busy} onPress={() => void invite(true)}>
            Send by mail
          </Button>
        )}
        <Button kind={mailEnabled ? undefined : 'primary'} isPending={busy} onPress={() => void invite(false)}>
          {mailEnabled ? 'Show the link' : 'Make the link'}
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
