import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ellipsis, Plus } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { Template } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { lazyDialog } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import { templatesQuery } from './api';
import type { Wish } from './TemplateDialogs';
import { assignedText, namesOf, setText } from './words';

const TemplateDialog = lazyDialog(async () => (await import('./TemplateDialogs')).TemplateDialog);

/** Settings that are given to customers together: those of this customer, and those from above that can be used here. */
export function TemplatesCard({ customer }: { customer: string }) {
  const templates = useQuery(templatesQuery(customer));
  const mayAdd = useMay('template_create');
  const [asked, setAsked] = useState<{ template?: Template; wish: Wish }>();
  return (
    <Card
      title="Templates"
      end={
        mayAdd && (
          <Button size="s" onPress={() => setAsked({ wish: 'edit' })}>
            <Plus className="icon-s" aria-hidden />
            Add a template
          </Button>
        )
      }
    >
      {templates.isPending && <Skeletons lines={2} />}
      {templates.error && !templates.data && (
        <Failed what="The templates" error={templates.error} onRetry={() => void templates.refetch()} />
      )}
      {templates.data?.length === 0 && (
        <p className="quiet">None. A template gives customers below several settings together.</p>
      )}
      {templates.data && templates.data.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Sets</th>
              <th scope="col">Assigned to</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {templates.data.map((template) => (
              <Row
                key={template.id}
                here={customer}
                template={template}
                onAsk={(wish) => setAsked({ template, wish })}
              />
            ))}
          </tbody>
        </table>
      )}
      {asked && (
        <Suspense>
          <TemplateDialog customer={customer} {...asked} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </Card>
  );
}

type RowProps = { here: string; template: Template; onAsk: (wish: Wish) => void };

function Row({ here, template, onAsk }: RowProps) {
  const { id, name, customer_id, customer_name, offered, settings } = template;
  const isOwn = customer_id === here;
  return (
    <tr>
      <td data-title="Name">
        {name} {isOwn && offered && <Badge tone="muted">Offered below</Badge>}
        {!isOwn && <div className="quiet">From {customer_name ?? 'above'}</div>}
      </td>
      <td data-title="Sets">
        {namesOf(settings).map((setting) => (
          <div key={setting}>{setText(setting, settings[setting]!)}</div>
        ))}
      </td>
      <td data-title="Assigned to">
        {template.assigned > 0 ? (
          <Link to="/customers" search={{ filter: `template.id == "${id}"`, level: 'all' }} className="link">
            {assignedText(template)}
          </Link>
        ) : (
          <span className="quiet">{assignedText(template)}</span>
        )}
      </td>
      <td className="table-actions">
        {isOwn && (
          <Menu
            label={`More to do with ${name}`}
            trigger={
              <Button size="s" aria-label={`More to do with ${name}`}>
                <Ellipsis className="icon-s" aria-hidden />
              </Button>
            }
          >
            <MenuItem name="Edit…" refusal={refusalOf(template, 'edit')} onAction={() => onAsk('edit')} />
            <MenuItem
              name="Remove…"
              tone="danger"
              refusal={refusalOf(template, 'delete')}
              onAction={() => onAsk('remove')}
            />
          </Menu>
        )}
      </td>
    </tr>
  );
}
