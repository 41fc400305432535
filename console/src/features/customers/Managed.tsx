import { useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import type { ViewSettings } from '../../api/schema';
import { useMe } from '../../app/useMe';
import { problemText } from '../../lib/words';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toasts';
import { meQuery } from '../sessions/api';
import { setViewSettings } from '../views/api';

type Which = ViewSettings['managed_accounts'];

const WORDS: Record<Which, string> = {
  all: 'All',
  managed_here: 'With a product managed here',
};

/** What narrows the list where somebody wants to see only those managed accounts. */
export const MANAGED_HERE = '(not (kind == managed) or managed_here == true)';

function useManaged() {
  const client = useQueryClient();
  const { view_settings } = useMe();
  const choose = async (managed_accounts: Which) => {
    try {
      const set = await setViewSettings({ managed_accounts });
      client.setQueryData(meQuery().queryKey, (me) => me && { ...me, view_settings: set });
    } catch (error) {
      toast(problemText(error));
    }
  };
  return { chosen: view_settings.managed_accounts, choose };
}

/** Which of the managed accounts one's list shows; self-managed ones are there in any case. */
export function ManagedChoice() {
  const id = useId();
  const { chosen, choose } = useManaged();
  return (
    <div className="view-sort">
      <label htmlFor={id}>Managed accounts</label>
      <select id={id} className="input" value={chosen} onChange={(event) => void choose(event.target.value as Which)}>
        {Object.entries(WORDS).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

/** That some are left out. Nothing is hidden in silence. */
export function ManagedNote() {
  const { chosen, choose } = useManaged();
  if (chosen === 'all') return null;
  return (
    <p className="quiet">
      Managed accounts only with a product managed here.{' '}
      <Button kind="link" onPress={() => void choose('all')}>
        Show all
      </Button>
    </p>
  );
}
