import { useQuery } from '@tanstack/react-query';
import { Lock } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { EffectiveSetting, PassedOver } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { offers, refusalOf } from '../../lib/words';
import { Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { lazyDialog } from '../../ui/lazily';
import { When } from '../../ui/When';
import { settingsQuery, type Owner } from './api';
import { isReportSetting } from './reports';
import { isThresholdSetting } from './thresholds';
import { nowText } from './throttle';
import { Source } from './Source';
import { isWindow, settingTitle, settingValue, SETTINGS, whyText } from './words';
import './settings.css';

const SetDialog = lazyDialog(async () => (await import('./SettingDialog')).SetDialog);
const InheritDialog = lazyDialog(async () => (await import('./SettingDialog')).InheritDialog);

type Asked = { setting: EffectiveSetting; what: 'set' | 'inherit' };

/** Every setting of a customer or a device: what holds, where it comes from, and what was passed over. */
export function SettingsCard({ owner }: { owner: Owner }) {
  const effective = useQuery(settingsQuery(owner));
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const data = effective.data;
  return (
    <section className="card" aria-label="Settings">
      <header className="card-head">
        <h2>Settings</h2>
      </header>
      {effective.isPending && <Skeletons lines={4} />}
      {effective.error && !data && (
        <Failed what="The settings" error={effective.error} onRetry={() => void effective.refetch()} />
      )}
      {data && (
        <>
          <List settings={data.settings.filter(({ name }) => !isPartOf(name))} {...{ owner, setAsked }} />
          <Reports settings={data.settings.filter(({ name }) => isReportSetting(name))} {...{ owner, setAsked }} />
          <Thresholds
            settings={data.settings.filter(({ name }) => isThresholdSetting(name))}
            {...{ owner, setAsked }}
          />
        </>
      )}
      {asked && (
        <Suspense>
          {asked.what === 'set' ? (
            <SetDialog owner={owner} setting={asked.setting} onClose={close} />
          ) : (
            <InheritDialog owner={owner} setting={asked.setting} onClose={close} />
          )}
        </Suspense>
      )}
    </section>
  );
}

type ListProps = { owner: Owner; settings: EffectiveSetting[]; setAsked: (asked: Asked) => void };

function List({ owner, settings, setAsked }: ListProps) {
  return (
    <ul className="settings">
      {settings.map((setting) => (
        <Setting key={setting.name} owner={owner} setting={setting} onAsk={(what) => setAsked({ setting, what })} />
      ))}
    </ul>
  );
}

function isPartOf(name: string): boolean {
  return isThresholdSetting(name) || isReportSetting(name);
}

/** Machines have none. */
function Reports({ settings, ...rest }: ListProps) {
  if (settings.length === 0) return null;
  return (
    <>
      <h3 className="settings-part">What is told by mail</h3>
      <List settings={settings} {...rest} />
    </>
  );
}

/** There is one for each type of event: what was set here or above is shown, the rest on demand. */
function Thresholds({ settings, ...rest }: ListProps) {
  const set = settings.filter(({ source, own }) => own || source.kind !== 'default');
  const others = settings.filter((setting) => !set.includes(setting));
  return (
    <>
      <h3 className="settings-part">When events need attention</h3>
      {set.length > 0 && <List settings={set} {...rest} />}
      <details>
        <summary>As it is by default: {others.length}</summary>
        <List settings={others} {...rest} />
      </details>
    </>
  );
}

type SettingProps = { owner: Owner; setting: EffectiveSetting; onAsk: (what: Asked['what']) => void };

function Setting({ owner, setting, onAsk }: SettingProps) {
  const { name, value, source, locked, own, passed_over, rate } = setting;
  const mayChange = useMay(owner.noun === 'customers' ? 'customer_set_setting' : 'device_set_setting');
  const title = settingTitle(name);
  const opens = isWindow(name);
  const verb = opens ? 'Open…' : own ? 'Change…' : 'Override…';
  return (
    <li className="setting" aria-label={title}>
      <div className="setting-what">
        <h3>{title}</h3>
        <p>
          <b>{settingValue(name, value)}</b>
          <span className="quiet"> · </span>
          <Source source={source} here={owner.id} />
          {locked && (
            <span className="setting-locked">
              <Lock className="icon-s" aria-hidden /> Locked
            </span>
          )}
        </p>
        {rate && rate.until && <p className="quiet">{nowText(rate)}</p>}
        {own && (
          <p className="quiet">
            Set <When at={own.set_at} />
            {own.set_by && ` by ${own.set_by}`}
          </p>
        )}
        {passed_over.length > 0 && <Passed list={passed_over} name={name} here={owner.id} />}
      </div>
      {mayChange && (
        <div className="setting-buttons">
          {own && offers(setting, 'inherit') && (
            <Button
              size="s"
              refusal={refusalOf(setting, 'inherit')}
              onPress={() => onAsk('inherit')}
              aria-label={`${opens ? 'Close' : 'Inherit again'}: ${title}`}
            >
              {opens ? 'Close' : 'Inherit again'}
            </Button>
          )}
          {SETTINGS[name] && (
            <Button
              size="s"
              refusal={refusalOf(setting, 'set')}
              onPress={() => onAsk('set')}
              aria-label={`${verb.slice(0, -1)}: ${title}`}
            >
              {verb}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

function Passed({ list, name, here }: { list: PassedOver[]; name: string; here: string }) {
  return (
    <details>
      <summary>Passed over: {list.length}</summary>
      <ul className="setting-passed">
        {list.map((passed) => (
          <li key={passed.source.id}>
            {settingValue(name, passed.value)} · <Source source={passed.source} here={here} />
            <span className="quiet">, {whyText(passed.why)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
