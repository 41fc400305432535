import { useQuery } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { Webhook, WebhookCreated } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { Badge } from '../../ui/Badge';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { lazyDialog } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import { When } from '../../ui/When';
import { webhooksQuery } from './api';
import type { Wish } from './WebhookDialogs';
import { topicsText } from './words';
import './webhooks.css';

const WebhookDialog = lazyDialog(async () => (await import('./WebhookDialogs')).WebhookDialog);
const SecretShown = lazyDialog(async () => (await import('./WebhookDialogs')).SecretShown);

/** Whom a customer has told what happens at it and below. */
export function WebhooksCard({ customer }: { customer: string }) {
  const webhooks = useQuery(webhooksQuery(customer));
  const [asked, setAsked] = useState<{ webhook?: Webhook; wish: Wish }>();
  const [made, setMade] = useState<{ made: WebhookCreated; isNew: boolean }>();
  return (
    <Card
      title="Webhooks"
      end={
        <Button size="s" onPress={() => setAsked({ wish: 'edit' })}>
          <Plus className="icon-s" aria-hidden />
          Add a webhook
        </Button>
      }
    >
      {webhooks.isPending && <Skeletons lines={2} />}
      {webhooks.error && !webhooks.data && (
        <Failed what="The webhooks" error={webhooks.error} onRetry={() => void webhooks.refetch()} />
      )}
      {webhooks.data?.length === 0 && (
        <p className="quiet">
          None. A webhook is told what happens here and below: signed, and again until it arrives.
        </p>
      )}
      {webhooks.data && webhooks.data.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Told of</th>
              <th scope="col">Last arrived</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {webhooks.data.map((webhook) => (
              <Row key={webhook.id} webhook={webhook} onAsk={(wish) => setAsked({ webhook, wish })} />
            ))}
          </tbody>
        </table>
      )}
      {asked && (
        <Suspense>
          <WebhookDialog
            customer={customer}
            {...asked}
            onMade={(created) => {
              setMade({ made: created, isNew: asked.webhook === undefined });
              setAsked(undefined);
            }}
            onClose={() => setAsked(undefined)}
          />
        </Suspense>
      )}
      {made && (
        <Suspense>
          <SecretShown {...made} onClose={() => setMade(undefined)} />
        </Suspense>
      )}
    </Card>
  );
}

function Row({ webhook, onAsk }: { webhook: Webhook; onAsk: (wish: Wish) => void }) {
  const { name, url, enabled, failing_since, last_delivered_at } = webhook;
  const mayRenew = useMay('webhook_renew_secret');
  return (
    <tr>
      <td data-title="Name">
        {name} {!enabled && <Badge tone="muted">Off</Badge>}
        <p className="quiet webhook-url">{url}</p>
      </td>
      <td data-title="Told of">{topicsText(webhook)}</td>
      <td data-title="Last arrived">
        {failing_since ? (
          <Badge tone="danger">
            Failing since <When at={failing_since} />
          </Badge>
        ) : (
          <When at={last_delivered_at} never="Nothing yet" />
        )}
      </td>
      <td className="table-actions">
        <Button size="s" aria-label={`Messages of ${name}`} onPress={() => onAsk('messages')}>
          Messages…
        </Button>
        <Menu
          label={`More to do with ${name}`}
          trigger={
            <Button size="s" aria-label={`More to do with ${name}`}>
              <Ellipsis className="icon-s" aria-hidden />
            </Button>
          }
        >
          <MenuItem name="Edit…" onAction={() => onAsk('edit')} />
          {mayRenew && <MenuItem name="New secret…" onAction={() => onAsk('secret')} />}
          <MenuItem name="Remove…" tone="danger" onAction={() => onAsk('remove')} />
        </Menu>
      </td>
    </tr>
  );
}
