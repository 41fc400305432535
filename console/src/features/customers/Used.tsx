import type { Customer, Device } from '../../api/schema';
import { bytes } from '../../lib/format';
import { LastBackup } from './LastBackup';

type UsedProps = {
  used: number;
  of: Pick<Customer | Device, 'last_backup_at' | 'effective_state'>;
  /** The last backup stands below it: there is no other column. */
  card: boolean;
};

/** Used space. */
export function Used({ used, of, card }: UsedProps) {
  const space = used > 0 ? bytes(used) : <span className="quiet">None yet</span>;
  if (!card) return space;
  return (
    <span className="who-lines">
      <span>{space}</span>
      <span className="who-second">
        {of.last_backup_at ? <LastBackup at={of.last_backup_at} state={of.effective_state} /> : 'No backup yet'}
      </span>
    </span>
  );
}
