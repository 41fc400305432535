import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Lock } from 'lucide-react';
import { Failed, Skeletons } from '../../ui/Blank';
import { Card } from '../../ui/Card';
import { settingsQuery, type Owner } from './api';
import { settingTitle, settingValue } from './words';
import { Source } from './Source';
import './settings.css';

/** As many as fit beside everything else. */
const SHOWN = 5;

/** What holds at a customer because somebody has set it, there or above, and who. What is as delivered is not told. */
export function SettingsSummary({ owner }: { owner: Owner }) {
  const effective = useQuery(settingsQuery(owner));
  const set = effective.data?.settings.filter(({ source }) => source.kind !== 'default') ?? [];
  return (
    <Card
      title="Settings"
      end={
        <Link to="/customers/$id" params={{ id: owner.id }} search={{ tab: 'settings' }} className="link">
          {set.length > SHOWN ? `All ${set.length} that are set` : 'All settings'}
        </Link>
      }
    >
      {effective.isPending && <Skeletons />}
      {effective.error && !effective.data && (
        <Failed what="The settings" error={effective.error} onRetry={() => void effective.refetch()} />
      )}
      {effective.data && set.length === 0 && <p className="quiet">Nothing is set, here or above.</p>}
      {set.length > 0 && (
        <ul className="few">
          {set.slice(0, SHOWN).map(({ name, value, source, locked }) => (
            <li key={name}>
              <span className="few-name">
                {settingTitle(name)}: <b>{settingValue(name, value)}</b>
              </span>
              <span className="quiet">
                {locked && <Lock className="icon-s" role="img" aria-label="Locked" />}{' '}
                <Source source={source} here={owner.id} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
