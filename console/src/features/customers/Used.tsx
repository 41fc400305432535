import type { Customer, Device } from '../../api/schema';
import { bytes } from '../../lib/format';
import { LastBackup } from './LastBackup';

type UsedProps = { used: number; of: Pick<Customer | Device, 'last_backup_at' | 'effective_state'> };

/** Used space on a card, with the last backup below it: there is no other column. */
export function Used({ used, of }: UsedProps) {
  if (used === 0 && !of.last_backup_at) return <span className="quiet">No backup yet</span>;
  return (
    <span className="who-lines">
      <span>{used > 0 && bytes(used)}</span>
      <span className="who-second">
        {of.last_backup_at ? <LastBackup at={of.last_backup_at} state={of.effective_state} /> : 'No backup yet'}
      </span>
    </span>
  );
}
