import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { Token, TokenCreated } from '../../api/schema';
import { useMe } from '../../app/useMe';
import { counted, exact } from '../../lib/format';
import { offers, problemText, refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { revokeToken, tokensQuery } from './api';
import { TokenDialog } from './TokenDialog';
import { PERMISSION, TOKEN_STATE } from './words';

/** The API tokens of an account: one's own, or those of a person below. */
export function Tokens({ owner }: { owner: string }) {
  const me = useMe();
  const tokens = useQuery(tokensQuery(owner));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<TokenCreated>();
  const [revoking, setRevoking] = useState<Token>();
  const isOwn = owner === me.id;
  return (
    <Card
      title="API tokens"
      end={
        isOwn && (
          <Button size="s" onPress={() => setMaking(true)}>
            <Plus className="icon-s" aria-hidden />
            Make a token
          </Button>
        )
      }
    >
      <p className="quiet intro">
        {isOwn
          ? 'Programs ask with them in your place. A token never may more than you may yourself.'
          : 'Programs ask with them in this person’s place.'}
      </p>
      {tokens.isPending && <Skeletons />}
      {tokens.error && !tokens.data && (
        <Failed what="The tokens" error={tokens.error} onRetry={() => void tokens.refetch()} />
      )}
      {tokens.data?.length === 0 && <Blank title="No token yet" small />}
      {tokens.data && tokens.data.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">May</th>
              <th scope="col">At</th>
              <th scope="col">Last used</th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.data.map((token) => (
              <Row key={token.id} token={token} onRevoke={() => setRevoking(token)} />
            ))}
          </tbody>
        </table>
      )}
      {making && (
        <TokenDialog
          onClose={() => setMaking(false)}
          onMade={(created) => {
            setMaking(false);
            setMade(created);
          }}
        />
      )}
      {made && <TokenShown token={made} onClose={() => setMade(undefined)} />}
      {revoking && <RevokeDialog token={revoking} onClose={() => setRevoking(undefined)} />}
    </Card>
  );
}

function Row({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const { name, prefix, state, permissions, permissions_now } = token;
  const lost = permissions.length - permissions_now.length;
  return (
    <tr>
      <td data-title="Name">
        {name} <code className="quiet">{prefix}…</code>{' '}
        {state !== 'active' && <Badge tone="muted">{TOKEN_STATE[state]}</Badge>}
      </td>
      <td data-title="May">
        <details>
          <summary>{counted(permissions_now.length, 'thing')}</summary>
          <ul>
            {permissions.map((permission) => (
              <li key={permission} className={permissions_now.includes(permission) ? undefined : 'quiet'}>
                {PERMISSION[permission]}
                {!permissions_now.includes(permission) && ', not at present'}
              </li>
            ))}
          </ul>
        </details>
        {lost > 0 && <span className="quiet">{lost} more if its owner may again</span>}
      </td>
      <td data-title="At">{token.customer_name ?? <span className="quiet">Elsewhere</span>}</td>
      <td data-title="Last used">
        <When at={token.last_used_at} never="Never" />
      </td>
      <td data-title="Ends">
        <When at={token.expires_at} never="Never" />
      </td>
      <td className="table-actions">
        {offers(token, 'revoke') && (
          <Button size="s" aria-label={`Revoke ${name}`} refusal={refusalOf(token, 'revoke')} onPress={onRevoke}>
            Revoke
          </Button>
        )}
      </td>
    </tr>
  );
}

function TokenShown({ token, onClose }: { token: TokenCreated; onClose: () => void }) {
  const until = token.expires_at ? `until ${exact(token.expires_at)}` : 'until it is revoked';
  return (
    <Dialog title="Your new token" onClose={onClose} secret="token">
      <DialogBody>
        <Notice tone="warning">This token is shown now and not again. It works {until}.</Notice>
        <Secret
          label="Token"
          text={token.token}
          hint="Keep it where the program finds it, in TENANTRY_TOKEN for the command line, and nowhere else: whoever has it may what it may."
        />
        <Secret
          label="Try it"
          text={`curl -fsS ${location.origin}/api/v1/me -H "Authorization: Bearer $TENANTRY_TOKEN"`}
        />
      </DialogBody>
      <DialogFoot>
        <Button kind="primary" onPress={onClose}>
          Done
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

function RevokeDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const revoke = async () => {
    setBusy(true);
    try {
      await revokeToken(token.id);
      onClose();
      toast(`Token ${token.name} revoked`);
      await client.invalidateQueries({ queryKey: ['tokens'] });
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Revoke the token ${token.name}?`} onClose={onClose} busy={busy}>
      <DialogBody>
        <p>It stops working at once and cannot be brought back. Programs that use it are refused from now on.</p>
        {problem && <Notice tone="danger">{problem}</Notice>}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="danger" isPending={busy} onPress={() => void revoke()}>
          Revoke token
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
