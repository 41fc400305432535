import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useRouterState } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { HardDrive, Mail, MapPin, Server, Store, UserPlus } from 'lucide-react';
import type { Customer, Invitation } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { counted } from '../../lib/format';
import { countryName } from '../../lib/countries';
import { customerName, refusalOf, offers } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { lazyDialog } from '../../ui/lazily';
import { setupQuery } from '../sessions/api';
import { Notice } from '../../ui/Notice';
import { Step, Steps } from '../../ui/Steps';
import { peopleCountQuery } from '../users/api';
import { InvitationShown } from '../users/InvitationShown';
import { useTitle } from '../../ui/useTitle';
import { customerQuery, storageLocationsQuery } from './api';
import { POOLS } from './PlaceFields';

const DetailsDialog = lazyDialog(async () => (await import('./DetailsDialog')).DetailsDialog);

const route = getRouteApi('/frame/customers/$id/added');

/** Where the add page leaves an invitation: in memory, for this is shown once. */
export function invitationKey(id: string): string[] {
  return ['shown_once', id];
}

/** A customer was added: what comes next. */
export function AddedPage() {
  const { id } = route.useParams();
  const customer = useQuery(customerQuery(id));
  const warnings = useRouterState({ select: (state) => state.location.state.warnings });
  const invitation = useQuery<Invitation | null>({
    queryKey: invitationKey(id),
    queryFn: () => null,
    staleTime: Infinity,
  }).data;
  useTitle(customer.data && `${customerName(customer.data)} was added`);
  if (customer.error)
    return <Failed what="The customer" error={customer.error} onRetry={() => void customer.refetch()} />;
  if (!customer.data) return <Skeletons />;
  const name = customerName(customer.data);
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <h1>{name} was added</h1>
          <p className="quiet">What comes next, in any order. All of it can wait.</p>
        </div>
        <div className="page-actions">
          <LinkButton to="/customers/new" search={{ parent: customer.data.parent_id ?? undefined }}>
            Add another
          </LinkButton>
          <LinkButton kind="primary" to="/customers/$id" params={{ id }}>
            Open {name}
          </LinkButton>
        </div>
      </header>
      <div className="page-body">
        {warnings?.map((warning) => (
          <Notice key={warning.code} tone="warning">
            {warning.detail} It was added nevertheless.
          </Notice>
        ))}
        {invitation && (
          <div className="shown-once">
            <InvitationShown invitation={invitation} />
          </div>
        )}
        <Steps>
          <NextSteps customer={customer.data} />
        </Steps>
      </div>
    </div>
  );
}

function NextSteps({ customer }: { customer: Customer }) {
  const { id, totals } = customer;
  const locations = useQuery(storageLocationsQuery()).data ?? [];
  const location = locations.find((candidate) => candidate.id === customer.storage_location_id);
  const isEnd = customer.level === 'end_customer';
  return (
    <>
      {isEnd && (
        <Step
          icon={<HardDrive className="icon" aria-hidden />}
          title="Devices"
          done={totals.devices > 0}
          action={
            !refusalOf(customer, 'add_device') && (
              <LinkButton size="s" to="/customers/$id" params={{ id }} search={{ tab: 'devices', add: 'device' }}>
                Add device
              </LinkButton>
            )
          }
        >
          {totals.devices > 0
            ? counted(totals.devices, 'device')
            : 'A pass key and a ready command register a machine and start its backups.'}
        </Step>
      )}
      {offers(customer, 'add_customer') && (
        <Step
          icon={<Store className="icon" aria-hidden />}
          title="Customers"
          done={totals.customers > 0}
          action={
            !refusalOf(customer, 'add_customer') && (
              <LinkButton size="s" to="/customers/new" search={{ parent: id }}>
                Add customer
              </LinkButton>
            )
          }
        >
          {totals.customers > 0 ? counted(totals.customers, 'customer') : 'Nobody stands below it yet.'}
        </Step>
      )}
      <PeopleStep customer={customer} />
      <Step
        icon={<Server className="icon" aria-hidden />}
        title="Storage location"
        done={Boolean(customer.storage_location_id)}
        action={
          !customer.storage_location_id && (
            <LinkButton size="s" to="/customers/$id/edit" params={{ id }}>
              Choose
            </LinkButton>
          )
        }
      >
        {location
          ? `${location.name}${abroad(customer, location.country)}. ${POOLS}`
          : 'Not chosen yet. It is chosen once, and stays.'}
      </Step>
      <DetailsStep customer={customer} />
      {isEnd && (
        <Step
          icon={<MapPin className="icon" aria-hidden />}
          title="Sites"
          done={totals.sites > 0}
          action={
            !refusalOf(customer, 'add_site') && (
              <LinkButton size="s" to="/customers/$id" params={{ id }} search={{ add: 'site' }}>
                Add site
              </LinkButton>
            )
          }
        >
          {totals.sites > 0 ? counted(totals.sites, 'site') : 'Only for customers with several places.'}
        </Step>
      )}
    </>
  );
}

/** While mail is off nothing offers to send. */
function DetailsStep({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  const may = useMay('account_details_send');
  const mailIsOn = useQuery({ ...setupQuery(), staleTime: 60_000 }).data?.mail_enabled === true;
  if (!may || !mailIsOn) return null;
  return (
    <Step
      icon={<Mail className="icon" aria-hidden />}
      title="Account details"
      done={false}
      action={
        <Button size="s" onPress={() => setOpen(true)}>
          Look and send…
        </Button>
      }
    >
      {customer.email
        ? `What it has to know to begin, by mail to ${customer.email}.`
        : 'What it has to know to begin, by mail, once it has an address.'}
      {open && (
        <Suspense>
          <DetailsDialog customer={customer.id} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </Step>
  );
}

function PeopleStep({ customer }: { customer: Customer }) {
  const { id, username } = customer;
  const may = useMay('user_list');
  const people = useQuery({ ...peopleCountQuery(id), enabled: may }).data ?? 0;
  const words = [
    username && `It signs in as ${username}.`,
    people > 0 && `${counted(people, 'person', 'people')} so far.`,
  ].filter(Boolean);
  return (
    <Step
      icon={<UserPlus className="icon" aria-hidden />}
      title="People"
      done={words.length > 0}
      action={
        offers(customer, 'add_user') && (
          <LinkButton size="s" to="/customers/$id" params={{ id }} search={{ tab: 'people', add: 'person' }}>
            Add person
          </LinkButton>
        )
      }
    >
      {words.length > 0 ? words.join(' ') : 'Nobody of this customer can sign in yet.'}
    </Step>
  );
}

function abroad(customer: Customer, country: string): string {
  if (!customer.country || customer.country === country) return '';
  return `, abroad for ${countryName(customer.country)}`;
}
