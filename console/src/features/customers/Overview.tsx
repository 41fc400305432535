import { CirclePause } from 'lucide-react';
import { Suspense } from 'react';
import type { Customer } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { offers, refusalOf, stateSentence } from '../../lib/words';
import { Skeletons } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { lazyPart } from '../../ui/lazily';
import { When } from '../../ui/When';
import type { CustomerDialog } from './CustomerPage';
import { Deleting, Trial } from './Deleting';
import { Summary } from './Summary';

const NodeOverview = lazyPart(async () => (await import('../overview/NodeOverview')).NodeOverview);

type OverviewProps = { customer: Customer; onDialog: (dialog: CustomerDialog) => void };

/** Attention first. Of what has customers below it, the rest is the same as on the page of that name. */
export function Overview({ customer, onDialog }: OverviewProps) {
  const mayOverview = useMay('overview_show');
  if (customer.level === 'end_customer' || customer.level === 'site') {
    return (
      <>
        <Deleting customer={customer} />
        <Trial customer={customer} />
        <Summary customer={customer} />
      </>
    );
  }
  return (
    <>
      <Deleting customer={customer} />
      <Attention customer={customer} onDialog={onDialog} />
      <Suspense fallback={<Skeletons lines={8} />}>
        {mayOverview ? <NodeOverview customer={customer} /> : <Summary customer={customer} />}
      </Suspense>
    </>
  );
}

function Attention({ customer, onDialog }: OverviewProps) {
  const { effective_state, suspension } = customer;
  if (effective_state.state === 'active' || effective_state.deleting) return null;
  const ownCause = effective_state.cause === customer.id;
  return (
    <section className="attention" aria-label="Suspension">
      <CirclePause className="icon" aria-hidden />
      <div className="attention-text">
        <p className="strong">{stateSentence(customer)}</p>
        {suspension?.reason && <p>Reason: {suspension.reason}</p>}
        {suspension?.public_message && <p>The customer is told: {suspension.public_message}</p>}
        {suspension && (
          <p className="quiet">
            <When at={suspension.since} />
          </p>
        )}
      </div>
      {ownCause && offers(customer, 'activate') && (
        <Button size="s" onPress={() => onDialog('activate')} refusal={refusalOf(customer, 'activate')}>
          Activate
        </Button>
      )}
      {!ownCause && effective_state.cause && (
        <LinkButton size="s" to="/customers/$id" params={{ id: effective_state.cause }}>
          Open {effective_state.cause_name}
        </LinkButton>
      )}
    </section>
  );
}
