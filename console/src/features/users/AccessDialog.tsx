import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../api/schema';
import { useMe } from '../../app/useMe';
import { offers, problemText, refusalOf } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { Sessions } from '../account/Sessions';
import { resetFactors } from '../factors/api';
import { ResetFactorsDialog } from '../factors/ResetFactorsDialog';
import { Tokens } from '../tokens/Tokens';
import { updateUser, userQuery } from './api';
import { renewPeople, undoSwitch } from './undo';

/** Whether a person's account can be used, by what they sign in, where they are signed in, and which programs ask for them. */
export function AccessDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const user = useQuery(userQuery(id));
  const me = useMe();
  return (
    <Dialog title={user.data ? `Access of ${user.data.name}` : 'Access'} onClose={onClose}>
      <DialogBody>
        {user.isPending && <Skeletons lines={4} />}
        {user.error && !user.data && (
          <Failed what="The person" error={user.error} onRetry={() => void user.refetch()} />
        )}
        {user.data && (
          <>
            <Switch user={user.data} />
            <SecondFactor user={user.data} />
            <Sessions {...(id !== me.id && { user: id })} refusal={refusalOf(user.data, 'end_sessions')} />
            <Tokens owner={id} />
          </>
        )}
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose}>
          Done
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

/** Of others: one's own are in one's account. */
function SecondFactor({ user }: { user: User }) {
  const [asks, setAsks] = useState(false);
  if (!user.has_second_factor || !offers(user, 'reset_factors')) return null;
  return (
    <>
      <p>
        A second factor is asked for at each sign-in. Whoever has lost it and the recovery codes sets up another one.
      </p>
      <p>
        <Button refusal={refusalOf(user, 'reset_factors')} onPress={() => setAsks(true)}>
          Take the second factors away…
        </Button>
      </p>
      {asks && (
        <ResetFactorsDialog name={user.name} reset={() => resetFactors(user.id)} onClose={() => setAsks(false)} />
      )}
    </>
  );
}

function Switch({ user }: { user: User }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const action = user.is_active ? 'deactivate' : 'activate';
  const run = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const changed = await updateUser(user, { is_active: !user.is_active });
      toast(
        `${changed.name} ${changed.is_active ? 'can sign in again' : 'is signed out and cannot sign in'}`,
        undoSwitch(client, changed),
      );
    } catch (error) {
      setProblem(problemText(error));
    }
    await renewPeople(client);
    setBusy(false);
  };
  return (
    <>
      <p>
        {user.is_active
          ? 'The account is active. Deactivated, it is signed out everywhere, and its tokens open nothing until it is active again.'
          : 'The account is not active: nobody signs in with it, and its tokens open nothing.'}
      </p>
      {problem && <Notice tone="danger">{problem}</Notice>}
      {offers(user, action) && (
        <p>
          <Button isPending={busy} refusal={refusalOf(user, action)} onPress={() => void run()}>
            {user.is_active ? 'Deactivate' : 'Activate'}
          </Button>
        </p>
      )}
    </>
  );
}
