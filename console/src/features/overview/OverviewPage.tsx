import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { isCode } from '../../api/client';
import { useMay, useScope } from '../../app/useMe';
import { customerName, offers } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { LinkButton } from '../../ui/Button';
import { useTitle } from '../../ui/useTitle';
import { customerQuery } from '../customers/api';
import { CustomerCrumbs } from '../customers/CustomerCrumbs';
import { LevelIcon } from '../customers/LevelIcon';
import { StateBadge } from '../customers/StateBadge';
import { NodeOverview } from './NodeOverview';

/** What is going on at the chosen customer and below it. */
export function OverviewPage() {
  const scope = useScope();
  const mayCreate = useMay('customer_create');
  const customer = useQuery(customerQuery(scope.id));
  const data = customer.data;
  useTitle(data ? `Overview of ${customerName(data)}` : 'Overview');
  if (isCode(customer.error, 'not_found')) {
    return (
      <Blank title="There is no such customer" whole>
        <p role="status">It was deleted, or it is not yours to see.</p>
        <LinkButton to="/overview" search={{ under: undefined }}>
          Look at the whole tree
        </LinkButton>
      </Blank>
    );
  }
  if (customer.error && !data) {
    return <Failed what="The overview" error={customer.error} onRetry={() => void customer.refetch()} />;
  }
  if (!data) return <Skeletons lines={6} />;
  return (
    <div className="detail">
      <header className="detail-head" data-plain>
        <CustomerCrumbs customer={data} />
        <div className="detail-title">
          <LevelIcon level={data.level} />
          <h1>{customerName(data)}</h1>
          <StateBadge state={data.effective_state} />
          <div className="page-actions">
            <LinkButton to="/customers/$id" params={{ id: data.id }}>
              Open
            </LinkButton>
            {mayCreate && offers(data, 'add_customer') && (
              <LinkButton kind="primary" to="/customers/new" search={{ parent: scope.chosen ? data.id : undefined }}>
                <Plus className="icon-s" aria-hidden />
                Add customer
              </LinkButton>
            )}
          </div>
        </div>
      </header>
      <div className="detail-main">
        <NodeOverview customer={data} />
      </div>
    </div>
  );
}
