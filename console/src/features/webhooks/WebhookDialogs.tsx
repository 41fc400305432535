import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Webhook, WebhookCreated, WebhookDelivery } from '../../api/schema';
import { exact } from '../../lib/format';
import { problemText } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';
import { toast } from '../../ui/Toasts';
import { undoSave } from '../../ui/undo';
import { When } from '../../ui/When';
import {
  createWebhook,
  deleteWebhook,
  deliveriesQuery,
  renewSecret,
  replayDelivery,
  testWebhook,
  updateWebhook,
  webhooksQuery,
} from './api';
import { deliveryText, TOPICS, topicsOf, valuesOf } from './words';
import './webhooks.css';

export type Wish = 'edit' | 'messages' | 'secret' | 'remove';

type WebhookDialogProps = {
  customer: string;
  webhook?: Webhook;
  wish: Wish;
  /** There is a secret to be shown. */
  onMade: (made: WebhookCreated) => void;
  onClose: () => void;
};

export function WebhookDialog({ customer, webhook, wish, onMade, onClose }: WebhookDialogProps) {
  if (!webhook || wish === 'edit') {
    return <EditDialog customer={customer} webhook={webhook} onMade={onMade} onClose={onClose} />;
  }
  if (wish === 'messages') return <MessagesDialog webhook={webhook} onClose={onClose} />;
  if (wish === 'secret') return <RenewDialog webhook={webhook} onMade={onMade} onClose={onClose} />;
  return <RemoveDialog webhook={webhook} onClose={onClose} />;
}

type EditDialogProps = {
  customer: string;
  webhook: Webhook | undefined;
  onMade: (made: WebhookCreated) => void;
  onClose: () => void;
};

function EditDialog({ customer, webhook, onMade, onClose }: EditDialogProps) {
  const client = useQueryClient();
  const title = webhook ? `Edit ${webhook.name}` : 'Add a webhook';
  const renew = () => client.invalidateQueries({ queryKey: webhooksQuery(customer).queryKey });
  const form = useForm({
    initial: valuesOf(webhook),
    check: ({ name, url }): Problems => ({
      ...(!name?.trim() && { name: 'What it is called here.' }),
      ...(!url?.trim() && { url: 'Where it is told.' }),
    }),
    send: async (values, { key }) => {
      const wanted = {
        name: values['name']?.trim() ?? '',
        url: values['url']?.trim() ?? '',
        topics: topicsOf(values, webhook?.topics ?? []),
        enabled: values['enabled'] === 'yes',
      };
      if (webhook) {
        const saved = await updateWebhook(webhook, wanted);
        const { name, url, topics, enabled } = webhook;
        onClose();
        toast(
          `${wanted.name} saved`,
          undoSave(saved, () => updateWebhook(saved, { name, url, topics, enabled }), renew),
        );
      } else {
        onMade(await createWebhook(customer, wanted, key));
      }
      await renew();
    },
  });
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          <TextField name="url" label="Address" hint="As in https://example.com/hook" maxLength={2000} />
          <fieldset className="field">
            <legend>Told of, or of everything where none is ticked</legend>
            {TOPICS.map(({ value, label }) => (
              <CheckField key={value} name={value} label={label} />
            ))}
          </fieldset>
          <CheckField name="enabled" label="Send messages" />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {webhook ? 'Save' : 'Add'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

type SecretShownProps = { made: WebhookCreated; isNew: boolean; onClose: () => void };

export function SecretShown({ made, isNew, onClose }: SecretShownProps) {
  return (
    <Dialog title={`The secret of ${made.webhook.name}`} onClose={onClose} secret="secret">
      <DialogBody>
        <Notice tone="warning">
          This secret is shown now and not again. {!isNew && 'Messages are signed with the former one, too, for a day.'}
        </Notice>
        <Secret
          label="Secret"
          text={made.secret}
          hint="The receiver checks with it, as Standard Webhooks has it, that a message is ours."
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

function MessagesDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const client = useQueryClient();
  const messages = useQuery(deliveriesQuery(webhook.id));
  const [problem, setProblem] = useState<string>();
  const act = async (what: Promise<unknown>) => {
    setProblem(undefined);
    try {
      await what;
      await client.invalidateQueries({ queryKey: ['webhooks'] });
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  return (
    <Dialog title={`Messages of ${webhook.name}`} onClose={onClose}>
      <DialogBody>
        {problem && <Notice tone="danger">{problem}</Notice>}
        {messages.isPending && <Skeletons lines={4} />}
        {messages.error && !messages.data && (
          <Failed what="The messages" error={messages.error} onRetry={() => void messages.refetch()} />
        )}
        {messages.data?.length === 0 && (
          <Blank title="Nothing was sent yet" small>
            <p>What happens from now on is; or send a test.</p>
          </Blank>
        )}
        {messages.data && messages.data.length > 0 && (
          <ul className="webhook-messages" aria-label="Messages">
            {messages.data.map((message) => (
              <Message key={message.id} message={message} onReplay={() => void act(replayDelivery(message.id))} />
            ))}
          </ul>
        )}
      </DialogBody>
      <DialogFoot>
        <Button onPress={() => void act(testWebhook(webhook.id))}>Send a test</Button>
        <Button kind="primary" onPress={onClose}>
          Close
        </Button>
      </DialogFoot>
    </Dialog>
  );
}

function Message({ message, onReplay }: { message: WebhookDelivery; onReplay: () => void }) {
  const { topic, subject_name, state, created_at, due_at, attempts, body } = message;
  return (
    <li>
      <div className="webhook-message">
        <p>
          <b>{topic}</b> {subject_name} <span className="quiet">·</span> <When at={created_at} />
        </p>
        <p>
          {state === 'failed' ? (
            <Badge tone="danger">{deliveryText(message)}</Badge>
          ) : (
            <span className="quiet">{deliveryText(message)}</span>
          )}
          {state === 'queued' && attempts > 0 && due_at && <span className="quiet"> Again at {exact(due_at)}.</span>}
        </p>
        <details>
          <summary>Show what is sent</summary>
          <pre className="secret-text">
            <code>{body}</code>
          </pre>
        </details>
      </div>
      {state !== 'queued' && (
        <Button size="s" aria-label={`Send again: ${topic} ${subject_name}`} onPress={onReplay}>
          Send again
        </Button>
      )}
    </li>
  );
}

type RenewDialogProps = { webhook: Webhook; onMade: (made: WebhookCreated) => void; onClose: () => void };

function RenewDialog({ webhook, onMade, onClose }: RenewDialogProps) {
  const form = useForm({ initial: {}, send: async () => onMade(await renewSecret(webhook.id)) });
  return (
    <Dialog title={`Make a new secret for ${webhook.name}?`} onClose={onClose} form={form}>
      <FormView form={form} label="New secret" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>Messages are signed with both secrets for a day. Enter the new one at the receiver meanwhile.</p>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Make a new secret
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function RemoveDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initial: {},
    send: async () => {
      await deleteWebhook(webhook.id);
      onClose();
      toast(`${webhook.name} removed`);
      await client.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
  return (
    <Dialog title={`Remove ${webhook.name}?`} onClose={onClose} form={form}>
      <FormView form={form} label={`Remove ${webhook.name}`} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>Nothing is told to {webhook.url} any more. What is on its way there is dropped, with the record of it.</p>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isPending={form.busy}>
            Remove {webhook.name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
