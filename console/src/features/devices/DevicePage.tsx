import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import {
  ArchiveRestore,
  Check,
  Ellipsis,
  FolderInput,
  HardDrive,
  KeyRound,
  Pause,
  Pencil,
  Play,
  Trash2,
  Undo2,
  Unplug,
} from 'lucide-react';
import { Suspense, useState } from 'react';
import { idempotencyKey, isCode } from '../../api/client';
import type { Device, DeviceCredentials } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { useMay } from '../../app/useMe';
import { bytes, day } from '../../lib/format';
import { save } from '../../lib/save';
import { DEVICE_KIND, DEVICE_STATUS, offers, problemText, refusalOf } from '../../lib/words';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Breadcrumbs } from '../../ui/Breadcrumbs';
import { Button, LinkButton } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CopyId, Fact, Facts, Parts } from '../../ui/Facts';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';
import { toast } from '../../ui/Toasts';
import { When } from '../../ui/When';
import { Cause } from '../backups/Cause';
import { Nights } from '../backups/Nights';
import { storageLocationsQuery } from '../customers/api';
import { ancestorLinks } from '../customers/CustomerCrumbs';
import { LastBackup } from '../customers/LastBackup';
import { StateBadge } from '../customers/StateBadge';
import { EventsCard } from '../events/EventsCard';
import { DeviceJobs } from '../jobs/JobsCard';
import { SpaceCard } from '../space/SpaceCard';
import { SettingsCard } from '../settings/SettingsCard';
import { lazyDialog } from '../../ui/lazily';
import { Menu, MenuItem } from '../../ui/Menu';
import type { DeviceAction } from './DeviceDialogs';
import { deviceQuery, issueCredentials, renameDevice, showDevice } from './api';
import { undoRename } from './undo';
import { repositoryCommand } from './commands';
import { useTitle } from '../../ui/useTitle';

const DeviceDialog = lazyDialog(async () => (await import('./DeviceDialogs')).DeviceDialog);
const MoveDeviceDialog = lazyDialog(async () => (await import('./GiveUpDialogs')).MoveDeviceDialog);
const ReleaseDialog = lazyDialog(async () => (await import('./GiveUpDialogs')).ReleaseDialog);
const GiveUpDialog = lazyDialog(async () => (await import('./GiveUpDialogs')).GiveUpDialog);

const route = getRouteApi('/frame/devices/$id');

/** One machine: what it holds, where, and how it signs in. */
export function DevicePage() {
  const { id } = route.useParams();
  const device = useQuery(deviceQuery(id));
  const [dialog, setDialog] = useState<'rename' | 'credentials'>();
  const [action, setAction] = useState<Wanted>();
  const data = device.data;
  const mayRename = useMay('device_update');
  const mayManage = useMay('device_approve');
  const mayIssue = useMay('device_issue_credentials');
  const mayEvents = useMay('event_list');
  const mayOpen = useMay('device_open_vault');
  useTitle(data?.name);
  if (device.error && (!data || isCode(device.error, 'not_found'))) {
    return isCode(device.error, 'not_found') ? (
      <Blank title="There is no such device" whole>
        <p>It was removed, or it is not yours to see.</p>
        <LinkButton to="/devices">Go to devices</LinkButton>
      </Blank>
    ) : (
      <Failed what="The device" error={device.error} onRetry={() => void device.refetch()} />
    );
  }
  if (!data) return <Skeletons lines={6} />;
  return (
    <div className="detail">
      <header className="detail-head" data-plain>
        <Breadcrumbs>
          {[
            <Link key="list" activeOptions={{ exact: true }} to="/devices" className="plain-link">
              Devices
            </Link>,
            ...ancestorLinks(data.ancestors),
          ]}
        </Breadcrumbs>
        <div className="detail-title">
          <HardDrive className="icon" aria-hidden />
          <h1>{data.name}</h1>
          <StateBadge state={data.effective_state} />
          <div className="page-actions">
            {mayOpen && offers(data, 'open_vault') && (
              <LinkButton to="/devices/$id/restore" params={{ id: data.id }}>
                <ArchiveRestore className="icon-s" aria-hidden />
                Restore files
              </LinkButton>
            )}
            {mayRename && offers(data, 'edit') && (
              <Button refusal={refusalOf(data, 'edit')} onPress={() => setDialog('rename')}>
                <Pencil className="icon-s" aria-hidden />
                Rename
              </Button>
            )}
            {mayIssue && offers(data, 'issue_credentials') && (
              <Button refusal={refusalOf(data, 'issue_credentials')} onPress={() => setDialog('credentials')}>
                <KeyRound className="icon-s" aria-hidden />
                New credentials
              </Button>
            )}
            {mayManage && <Manage device={data} onAct={setAction} />}
          </div>
        </div>
      </header>
      <div className="detail-columns">
        <div className="detail-main">
          <Why
            device={data}
            onCredentials={mayIssue ? () => setDialog('credentials') : undefined}
            onAct={mayManage ? setAction : undefined}
          />
          {data.credential_outdated_at && (
            <Notice tone="warning">
              The password of its customer’s account was set anew <When at={data.credential_outdated_at} />, and this
              machine has the former one. Enter the new one on it: <code>tenantry renew --password-file -</code>. Its
              backups go on.
            </Notice>
          )}
          {mayEvents && <EventsCard of={{ device: data.id }} />}
          <Nights device={data} />
          <DeviceJobs device={data} />
          <StorageCard device={data} />
          <SpaceCard holder={{ noun: 'devices', row: data }} />
          <SettingsCard owner={{ noun: 'devices', id: data.id, name: data.name, path: data.path }} />
        </div>
        <aside className="detail-aside" aria-label="Details">
          <Details device={data} />
        </aside>
      </div>
      {action && (
        <Suspense>
          <WantedDialog device={data} wanted={action} onClose={() => setAction(undefined)} />
        </Suspense>
      )}
      {dialog === 'rename' && <RenameDialog device={data} onClose={() => setDialog(undefined)} />}
      {dialog === 'credentials' && <CredentialsDialog device={data} onClose={() => setDialog(undefined)} />}
    </div>
  );
}

