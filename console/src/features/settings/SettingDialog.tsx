import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { EffectiveSetting, SettingChange } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { problemText } from '../../lib/words';
import { usePaused } from '../../lib/usePaused';
import { Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { Consequences } from '../../ui/Consequences';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { inheritSetting, setSetting, type Owner } from './api';
import { undo } from '../../ui/undo';
import { checkSetting, SettingFields } from './SettingFields';
import { isWindow, settingTitle, settingValue, SETTINGS, valuesOf, wireValue } from './words';

type SettingDialogProps = { owner: Owner; setting: EffectiveSetting; onClose: () => void };

/** Sets something at a customer or a device, and says beforehand how much gets another value. */
export function SetDialog({ owner, setting, onClose }: SettingDialogProps) {
  const client = useQueryClient();
  const { name, can_lock } = setting;
  const title = settingTitle(name);
  // The moment that a window is counted from until it is sent.
  const [opened] = useState(() => Date.now());
  const lockable = can_lock && owner.noun === 'customers';
  const form = useForm({
    initial: valuesOf(setting),
    check: (values) => checkSetting(name, values),
    send: async (values, { at }) => {
      const locked = values['locked'] === 'yes';
      const after = await setSetting(owner, name, { value: wireValue(name, values, at), locked });
      onClose();
      toast(
        `${title} at ${owner.name}: ${settingValue(name, after.value)}`,
        undoSetting(client, owner, setting, after),
      );
      await told(client, owner, 'set');
    },
  });
  const value = wireValue(name, form.values, opened);
  const asked = usePaused(JSON.stringify({ value, locked: form.values['locked'] === 'yes' }));
  return (
    <Dialog title={`${title} at ${owner.name}`} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <Body
          owner={owner}
          about={SETTINGS[name]?.about}
          change={asked}
          preview={
            value === undefined ? undefined : () => setSetting(owner, name, JSON.parse(asked), { dry_run: true })
          }
        >
          <SettingFields name={name} lockable={lockable} />
        </Body>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {isWindow(name) ? 'Open the window' : 'Set'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

/** Lets a customer or a device inherit something again. */
export function InheritDialog({ owner, setting, onClose }: SettingDialogProps) {
  const client = useQueryClient();
  const { name } = setting;
  const title = settingTitle(name);
  const verb = isWindow(name) ? 'Close the window' : 'Inherit again';
  const form = useForm({
    initial: {},
    send: async () => {
      const after = await inheritSetting(owner, name);
      onClose();
      toast(
        `${title} at ${owner.name}: ${settingValue(name, after.value)}`,
        undoSetting(client, owner, setting, after),
      );
      await told(client, owner, 'inherited');
    },
  });
  return (
    <Dialog title={`${title} at ${owner.name}`} onClose={onClose} form={form}>
      <FormView form={form} label={verb} className="dialog-form">
        <Body owner={owner} change="inherit" preview={() => inheritSetting(owner, name, { dry_run: true })}>
          <p className="hint">What is set here is taken away. What is set above holds then.</p>
        </Body>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy} autoFocus>
            {verb}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

type BodyProps = {
  owner: Owner;
  about?: string | undefined;
  /** What is asked about, for the preview. */
  change: string;
  preview: (() => Promise<SettingChange>) | undefined;
  children: ReactNode;
};

function Body({ owner, about, change, preview, children }: BodyProps) {
  const foreseen = useQuery({
    queryKey: ['preview', 'setting', owner.id, change],
    queryFn: () => preview!(),
    enabled: preview !== undefined,
    gcTime: 0,
    placeholderData: (old) => old,
  });
  const { customers = 0, devices = 0 } = foreseen.data?.consequences ?? {};
  return (
    <DialogBody busy={foreseen.isFetching}>
      <FormSummary />
      {about && <p>{about}</p>}
      {preview && foreseen.isPending && <Skeletons lines={2} />}
      {foreseen.error && <Notice tone="danger">{problemText(foreseen.error)}</Notice>}
      {preview && foreseen.data && (
        <Consequences
          list={[
            {
              n: customers,
              text: customers === 1 ? 'customer or site gets another value' : 'customers and sites get another value',
            },
            { n: devices, text: devices === 1 ? 'device gets another value' : 'devices get another value' },
          ]}
          none="Nothing gets another value."
        />
      )}
      {children}
    </DialogBody>
  );
}

/** What was set here before is set again, or what is above holds again. */
function undoSetting(
  client: ReturnType<typeof useQueryClient>,
  owner: Owner,
  { name, own, value }: EffectiveSetting,
  { changes, version }: SettingChange,
) {
  if (!changes) return undefined;
  const title = settingTitle(name);
  return undo({
    name: `${title} at ${owner.name}`,
    restore: () =>
      own
        ? setSetting(owner, name, { value: own.value, locked: own.locked }, { version })
        : inheritSetting(owner, name, { version }),
    said: `${title} at ${owner.name} is ${settingValue(name, value)} again`,
    renew: () => told(client, owner, own ? 'set' : 'inherited'),
  });
}

function told(client: ReturnType<typeof useQueryClient>, owner: Owner, what: 'set' | 'inherited'): Promise<void> {
  const noun = owner.noun === 'customers' ? 'customer' : 'device';
  return happened(client, `${noun}.setting_${what}`, owner);
}
