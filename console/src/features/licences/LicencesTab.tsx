import { useQuery } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { Suspense, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { Customer, Licence } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { offers, refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { lazyDialog, lazyPart } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import { When } from '../../ui/When';
import { licencesQuery } from './api';
import type { LicenceWish } from './LicenceDialogs';
import { assignedText, LICENCE_STATE, LICENCE_TONE, units } from './words';

const PoolsCard = lazyPart(async () => (await import('../licence_pools/PoolsCard')).PoolsCard);
const CreditsCards = lazyPart(async () => (await import('../credits/CreditsCard')).CreditsCards);
const HistoryCard = lazyPart(async () => (await import('./HistoryCard')).HistoryCard);
const GrantDialog = lazyDialog(async () => (await import('./LicenceDialogs')).GrantDialog);
const LicenceDialog = lazyDialog(async () => (await import('./LicenceDialogs')).LicenceDialog);

/** What an end customer holds, and which of its sites has how much of it. */
export function LicencesTab({ customer }: { customer: Customer }) {
  const licences = useQuery(licencesQuery(customer.id));
  const mayGrant = useMay('licence_grant');
  const [granting, setGranting] = useState(false);
  const [asked, setAsked] = useState<{ licence: Licence; wish: LicenceWish }>();
  return (
    <section aria-label="Licences">
      <header className="card-head">
        <h2>Licences</h2>
        {mayGrant && (
          <Button onPress={() => setGranting(true)}>
            <Plus className="icon-s" aria-hidden />
            Grant a licence
          </Button>
        )}
      </header>
      {licences.isPending && <Skeletons />}
      {licences.error && !licences.data && (
        <Failed what="The licences" error={licences.error} onRetry={() => void licences.refetch()} />
      )}
      {licences.data?.length === 0 && (
        <Blank title="No licences yet" small>
          <p>What is granted here is assigned to the customer’s sites.</p>
        </Blank>
      )}
      {licences.data && licences.data.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col">State</th>
              <th scope="col">Held</th>
              <th scope="col">Assigned</th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {licences.data.map((licence) => (
              <LicenceRow
                key={licence.id}
                licence={licence}
                customer={customer}
                onAsk={(wish) => setAsked({ licence, wish })}
              />
            ))}
          </tbody>
        </table>
      )}
      <Suspense fallback={<Skeletons lines={3} />}>
        <div className="licence-cards">
          <PoolsCard customer={customer} />
          <CreditsCards customer={customer} />
          <HistoryCard customer={customer} />
        </div>
      </Suspense>
      {granting && (
        <Suspense>
          <GrantDialog customer={customer} onClose={() => setGranting(false)} />
        </Suspense>
      )}
      {asked && (
        <Suspense>
          <LicenceDialog {...asked} customer={customer} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </section>
  );
}

type LicenceRowProps = { licence: Licence; customer: Customer; onAsk: (wish: LicenceWish) => void };

function LicenceRow({ licence, customer, onAsk }: LicenceRowProps) {
  const { product_name, plan_name, quantity, ends_at, auto_renew } = licence;
  const assignments = licence.assignments ?? [];
  return (
    <tr>
      <td data-title="Product">
        <span className="who-lines">
          <span>{product_name}</span>
          {plan_name && plan_name !== product_name && <span className="who-second">{plan_name}</span>}
        </span>
      </td>
      <td data-title="State">
        <LicenceState licence={licence} />
      </td>
      <td data-title="Held">{units(licence, quantity)}</td>
      <td data-title="Assigned">
        {assignments.length === 0 ? (
          <span className="quiet">To no site</span>
        ) : (
          assignedText({ assignments }, customer.id)
        )}
      </td>
      <td data-title="Ends">
        <When at={ends_at} never="Never" />
        {ends_at && auto_renew && <span className="quiet"> renews itself</span>}
      </td>
      <td className="table-actions">
        {offers(licence, 'assign') && (
          <Button size="s" refusal={refusalOf(licence, 'assign')} onPress={() => onAsk('assign')}>
            Assign…
          </Button>
        )}
        <Menu
          label={`More to do with ${product_name}`}
          trigger={
            <AriaButton className="button" data-size="s" data-icon aria-label={`More to do with ${product_name}`}>
              <Ellipsis className="icon-s" aria-hidden />
            </AriaButton>
          }
        >
          <MenuItem name="Take back…" refusal={refusalOf(licence, 'revoke')} onAction={() => onAsk('revoke')} />
          <MenuItem
            name="Move to another site…"
            refusal={refusalOf(licence, 'revoke')}
            onAction={() => onAsk('reassign')}
          />
          <MenuItem name="Renew…" refusal={refusalOf(licence, 'renew')} onAction={() => onAsk('renew')} />
          <MenuItem name="Change…" refusal={refusalOf(licence, 'edit')} onAction={() => onAsk('edit')} />
          <MenuItem name="End…" tone="danger" refusal={refusalOf(licence, 'cancel')} onAction={() => onAsk('cancel')} />
        </Menu>
      </td>
    </tr>
  );
}

/** Where all is well, it is said quietly. */
export function LicenceState({ licence: { state } }: { licence: Pick<Licence, 'state'> }) {
  const tone = LICENCE_TONE[state];
  return tone ? (
    <Badge tone={tone}>{LICENCE_STATE[state]}</Badge>
  ) : (
    <span className="quiet">{LICENCE_STATE[state]}</span>
  );
}
