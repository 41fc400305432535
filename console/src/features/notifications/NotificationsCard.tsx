import { useQuery } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { NotificationRule } from '../../api/schema';
import { Badge } from '../../ui/Badge';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { lazyDialog } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import { When } from '../../ui/When';
import { rulesQuery } from './api';
import type { Wish } from './RuleDialogs';
import { whenText, whichText } from './words';

const RuleDialog = lazyDialog(async () => (await import('./RuleDialogs')).RuleDialog);

/** Who is told by mail of what happens at a customer and below. */
export function NotificationsCard({ customer }: { customer: string }) {
  const rules = useQuery(rulesQuery(customer));
  const [asked, setAsked] = useState<{ rule?: NotificationRule; wish: Wish }>();
  return (
    <Card
      title="Notifications"
      end={
        <Button size="s" onPress={() => setAsked({ wish: 'edit' })}>
          <Plus className="icon-s" aria-hidden />
          Add a rule
        </Button>
      }
    >
      {rules.isPending && <Skeletons lines={2} />}
      {rules.error && !rules.data && (
        <Failed what="The notifications" error={rules.error} onRetry={() => void rules.refetch()} />
      )}
      {rules.data?.length === 0 && (
        <p className="quiet">None. A rule has people told by mail of events here and below that have not mended.</p>
      )}
      {rules.data && rules.data.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Events</th>
              <th scope="col">When</th>
              <th scope="col">To</th>
              <th scope="col">Last told</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.data.map((rule) => (
              <tr key={rule.id}>
                <td data-title="Name">
                  {rule.name} {!rule.enabled && <Badge tone="muted">Off</Badge>}
                </td>
                <td data-title="Events">{whichText(rule)}</td>
                <td data-title="When">{whenText(rule)}</td>
                <td data-title="To">{rule.recipients.join(', ')}</td>
                <td data-title="Last told">
                  <When at={rule.last_sent_at} never="Never" />
                </td>
                <td className="table-actions">
                  <Menu
                    label={`More to do with ${rule.name}`}
                    trigger={
                      <Button size="s" aria-label={`More to do with ${rule.name}`}>
                        <Ellipsis className="icon-s" aria-hidden />
                      </Button>
                    }
                  >
                    <MenuItem name="Edit…" onAction={() => setAsked({ rule, wish: 'edit' })} />
                    <MenuItem name="Remove…" tone="danger" onAction={() => setAsked({ rule, wish: 'remove' })} />
                  </Menu>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {asked && (
        <Suspense>
          <RuleDialog customer={customer} {...asked} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </Card>
  );
}
