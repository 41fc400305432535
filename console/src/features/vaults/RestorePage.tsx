import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { ArchiveRestore, EyeOff } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { ApiError, isCode } from '../../api/client';
import type { Device, VaultSnapshot } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { bytes, count, exact, time } from '../../lib/format';
import { problemText, refusalOf } from '../../lib/words';
import { Blank, Failed, NotForRole, Skeletons } from '../../ui/Blank';
import { Breadcrumbs } from '../../ui/Breadcrumbs';
import { Button, LinkButton } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { PasswordField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { useTitle } from '../../ui/useTitle';
import { ancestorLinks } from '../customers/CustomerCrumbs';
import { deviceQuery } from '../devices/api';
import { forgetVault, openVault, snapshotsQuery } from './api';
import { byDay } from './days';
import { Files } from './Files';
import './vaults.css';

const route = getRouteApi('/frame/devices/$id/restore');

/** What a machine has backed up: opened with its password, looked through, and downloaded. */
export function RestorePage() {
  const { id } = route.useParams();
  const { vault, snapshot } = route.useSearch();
  const device = useQuery(deviceQuery(id));
  const may = useMay('device_open_vault');
  const go = useNavigate({ from: '/devices/$id/restore' });
  const client = useQueryClient();
  const snapshots = useQuery({ ...snapshotsQuery(vault ?? ''), enabled: vault !== undefined });
  const [left, setLeft] = useState<'forgotten' | 'by_itself'>();
  useTitle(device.data && `Restore from ${device.data.name}`);

  const leave = (how: 'forgotten' | 'by_itself') => {
    client.removeQueries({ queryKey: ['vaults'] });
    setLeft(how);
    void go({ search: (old) => ({ under: old.under }), replace: true });
  };
  const forget = async () => {
    try {
      if (vault) await forgetVault(vault);
      leave('forgotten');
    } catch (error) {
      toast(problemText(error));
    }
  };
  const isOver = isCode(snapshots.error, 'not_found');

  if (device.error) {
    return isCode(device.error, 'not_found') ? (
      <Blank title="There is no such device" whole>
        <p>It was removed, or it is not yours to see.</p>
        <LinkButton to="/devices">Go to devices</LinkButton>
      </Blank>
    ) : (
      <Failed what="The device" error={device.error} onRetry={() => void device.refetch()} />
    );
  }
  if (!device.data) return <Skeletons lines={6} />;
  if (!may) return <NotForRole />;
  const chosen = snapshots.data?.items.find((one) => one.id === snapshot);
  const isOpen = vault !== undefined && !isOver;
  return (
    <div className="list-page">
      <header className="detail-head" data-plain>
        <Breadcrumbs>
          {[
            ...ancestorLinks(device.data.ancestors),
            <Link key="device" to="/devices/$id" params={{ id }} className="plain-link">
              {device.data.name}
            </Link>,
          ]}
        </Breadcrumbs>
        <div className="detail-title">
          <ArchiveRestore className="icon" aria-hidden />
          <h1>Restore from {device.data.name}</h1>
          {isOpen && (
            <div className="page-actions">
              <Button onPress={() => void forget()}>
                <EyeOff className="icon-s" aria-hidden />
                Forget the password
              </Button>
            </div>
          )}
        </div>
      </header>
      {!isOpen && (
        <Closed
          device={device.data}
          why={isOver ? 'by_itself' : left}
          onOpen={(opened) => {
            setLeft(undefined);
            void go({ search: (old) => ({ ...old, vault: opened }), replace: true });
          }}
        />
      )}
      {isOpen && snapshots.isPending && <Skeletons lines={8} />}
      {isOpen && snapshots.error && (
        <Failed what="The snapshots" error={snapshots.error} onRetry={() => void snapshots.refetch()} />
      )}
      {isOpen && snapshots.data && !chosen && <Snapshots items={snapshots.data.items} asked={snapshot} />}
      {isOpen && chosen && <Files key={chosen.id} vault={vault} snapshot={chosen} onOver={() => leave('by_itself')} />}
    </div>
  );
}

const WHY: Record<'forgotten' | 'by_itself', ReactNode> = {
  forgotten: 'The password was forgotten. What was downloaded stays where it is.',
  by_itself: 'The password was forgotten, as it is after a quarter of an hour without a question. Type it once more.',
};

type ClosedProps = {
  device: Device;
  why: 'forgotten' | 'by_itself' | undefined;
  onOpen: (vault: string) => void;
};

function Closed({ device, why, onOpen }: ClosedProps) {
  const form = useForm({
    initial: { password: '' },
    check: ({ password }): Problems => (password ? {} : { password: 'This is needed.' }),
    send: async ({ password = '' }) => onOpen((await openVault(device.id, password)).vault_id),
    explain: (error) =>
      isCode(error, 'too_many_attempts') && error instanceof ApiError
        ? `There were too many attempts. ${error.problem.detail}`
        : undefined,
  });
  return (
    <div className="vault-page">
      {why && <Notice>{WHY[why]}</Notice>}
      <FormView form={form} label="Open the backups" className="vault-open">
        <Card title="Open the backups">
          <FormSummary />
          <PasswordField
            name="password"
            label="Password of the backups"
            autoComplete="new-password"
            autoFocus
            hint="The one that the backup program was given on the machine, not the one for signing in. Nobody here knows it: it is kept in the server’s memory while you look, and nowhere else."
          />
          <p>
            <Button kind="primary" type="submit" isPending={form.busy} refusal={notYet(device)}>
              Open the backups
            </Button>
          </p>
        </Card>
      </FormView>
    </div>
  );
}

function notYet(device: Device): string | undefined {
  if (!device.actions.some(({ name }) => name === 'open_vault')) return 'Nothing was backed up yet.';
  return refusalOf(device, 'open_vault');
}

/** As many as are looked at without asking. */
const SHOWN = 100;

function Snapshots({ items, asked }: { items: VaultSnapshot[]; asked: string | undefined }) {
  const [all, setAll] = useState(false);
  if (items.length === 0) {
    return (
      <Blank title="No snapshot">
        <p>The backups have been begun, and none was completed, or all were removed.</p>
      </Blank>
    );
  }
  return (
    <div className="vault-page">
      {asked && <Notice tone="warning">That snapshot is not there any more. Choose another one.</Notice>}
      <Card title="Snapshots" end={<span className="quiet number">{count(items.length)}</span>}>
        <p className="quiet">What the machine had at a moment. Choose from when you want it back.</p>
        {byDay(all ? items : items.slice(0, SHOWN)).map((day) => (
          <section key={day.name} aria-label={day.name}>
            <h3 className="vault-day">{day.name}</h3>
            <table className="mini">
              <thead className="hidden-text">
                <tr>
                  <th scope="col">Time</th>
                  <th scope="col">What</th>
                  <th scope="col">Size</th>
                </tr>
              </thead>
              <tbody>
                {day.snapshots.map((one) => (
                  <SnapshotRow key={one.id} snapshot={one} />
                ))}
              </tbody>
            </table>
          </section>
        ))}
        {!all && items.length > SHOWN && (
          <Button kind="link" onPress={() => setAll(true)}>
            Show all {count(items.length)}
          </Button>
        )}
      </Card>
    </div>
  );
}

function SnapshotRow({ snapshot }: { snapshot: VaultSnapshot }) {
  const { files, bytes: size, tags, host, paths } = snapshot;
  return (
    <tr>
      <td>
        <Link
          from="/devices/$id/restore"
          to="."
          search={(old) => ({ ...old, snapshot: snapshot.id, path: undefined, q: undefined })}
          className="link"
          title={exact(snapshot.at)}
        >
          {time(snapshot.at)}
        </Link>
      </td>
      <td>
        {paths.join(', ')}
        <span className="quiet">
          {host && ` on ${host}`}
          {tags.length > 0 && ` · ${tags.join(', ')}`}
        </span>
      </td>
      <td className="number">
        {size !== null && size !== undefined && bytes(size)}
        {files !== null && files !== undefined && <span className="quiet"> {count(files)} files</span>}
      </td>
    </tr>
  );
}
