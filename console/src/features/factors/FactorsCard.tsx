import { useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Pencil, Smartphone, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Factor, FactorAdded, OwnFactors, TotpBegun } from '../../api/schema';
import { counted } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button, IconButton } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { AppSetup } from './AppSetup';
import { addPasskey, beginTotp, factorsQuery, passkeyOptions, removeFactor, renameFactor, renewCodes } from './api';
import { hasPasskeys, makePasskey, NoPasskey } from './passkey';
import { useProof } from './ProofDialog';
import { RecoveryCodesShown } from './RecoveryCodesShown';
import './factors.css';

type Open =
  | { what: 'app'; begun: TotpBegun }
  | { what: 'codes'; codes: string[] }
  | { what: 'passkey' }
  | { what: 'rename'; factor: Factor }
  | { what: 'remove'; factor: Factor };

/** What one signs in with beside the password. */
export function FactorsCard() {
  const factors = useQuery(factorsQuery());
  const data = factors.data;
  return (
    <Card title="Second factor">
      {factors.isPending && <Skeletons lines={3} />}
      {factors.error && !data && (
        <Failed what="Your second factors" error={factors.error} onRetry={() => void factors.refetch()} />
      )}
      {data && <Factors factors={data} />}
    </Card>
  );
}

function Factors({ factors }: { factors: OwnFactors }) {
  const client = useQueryClient();
  const [open, setOpen] = useState<Open>();
  const [problem, setProblem] = useState<string>();
  const app = factors.items.find(({ kind }) => kind === 'totp');
  const { guarded, dialog } = useProof();
  const close = () => setOpen(undefined);
  const refresh = () => client.invalidateQueries({ queryKey: ['me'] });
  const attempt = (what: () => Promise<void>) => {
    setProblem(undefined);
    void guarded(what, (error) => setProblem(error instanceof NoPasskey ? error.message : problemText(error)));
  };
  const added = async ({ factor, recovery_codes }: FactorAdded) => {
    toast(`${factor.name} is set up`);
    setOpen(recovery_codes ? { what: 'codes', codes: recovery_codes } : undefined);
    await refresh();
  };
  const addApp = () => attempt(async () => setOpen({ what: 'app', begun: await beginTotp() }));
  const makeKey = (name: string) =>
    attempt(async () => {
      close();
      await added(await addPasskey(name, await makePasskey(await passkeyOptions())));
    });
  const remove = (factor: Factor) =>
    attempt(async () => {
      close();
      await removeFactor(factor.id);
      toast(`${factor.name} removed`);
      await refresh();
    });
  const renew = () =>
    attempt(async () => {
      setOpen({ what: 'codes', codes: (await renewCodes()).recovery_codes });
      await refresh();
    });
  const isOff = factors.two_factor === 'off';
  const enrolled = factors.items.length > 0;
  return (
    <>
      <div className="factors-state">
        {factors.two_factor === 'required' && !enrolled && (
          <Notice tone="warning">
            A second factor is required here. Without one you set it up at your next sign-in, before anything else.
          </Notice>
        )}
        {isOff && !enrolled && <p className="quiet">Second factors are switched off here.</p>}
        {!isOff && !enrolled && (
          <p className="quiet">Your password alone signs you in. A second factor keeps out whoever learns it.</p>
        )}
        {problem && <Notice tone="danger">{problem}</Notice>}
      </div>
      {enrolled && (
        <ul className="factors">
          {factors.items.map((factor) => (
            <li key={factor.id} aria-label={factor.name}>
              {factor.kind === 'totp' ? (
                <Smartphone className="icon" aria-hidden />
              ) : (
                <KeyRound className="icon" aria-hidden />
              )}
              <span className="who-lines">
                <span className="who-name">{factor.name}</span>
                <span className="who-second">
                  {factor.kind === 'totp' ? 'Codes from an app' : 'Passkey'}, since <When at={factor.created_at} />
                  {factor.last_used_at && (
                    <>
                      , last used <When at={factor.last_used_at} />
                    </>
                  )}
                </span>
              </span>
              <span className="cell-actions">
                <IconButton
                  size="s"
                  label={`Rename ${factor.name}`}
                  onPress={() => setOpen({ what: 'rename', factor })}
                >
                  <Pencil className="icon-s" aria-hidden />
                </IconButton>
                <IconButton
                  size="s"
                  label={`Remove ${factor.name}`}
                  onPress={() => setOpen({ what: 'remove', factor })}
                >
                  <Trash2 className="icon-s" aria-hidden />
                </IconButton>
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="factors-buttons">
        {!isOff && (
          <Button kind={enrolled ? undefined : 'primary'} onPress={addApp}>
            {app ? 'Replace the app…' : 'Add an authenticator app…'}
          </Button>
        )}
        {!isOff && factors.passkeys_offered && hasPasskeys() && (
          <Button onPress={() => setOpen({ what: 'passkey' })}>Add a passkey…</Button>
        )}
        {enrolled && (
          <>
            <Button onPress={renew}>New recovery codes…</Button>
            <span className="quiet">
              {counted(factors.recovery_codes_left, 'recovery code', 'recovery codes')} left
            </span>
          </>
        )}
      </div>
      {open?.what === 'app' && (
        <Dialog title="Add an authenticator app" onClose={close}>
          <AppSetup inDialog begun={open.begun} onAdded={(done) => void added(done)} onCancel={close} />
        </Dialog>
      )}
      {open?.what === 'codes' && (
        <Dialog title="Recovery codes" onClose={close} secret="recovery codes">
          <DialogBody>
            <RecoveryCodesShown codes={open.codes} />
          </DialogBody>
          <DialogFoot>
            <Button kind="primary" onPress={close}>
              I have kept them
            </Button>
          </DialogFoot>
        </Dialog>
      )}
      {open?.what === 'passkey' && (
        <NameDialog
          title="Add a passkey"
          verb="Go on"
          hint="The browser asks next which device or password manager keeps it."
          onClose={close}
          onNamed={async (name) => makeKey(name)}
        />
      )}
      {open?.what === 'rename' && (
        <NameDialog
          title={`Rename ${open.factor.name}`}
          verb="Save"
          name={open.factor.name}
          onClose={close}
          onNamed={async (name) => {
            await renameFactor(open.factor, name);
            close();
            await refresh();
          }}
        />
      )}
      {open?.what === 'remove' && (
        <Dialog title={`Remove ${open.factor.name}?`} onClose={close}>
          <DialogBody>
            <p>
              {factors.items.length === 1
                ? 'Your password alone signs you in then, and your recovery codes are worth nothing any more.'
                : 'It can’t be used to sign in any more.'}
            </p>
          </DialogBody>
          <DialogFoot>
            <Button onPress={close}>Cancel</Button>
            <Button kind="danger" onPress={() => remove(open.factor)}>
              Remove it
            </Button>
          </DialogFoot>
        </Dialog>
      )}
      {dialog}
    </>
  );
}

type NameDialogProps = {
  title: string;
  verb: string;
  name?: string;
  hint?: string;
  onClose: () => void;
  onNamed: (name: string) => Promise<void>;
};

function NameDialog({ title, verb, name = '', hint, onClose, onNamed }: NameDialogProps) {
  const form = useForm({
    initial: { name },
    check: (values): Problems => (values['name']?.trim() ? {} : { name: 'This is needed.' }),
    send: async (values) => onNamed(values['name']?.trim() ?? ''),
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={100} hint={hint} autoFocus />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {verb}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
