import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { idempotencyKey } from '../../api/client';
import type { Customer, PassKey, PassKeyCreated } from '../../api/schema';
import { OVER } from '../../app/over';
import { useMay } from '../../app/useMe';
import { count } from '../../lib/format';
import { customerName, offers, PASS_KEY_STATE, problemText, refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { childrenQuery } from '../customers/api';
import { passKeysQuery, revokePassKey, rotatePassKey } from './api';
import { PassKeyShown } from './PassKeyShown';

/** The pass keys of an end customer: what they begin with, how often they were used, when they end. */
export function PassKeysTab({ customer }: { customer: Customer }) {
  const keys = useQuery(passKeysQuery(customer.id));
  const mayManage = useMay('pass_key_create');
  const go = useNavigate({ from: '/customers/$id' });
  const sites = useQuery({ ...childrenQuery(customer), enabled: customer.totals.sites > 0 }).data ?? [];
  const [asked, setAsked] = useState<{ passKey: PassKey; action: 'rotate' | 'revoke' }>();
  const [made, setMade] = useState<PassKeyCreated>();
  const items = keys.data?.toSorted((a, b) => Number(b.state === 'active') - Number(a.state === 'active')) ?? [];
  return (
    <section aria-label="Pass keys">
      <header className="card-head">
        <h2>Pass keys</h2>
        {mayManage && offers(customer, 'add_device') && (
          <Button
            refusal={refusalOf(customer, 'add_device')}
            onPress={() => void go({ search: { tab: 'pass_keys', add: 'device' }, state: OVER })}
          >
            <Plus className="icon-s" aria-hidden />
            Add device
          </Button>
        )}
      </header>
      <p className="quiet intro">
        Machines register with them. Revoking or replacing one stops new registrations; devices that are there go on.
      </p>
      {keys.isPending && <Skeletons />}
      {keys.error && !keys.data && (
        <Failed what="The pass keys" error={keys.error} onRetry={() => void keys.refetch()} />
      )}
      {keys.data?.length === 0 && (
        <Blank title="No pass key yet" small>
          <p>“Add device” makes one, and shows it once with a ready command.</p>
        </Blank>
      )}
      {items.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Begins with</th>
              <th scope="col">State</th>
              <th scope="col">Devices</th>
              <th scope="col">Ends</th>
              <th scope="col">Made</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((key) => (
              <KeyRow
                key={key.id}
                passKey={key}
                site={sites.find((site) => site.id === key.site_id)}
                onAsk={(action) => setAsked({ passKey: key, action })}
              />
            ))}
          </tbody>
        </table>
      )}
      {asked && <KeyDialog {...asked} onMade={setMade} onClose={() => setAsked(undefined)} />}
      {made && (
        <PassKeyShown
          customer={customer.id}
          passKey={made}
          title="The new pass key"
          onClose={() => setMade(undefined)}
        />
      )}
    </section>
  );
}

type KeyRowProps = { passKey: PassKey; site: Customer | undefined; onAsk: (action: 'rotate' | 'revoke') => void };

function KeyRow({ passKey, site, onAsk }: KeyRowProps) {
  const { prefix, state, uses, max_uses } = passKey;
  const mayManage = useMay('pass_key_revoke');
  const active = state === 'active';
  return (
    <tr>
      <td data-title="Begins with">
        <code>{prefix}…</code>
        {site && <span className="quiet"> for {customerName(site)}</span>}
      </td>
      <td data-title="State">
        {active ? (
          <span className="quiet">{PASS_KEY_STATE.active}</span>
        ) : (
          <Badge tone="muted">{PASS_KEY_STATE[state]}</Badge>
        )}
      </td>
      <td data-title="Devices" className="number">
        {count(uses)} <span className="quiet">{max_uses ? `of ${count(max_uses)}` : 'so far'}</span>
      </td>
      <td data-title="Ends">
        <When at={passKey.expires_at} never="Never" />
      </td>
      <td data-title="Made">
        <When at={passKey.created_at} />
      </td>
      <td className="table-actions">
        {active && mayManage && offers(passKey, 'rotate') && (
          <Button size="s" refusal={refusalOf(passKey, 'rotate')} onPress={() => onAsk('rotate')}>
            Replace
          </Button>
        )}
        {active && mayManage && offers(passKey, 'revoke') && (
          <Button size="s" refusal={refusalOf(passKey, 'revoke')} onPress={() => onAsk('revoke')}>
            Revoke
          </Button>
        )}
      </td>
    </tr>
  );
}

type KeyDialogProps = {
  passKey: PassKey;
  action: 'rotate' | 'revoke';
  onMade: (key: PassKeyCreated) => void;
  onClose: () => void;
};

function KeyDialog({ passKey, action, onMade, onClose }: KeyDialogProps) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [key] = useState(idempotencyKey);
  const rotating = action === 'rotate';
  const run = async () => {
    setBusy(true);
    try {
      if (rotating) onMade(await rotatePassKey(passKey.id, key));
      else await revokePassKey(passKey.id);
      onClose();
      toast(rotating ? `Pass key ${passKey.prefix}… replaced` : `Pass key ${passKey.prefix}… revoked`);
      await client.invalidateQueries({ queryKey: ['pass_keys'] });
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={`${rotating ? 'Replace' : 'Revoke'} the pass key ${passKey.prefix}…?`} onClose={onClose} busy={busy}>
      <DialogBody>
        <p>
          {rotating
            ? 'It stops working at once, and a new one with the same limits takes its place. Scripts that use it need the new one.'
            : 'It stops working at once and cannot be brought back. Devices that registered with it go on backing up.'}
        </p>
        {problem && <Notice tone="danger">{problem}</Notice>}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind={rotating ? 'primary' : 'danger'} isPending={busy} onPress={() => void run()}>
          {rotating ? 'Replace' : 'Revoke'} pass key
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