type Wanted = DeviceAction | 'move' | 'release' | 'give_up';

type ManageProps = { device: Device; onAct: (action: Wanted) => void };

function WantedDialog({ device, wanted, onClose }: { device: Device; wanted: Wanted; onClose: () => void }) {
  switch (wanted) {
    case 'move':
      return <MoveDeviceDialog device={device} onClose={onClose} />;
    case 'release':
      return <ReleaseDialog device={device} onClose={onClose} />;
    case 'give_up':
      return <GiveUpDialog device={device} onClose={onClose} />;
    default:
      return <DeviceDialog device={device} action={wanted} onClose={onClose} />;
  }
}

/** Letting in, stopping, letting go on, turning away: what fits its state. */
function Manage({ device, onAct }: ManageProps) {
  const waits = device.status === 'pending_approval';
  return (
    <>
      {offers(device, 'approve') && (
        <Button kind="primary" refusal={refusalOf(device, 'approve')} onPress={() => onAct('approve')}>
          <Check className="icon-s" aria-hidden />
          Approve
        </Button>
      )}
      {offers(device, 'suspend') && !waits && (
        <Button refusal={refusalOf(device, 'suspend')} onPress={() => onAct('suspend')}>
          <Pause className="icon-s" aria-hidden />
          Suspend
        </Button>
      )}
      {offers(device, 'restore') && (
        <Button kind="primary" refusal={refusalOf(device, 'restore')} onPress={() => onAct('restore')}>
          <Undo2 className="icon-s" aria-hidden />
          Restore
        </Button>
      )}
      {offers(device, 'activate') && (
        <Button refusal={refusalOf(device, 'activate')} onPress={() => onAct('activate')}>
          <Play className="icon-s" aria-hidden />
          Activate
        </Button>
      )}
      <Menu
        label="More actions"
        trigger={
          <Button aria-label="More actions">
            <Ellipsis className="icon-s" aria-hidden />
          </Button>
        }
      >
        {offers(device, 'change_suspension') && (
          <MenuItem
            name="Change the suspension…"
            icon={<Pause className="icon" aria-hidden />}
            refusal={refusalOf(device, 'change_suspension')}
            onAction={() => onAct('suspend')}
          />
        )}
        {offers(device, 'move') && (
          <MenuItem
            name="Move…"
            icon={<FolderInput className="icon" aria-hidden />}
            refusal={refusalOf(device, 'move')}
            onAction={() => onAct('move')}
          />
        )}
        {offers(device, 'release') && (
          <MenuItem
            name="Release…"
            icon={<Unplug className="icon" aria-hidden />}
            refusal={refusalOf(device, 'release')}
            onAction={() => onAct('release')}
          />
        )}
        {!device.deletion && (
          <MenuItem
            name={waits ? 'Turn away…' : 'Delete…'}
            tone="danger"
            icon={<Trash2 className="icon" aria-hidden />}
            refusal={refusalOf(device, offers(device, 'give_up') ? 'give_up' : 'delete')}
            onAction={() => onAct(offers(device, 'give_up') ? 'give_up' : 'delete')}
          />
        )}
      </Menu>
    </>
  );
}

type WhyProps = {
  device: Device;
  onCredentials: (() => void) | undefined;
  onAct: ((action: Wanted) => void) | undefined;
};

/** Why there is no backup; of a machine that is only new, what it has done so far. */
function Why({ device, onCredentials, onAct }: WhyProps) {
  const state = device.backup_state;
  if (!state) return null;
  if (!state.needs_attention) return state.code === 'well' ? null : <p className="quiet">{state.detail}</p>;
  if (onAct && (state.action === 'approve' || (state.action === 'activate' && !state.cause))) {
    const action = state.action === 'approve' ? 'approve' : 'activate';
    const act = (
      <Button size="s" onPress={() => onAct(action)} refusal={refusalOf(device, action)}>
        {action === 'approve' ? 'Approve' : 'Activate'}
      </Button>
    );
    return (
      <Cause state={state} help={act} more={device.suspension?.reason && <p>Reason: {device.suspension.reason}</p>} />
    );
  }
  const help = state.action === 'issue_credentials' && onCredentials && offers(device, 'issue_credentials') && (
    <Button size="s" onPress={onCredentials} refusal={refusalOf(device, 'issue_credentials')}>
      New credentials
    </Button>
  );
  return <Cause state={state} help={help} />;
}

