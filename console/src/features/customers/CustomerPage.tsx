import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import {
  Ellipsis,
  FolderInput,
  Globe,
  HardDriveUpload,
  KeyRound,
  MapPin,
  Pause,
  Pencil,
  Play,
  Plus,
  ShieldOff,
  Trash2,
  Mail,
} from 'lucide-react';
import { Suspense, useState } from 'react';
import type { Customer } from '../../api/schema';
import { OVER, useBack } from '../../app/over';
import type { Tab } from '../../app/search';
import { useMay, useMe } from '../../app/useMe';
import { count } from '../../lib/format';
import { customerName, offers, refusalOf } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button, LinkButton } from '../../ui/Button';
import { Menu, MenuDivider, MenuItem } from '../../ui/Menu';
import { isCode } from '../../api/client';
import { intoView } from '../../ui/intoView';
import { lazyDialog, lazyPart } from '../../ui/lazily';
import { setupQuery } from '../sessions/api';
import { customerQuery } from './api';
import { CustomerCrumbs } from './CustomerCrumbs';
import { Details } from './Details';
import { LevelIcon } from './LevelIcon';
import { Overview } from './Overview';
import { StateBadge } from './StateBadge';
import { useTitle } from '../../ui/useTitle';

const DevicesTab = lazyPart(async () => (await import('../devices/DevicesTab')).DevicesTab);
const CustomerJobs = lazyPart(async () => (await import('../jobs/JobsCard')).CustomerJobs);
const LicencesTab = lazyPart(async () => (await import('../licences/LicencesTab')).LicencesTab);
const PassKeysTab = lazyPart(async () => (await import('../pass_keys/PassKeysTab')).PassKeysTab);
const PeopleTab = lazyPart(async () => (await import('../users/PeopleTab')).PeopleTab);
const NotificationsCard = lazyPart(async () => (await import('../notifications/NotificationsCard')).NotificationsCard);
const WebhooksCard = lazyPart(async () => (await import('../webhooks/WebhooksCard')).WebhooksCard);
const SignInProviderCard = lazyPart(async () => (await import('../oidc/SignInProviderCard')).SignInProviderCard);
const OwnTemplate = lazyPart(async () => (await import('../templates/OwnTemplate')).OwnTemplate);
const ReportsCard = lazyPart(async () => (await import('../reports/ReportsCard')).ReportsCard);
const TemplatesCard = lazyPart(async () => (await import('../templates/TemplatesCard')).TemplatesCard);
const InvoicesTab = lazyPart(async () => (await import('../invoices/InvoicesTab')).InvoicesTab);
const SettingsCard = lazyPart(async () => (await import('../settings/SettingsCard')).SettingsCard);
const ActivityTab = lazyPart(async () => (await import('../changes/ActivityTab')).ActivityTab);
const Dialogs = lazyDialog(async () => (await import('./CustomerDialogs')).CustomerDialogs);

export type CustomerDialog =
  | 'suspend'
  | 'activate'
  | 'move'
  | 'migrate'
  | 'delete'
  | 'password'
  | 'web_access'
  | 'factors'
  | 'details';

const route = getRouteApi('/frame/customers/$id');

