import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SignInProvider } from '../../api/schema';
import { isCode } from '../../api/client';
import { problemText } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { Fact, Facts } from '../../ui/Facts';
import { CheckField, PasswordField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';
import { toast } from '../../ui/Toasts';
import { ProofDialog, useProof } from '../factors/ProofDialog';
import { removeSignInProvider, setSignInProvider, signInProviderQuery } from './api';

type Open = 'edit' | 'remove';

/** By whom else a customer's people are signed in. */
export function SignInProviderCard({ customer }: { customer: string }) {
  const provider = useQuery(signInProviderQuery(customer));
  const [open, setOpen] = useState<Open>();
  const data = provider.data;
  const close = () => setOpen(undefined);
  return (
    <Card
      title="Sign-in by another provider"
      end={
        data && (
          <span className="cell-actions">
            {data.id && (
              <Button size="s" onPress={() => setOpen('remove')}>
                Remove…
              </Button>
            )}
            <Button size="s" onPress={() => setOpen('edit')}>
              {data.id ? 'Change…' : 'Set up…'}
            </Button>
          </span>
        )
      }
    >
      {provider.isPending && <Skeletons lines={2} />}
      {provider.error && !data && (
        <Failed what="The sign-in" error={provider.error} onRetry={() => void provider.refetch()} />
      )}
      {data && !data.id && <p className="quiet">None: people sign in with a password.</p>}
      {data?.id && (
        <>
          <Facts>
            <Fact name="Name">
              {data.name}
              {!data.enabled && <span className="quiet"> (switched off)</span>}
            </Fact>
            <Fact name="Issuer" wide>
              {data.issuer}
            </Fact>
            <Fact name="Client ID" wide>
              {data.client_id}
            </Fact>
          </Facts>
          {data.enabled && data.sign_in_url && (
            <Secret
              label="Where your people begin"
              text={data.sign_in_url}
              hint="Not a secret: hand it to everybody."
            />
          )}
        </>
      )}
      {open === 'edit' && data && <EditDialog provider={data} onClose={close} />}
      {open === 'remove' && data && <RemoveDialog provider={data} onClose={close} />}
    </Card>
  );
}

type DialogProps = { provider: SignInProvider; onClose: () => void };

function EditDialog({ provider, onClose }: DialogProps) {
  const client = useQueryClient();
  const [proving, setProving] = useState(false);
  const form = useForm({
    initial: {
      enabled: provider.id && !provider.enabled ? '' : 'yes',
      name: provider.name,
      issuer: provider.issuer,
      client_id: provider.client_id,
      client_secret: '',
    },
    check: (values) => {
      const problems: Problems = {};
      for (const field of ['name', 'issuer', 'client_id']) {
        if (!values[field]?.trim()) problems[field] = 'This is needed.';
      }
      return problems;
    },
    send: async (values) => {
      const wanted = {
        enabled: values['enabled'] === 'yes',
        name: values['name']?.trim() ?? '',
        issuer: values['issuer']?.trim() ?? '',
        client_id: values['client_id']?.trim() ?? '',
        client_secret: values['client_secret'] || null,
      };
      let saved: SignInProvider;
      try {
        saved = await setSignInProvider(provider, wanted);
      } catch (error) {
        if (!isCode(error, 'proof_required')) throw error;
        setProving(true);
        return;
      }
      client.setQueryData(signInProviderQuery(provider.customer_id).queryKey, saved);
      onClose();
      toast('Sign-in saved');
    },
  });
  const proven = () => {
    setProving(false);
    void form.submit();
  };
  return (
    <>
      {proving && <ProofDialog onProven={proven} onClose={() => setProving(false)} />}
      <Dialog title="Sign-in by another provider" onClose={onClose} form={form}>
        <FormView form={form} label="Sign-in by another provider" className="dialog-form">
          <DialogBody>
            <FormSummary />
            <p>
              It signs in people who have an account here, at this customer or below it, by the mail address that it
              vouches for. It makes no accounts, and second factors are asked for as ever.
            </p>
            <CheckField name="enabled" label="Let it sign people in" />
            <TextField name="name" label="Name" hint="What your people know it as." maxLength={100} autoFocus />
            <TextField
              name="issuer"
              label="Issuer"
              hint="Its address, as in https://login.example.com/tenant"
              maxLength={500}
              spellCheck={false}
            />
            <TextField name="client_id" label="Client ID" maxLength={255} spellCheck={false} />
            <PasswordField
              name="client_secret"
              label="Client secret"
              autoComplete="new-password"
              hint={
                provider.has_client_secret
                  ? 'One is kept. Empty: it stays, for this issuer and client.'
                  : 'For a confidential client.'
              }
              optional
            />
            <Secret label="Redirect address" text={provider.redirect_uri} hint="The provider wants to know it." />
          </DialogBody>
          <DialogFoot>
            <Button onPress={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" isPending={form.busy}>
              Save
            </Button>
          </DialogFoot>
        </FormView>
      </Dialog>
    </>
  );
}

function RemoveDialog({ provider, onClose }: DialogProps) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { guarded, dialog } = useProof();
  const remove = async () => {
    setBusy(true);
    await guarded(
      async () => {
        await removeSignInProvider(provider);
        onClose();
        toast(`${provider.name} signs nobody in any more`);
        await client.invalidateQueries({ queryKey: signInProviderQuery(provider.customer_id).queryKey });
      },
      (error) => setProblem(problemText(error)),
    );
    setBusy(false);
  };
  return (
    <>
      {dialog}
      <Dialog title={`Remove ${provider.name}?`} onClose={onClose} busy={busy}>
        <DialogBody>
          <p>
            People sign in with a password again; whoever has none needs an invitation. Those who are signed in stay so.
          </p>
          {problem && <Notice tone="danger">{problem}</Notice>}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="danger" isPending={busy} onPress={() => void remove()}>
            Remove {provider.name}
          </Button>
        </DialogFoot>
      </Dialog>
    </>
  );
}
