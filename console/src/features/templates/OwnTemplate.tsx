import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { useMay } from '../../app/useMe';
import { customerName, problemText } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { lazyDialog } from '../../ui/lazily';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { assignTemplate, templatesQuery } from './api';

const AssignDialog = lazyDialog(async () => (await import('./AssignDialog')).AssignDialog);

/** Which template a customer has, whether it still sets the same, and the way back. */
export function OwnTemplate({ customer }: { customer: Customer }) {
  const client = useQueryClient();
  const may = useMay('customer_assign_template');
  const usable = useQuery({ ...templatesQuery(customer.id), enabled: may }).data ?? [];
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const { template, kind } = customer;
  if (!template && (usable.length === 0 || kind === 'self_managed')) return null;
  const restore = async (id: string) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await assignTemplate(customer.id, id);
      toast(`${customerName(customer)} sets what the template does`);
      await happened(client, 'customer.setting_set', { id: customer.id, path: customer.path });
    } catch (error) {
      setRefusal(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card
      title="Template"
      end={
        may && (
          <>
            {template?.state === 'differs' && (
              <Button size="s" isPending={busy} onPress={() => void restore(template.id)}>
                Bring back to it
              </Button>
            )}
            <Button size="s" onPress={() => setAsked(true)}>
              {template ? 'Change…' : 'Assign…'}
            </Button>
          </>
        )
      }
    >
      {refusal && <Notice tone="danger">{refusal}</Notice>}
      {template ? (
        <p>
          <b>{template.name}</b>{' '}
          {template.state === 'differs' ? (
            <Badge tone="warning">Differs</Badge>
          ) : (
            <span className="quiet">· Everything is set as it says</span>
          )}
        </p>
      ) : (
        <p className="quiet">None. A template sets several settings together.</p>
      )}
      {asked && (
        <Suspense>
          <AssignDialog customer={customer.id} onClose={() => setAsked(false)} />
        </Suspense>
      )}
    </Card>
  );
}