/** One customer: what needs attention, what lies below it, who and what belongs to it, and what was done. */
export function CustomerPage() {
  const { id } = route.useParams();
  const { tab = 'overview', add } = route.useSearch();
  const go = useNavigate({ from: '/customers/$id' });
  const back = useBack();
  const customer = useQuery(customerQuery(id));
  const [dialog, setDialog] = useState<CustomerDialog>();
  const mayJobs = useMay('job_list');
  const mayWebhooks = useMay('webhook_list');
  const mayNotify = useMay('notification_rule_list');
  const mayManageSignIn = useMay('sign_in_provider_show');
  const data = customer.data;
  useTitle(data && customerName(data));

  if (isCode(customer.error, 'not_found')) return <Gone customer={data} />;
  if (customer.error && !data) {
    return <Failed what="The customer" error={customer.error} onRetry={() => void customer.refetch()} />;
  }
  if (!data) return <Skeletons lines={6} />;
  return (
    <div className="detail">
      <header className="detail-head">
        <CustomerCrumbs customer={data} />
        <div className="detail-title">
          <LevelIcon level={data.level} />
          <h1>{customerName(data)}</h1>
          <StateBadge state={data.effective_state} />
          <Actions customer={data} onDialog={setDialog} />
          <More
            customer={data}
            onDialog={setDialog}
            onAddSite={() => void go({ search: { tab, add: 'site' }, state: OVER })}
          />
        </div>
        <Tabs customer={data} chosen={tab} />
      </header>
      <div className="detail-columns">
        <div className="detail-main">
          <Suspense fallback={<Skeletons lines={5} />}>
            {tab === 'overview' && <Overview customer={data} onDialog={setDialog} />}
            {tab === 'devices' && (
              <>
                <DevicesTab customer={data} />
                {mayJobs && <CustomerJobs customer={data} />}
              </>
            )}
            {tab === 'licences' && <LicencesTab customer={data} />}
            {tab === 'pass_keys' && <PassKeysTab customer={data} />}
            {tab === 'people' && <PeopleTab customer={data} />}
            {tab === 'invoices' && <InvoicesTab customer={data} />}
            {tab === 'settings' && (
              <>
                <OwnTemplate customer={data} />
                <SettingsCard owner={{ noun: 'customers', id: data.id, name: customerName(data), path: data.path }} />
                {data.level !== 'end_customer' && data.level !== 'site' && <TemplatesCard customer={data.id} />}
                {data.level === 'end_customer' && <ReportsCard customer={data.id} />}
                {mayNotify && <NotificationsCard customer={data.id} />}
                {mayWebhooks && <WebhooksCard customer={data.id} />}
                {mayManageSignIn && data.level !== 'site' && <SignInProviderCard customer={data.id} />}
              </>
            )}
            {tab === 'activity' && <ActivityTab customer={data.id} />}
          </Suspense>
        </div>
        <aside className="detail-aside" aria-label="Details">
          <Details customer={data} />
        </aside>
      </div>
      {(dialog || add) && (
        <Suspense>
          <Dialogs
            customer={data}
            dialog={dialog}
            add={add}
            onClose={() => {
              setDialog(undefined);
              if (add) back(() => void go({ search: { tab }, replace: true, ignoreBlocker: true }));
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

/** `customer`: as it was while the page showed it. */
function Gone({ customer }: { customer: Customer | undefined }) {
  if (customer?.parent_id) {
    return (
      <Blank title={`${customerName(customer)} is gone`} whole>
        <p role="status">It was deleted, or is no longer yours to see.</p>
        <LinkButton to="/customers/$id" params={{ id: customer.parent_id }} search={{ under: undefined }}>
          Open {customer.parent_name ?? 'what it stood under'}
        </LinkButton>
      </Blank>
    );
  }
  return (
    <Blank title="There is no such customer" whole>
      <p>It was deleted, or it is not yours to see.</p>
      <LinkButton to="/customers">Go to customers</LinkButton>
    </Blank>
  );
}

type ActionsProps = { customer: Customer; onDialog: (dialog: CustomerDialog) => void };

/** What can be done; what this role may never do is not shown, what is impossible just now says why. */
function Actions({ customer, onDialog }: ActionsProps) {
  const { id } = customer;
  const mayEdit = useMay('customer_update');
  const mayCreate = useMay('customer_create');
  if (!mayEdit) return null;
  return (
    <div className="page-actions">
      <LinkButton to="/customers/$id/edit" params={{ id }}>
        <Pencil className="icon-s" aria-hidden />
        Edit
      </LinkButton>
      {offers(customer, 'suspend') && (
        <Button onPress={() => onDialog('suspend')} refusal={refusalOf(customer, 'suspend')}>
          <Pause className="icon-s" aria-hidden />
          Suspend
        </Button>
      )}
      {offers(customer, 'activate') && (
        <Button onPress={() => onDialog('activate')} refusal={refusalOf(customer, 'activate')}>
          <Play className="icon-s" aria-hidden />
          Activate
        </Button>
      )}
      {mayCreate && offers(customer, 'add_customer') && !refusalOf(customer, 'add_customer') && (
        <LinkButton kind="primary" to="/customers/new" search={{ parent: id }}>
          <Plus className="icon-s" aria-hidden />
          Add customer
        </LinkButton>
      )}
    </div>
  );
}

const MORE = ['add_site', 'change_suspension', 'set_password', 'set_web_access', 'move', 'migrate_storage', 'delete'];

function More({ customer, onDialog, onAddSite }: ActionsProps & { onAddSite: () => void }) {
  const mayEdit = useMay('customer_update');
  // While mail is off nothing offers to send.
  const mailIsOn = useQuery({ ...setupQuery(), staleTime: 60_000 }).data?.mail_enabled === true;
  if (!mayEdit) return null;
  if (!MORE.some((name) => offers(customer, name))) return null;
  return (
    <Menu
      label="More actions"
      trigger={
        <Button aria-label="More actions">
          <Ellipsis className="icon-s" aria-hidden />
        </Button>
      }
    >
      {offers(customer, 'add_site') && (
        <MenuItem
          name="Add site…"
          icon={<MapPin className="icon" aria-hidden />}
          refusal={refusalOf(customer, 'add_site')}
          onAction={onAddSite}
        />
      )}
      {offers(customer, 'change_suspension') && (
        <MenuItem
          name="Change the suspension…"
          icon={<Pause className="icon" aria-hidden />}
          refusal={refusalOf(customer, 'change_suspension')}
          onAction={() => onDialog('suspend')}
        />
      )}
      {mailIsOn && customer.level !== 'site' && (
        <MenuItem
          name="Send account details…"
          icon={<Mail className="icon" aria-hidden />}
          onAction={() => onDialog('details')}
        />
      )}
      {offers(customer, 'set_password') && (
        <MenuItem
          name="Set password…"
          icon={<KeyRound className="icon" aria-hidden />}
          refusal={refusalOf(customer, 'set_password')}
          onAction={() => onDialog('password')}
        />
      )}
      {offers(customer, 'set_web_access') && (
        <MenuItem
          name={customer.web_access ? 'Switch off web access…' : 'Switch on web access…'}
          icon={<Globe className="icon" aria-hidden />}
          refusal={refusalOf(customer, 'set_web_access')}
          onAction={() => onDialog('web_access')}
        />
      )}
      {offers(customer, 'set_password') && customer.username && (
        <MenuItem
          name="Take second factors…"
          icon={<ShieldOff className="icon" aria-hidden />}
          refusal={refusalOf(customer, 'set_password')}
          onAction={() => onDialog('factors')}
        />
      )}
      {offers(customer, 'move') && (
        <MenuItem
          name="Move…"
          icon={<FolderInput className="icon" aria-hidden />}
          refusal={refusalOf(customer, 'move')}
          onAction={() => onDialog('move')}
        />
      )}
      {offers(customer, 'migrate_storage') && (
        <MenuItem
          name="Change the storage location…"
          icon={<HardDriveUpload className="icon" aria-hidden />}
          onAction={() => onDialog('migrate')}
        />
      )}
      {offers(customer, 'delete') && (
        <>
          <MenuDivider />
          <MenuItem
            name="Delete…"
            tone="danger"
            icon={<Trash2 className="icon" aria-hidden />}
            refusal={refusalOf(customer, 'delete')}
            onAction={() => onDialog('delete')}
          />
        </>
      )}
    </Menu>
  );
}

function Tabs({ customer, chosen }: { customer: Customer; chosen: Tab }) {
  const { operations } = useMe();
  const may = (operation: string) => operations.includes(operation);
  const { totals } = customer;
  const tabs: { tab: Tab; name: string; n?: number; shown: boolean }[] = [
    { tab: 'overview', name: 'Overview', shown: true },
    { tab: 'devices', name: 'Devices', n: totals.devices, shown: may('device_list') },
    { tab: 'licences', name: 'Licences', shown: may('licence_list') && customer.level === 'end_customer' },
    { tab: 'pass_keys', name: 'Pass keys', shown: may('pass_key_list') && customer.level === 'end_customer' },
    { tab: 'people', name: 'People', shown: may('user_list') && customer.level !== 'site' },
    {
      tab: 'invoices',
      name: 'Invoices',
      shown: may('invoice_list') && customer.level !== 'site' && customer.level !== 'provider',
    },
    { tab: 'settings', name: 'Settings', shown: true },
    { tab: 'activity', name: 'Activity', shown: may('change_list') },
  ];
  return (
    <nav className="tabs" aria-label="Parts of this customer">
      {tabs
        .filter(({ shown }) => shown)
        .map(({ tab, name, n }) => (
          <Link
            key={tab}
            to="/customers/$id"
            params={{ id: customer.id }}
            search={{ tab: tab === 'overview' ? undefined : tab }}
            className="tab"
            ref={intoView}
            activeOptions={{ includeSearch: true, explicitUndefined: true }}
            aria-current={chosen === tab ? 'page' : undefined}
          >
            {name}
            {n !== undefined && <span className="number">{count(n)}</span>}
          </Link>
        ))}
    </nav>
  );
}