function StorageCard({ device }: { device: Device }) {
  return (
    <section className="card" aria-label="Storage">
      <header className="card-head">
        <h2>Storage</h2>
      </header>
      <p className="figure">
        <b className="number">{bytes(device.used_bytes)}</b>
        <span className="quiet">in its repository</span>
      </p>
      <Secret
        label="Repository"
        text={device.repository_url}
        hint="With “rest:” before it and the device’s user name and password in it, restic takes it."
      />
    </section>
  );
}

function Details({ device }: { device: Device }) {
  const locations = useQuery(storageLocationsQuery()).data;
  const location = locations?.find(({ id }) => id === device.storage_location_id);
  return (
    <section>
      <h2>Details</h2>
      <Facts>
        <Fact name="Kind">{DEVICE_KIND[device.kind]}</Fact>
        <Fact name="Status">{DEVICE_STATUS[device.status]}</Fact>
        {device.deletion && (
          <Fact name="Goes for good">
            <When at={device.deletion.due_at} />
            {device.deletion.by && `, deleted by ${device.deletion.by}`}
          </Fact>
        )}
        {device.os && <Fact name="System">{device.os}</Fact>}
        {device.host_name && device.host_name !== device.name && <Fact name="Host">{device.host_name}</Fact>}
        {device.client && (
          <Fact name="Backs up with">
            {device.client}
            {device.reported_at && (
              <>
                , seen <When at={device.reported_at} />
              </>
            )}
          </Fact>
        )}
        {device.last_backup_at && (
          <Fact name="Last backup">
            <LastBackup at={device.last_backup_at} state={device.effective_state} />
          </Fact>
        )}
        {device.first_contact_at && (
          <Fact name="First contact">
            <When at={device.first_contact_at} />
          </Fact>
        )}
        <Fact name="Storage location">{location?.name ?? <span className="quiet">None yet</span>}</Fact>
        <Fact name="Registered">{day(device.created_at)}</Fact>
        {device.fingerprint && (
          <Fact name="Fingerprint" wide>
            <Parts text={device.fingerprint} />
          </Fact>
        )}
        <Fact name="ID" wide>
          <CopyId id={device.id} />
        </Fact>
      </Facts>
    </section>
  );
}

function isCalled(device: Device, name: string): boolean {
  return device.name === name;
}

type DeviceDialogProps = { device: Device; onClose: () => void };

function RenameDialog({ device, onClose }: DeviceDialogProps) {
  const client = useQueryClient();
  const [base] = useState(device);
  const [unanswered] = useState<string[]>([]);
  const form = useForm({
    initial: { name: device.name },
    check: ({ name = '' }): Problems => (name.trim() ? {} : { name: 'This is needed.' }),
    send: async ({ name = '' }) => {
      const saving = { update: renameDevice, latest: () => showDevice(base.id), isSaved: isCalled, follows: isCalled };
      const renamed = await save(saving, base, name.trim(), unanswered);
      onClose();
      toast(`Device renamed to ${name.trim()}`, undoRename(client, base, renamed));
      await happened(client, 'device.updated', base);
    },
  });
  return (
    <Dialog title={`Rename ${base.name}`} onClose={onClose} form={form}>
      <FormView form={form} label="Rename device" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField
            name="name"
            label="Name"
            hint="Only what it is called here changes; its backups and credentials stay."
            maxLength={255}
            autoFocus
          />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Rename
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function CredentialsDialog({ device, onClose }: DeviceDialogProps) {
  const [issued, setIssued] = useState<DeviceCredentials>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [key] = useState(idempotencyKey);
  const issue = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      setIssued(await issueCredentials(device.id, key));
    } catch (error) {
      setProblem(problemText(error));
    }
    setBusy(false);
  };
  if (issued) {
    return (
      <Dialog title={`New credentials of ${device.name}`} onClose={onClose} secret="new password">
        <DialogBody>
          <Notice tone="warning">They are shown now and not again. The former ones no longer work.</Notice>
          <Secret label="User name" text={issued.username} />
          <Secret label="Password" text={issued.password} />
          <Secret
            label="For restic"
            text={repositoryCommand(issued.repository_url, issued.username, issued.password)}
            hint="Run it on the machine before restic, or put it where its backup job sets the repository."
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
  return (
    <Dialog title={`Issue new credentials for ${device.name}?`} onClose={onClose} busy={busy} firm>
      <DialogBody>
        <p>
          The present password stops working at once: the machine cannot back up until it has the new one. Its backups
          stay as they are.
        </p>
        {problem && <Notice tone="danger">{problem}</Notice>}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" isPending={busy} onPress={() => void issue()}>
          Issue new credentials
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
