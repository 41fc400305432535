import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { idempotencyKey } from '../../api/client';
import type { SessionShown } from '../../api/schema';
import { counted } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { endOtherSessions, endSession, sessionsQuery } from './api';

type SessionsProps = { user?: string; refusal?: string | undefined };

/** Where somebody is signed in, and the way to end that: of a person below, or one's own. */
export function Sessions({ user, refusal }: SessionsProps) {
  const client = useQueryClient();
  const sessions = useQuery(sessionsQuery(user));
  const [busy, setBusy] = useState<string>();
  const items = sessions.data ?? [];
  const others = items.filter((session) => !session.is_current).length;

  const run = async (id: string, work: () => Promise<string>) => {
    setBusy(id);
    try {
      toast(await work());
    } catch (error) {
      toast(problemText(error));
    }
    await client.invalidateQueries({ queryKey: ['sessions'] });
    setBusy(undefined);
  };
  const end = (session: SessionShown) =>
    run(session.id, async () => {
      await endSession(session.id);
      return `Signed out: ${nameOf(session)}`;
    });
  const endOthers = () =>
    run(
      'others',
      async () => `Signed out everywhere else: ${counted(await endOtherSessions(idempotencyKey()), 'session')}`,
    );

  return (
    <Card
      title="Sessions"
      end={
        !user &&
        others > 0 && (
          <Button size="s" isPending={busy === 'others'} onPress={() => void endOthers()}>
            Sign out everywhere else
          </Button>
        )
      }
    >
      {sessions.isPending && <Skeletons />}
      {sessions.error && !sessions.data && (
        <Failed what="The sessions" error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.data?.length === 0 && <Blank title="Not signed in anywhere" small />}
      {items.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">With</th>
              <th scope="col">From</th>
              <th scope="col">Last used</th>
              <th scope="col">Since</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((session) => (
              <tr key={session.id}>
                <td data-title="With">
                  {session.browser ?? 'A browser or program that did not say'}{' '}
                  {session.is_current && <Badge tone="muted">This one</Badge>}
                </td>
                <td data-title="From">{session.address ?? <span className="quiet">Unknown</span>}</td>
                <td data-title="Last used">
                  <When at={session.last_seen_at} />
                </td>
                <td data-title="Since">
                  <When at={session.created_at} />
                </td>
                <td className="table-actions">
                  {!session.is_current && (
                    <Button
                      size="s"
                      aria-label={`Sign out: ${nameOf(session)}`}
                      refusal={refusal}
                      isPending={busy === session.id}
                      onPress={() => void end(session)}
                    >
                      Sign out
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function nameOf({ browser, address }: SessionShown): string {
  return [browser ?? 'a session', address && `at ${address}`].filter(Boolean).join(' ');
}
