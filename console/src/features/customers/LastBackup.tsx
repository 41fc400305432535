import { TriangleAlert } from 'lucide-react';
import type { EffectiveState } from '../../api/schema';
import { When, useNow } from '../../ui/When';

/** A nightly backup that is this old was missed. */
const LATE = 36 * 3_600_000;

type LastBackupProps = { at: string | null | undefined; state: EffectiveState };

/** When the newest backup arrived; amber if one has been missed though nothing forbids it. */
export function LastBackup({ at, state }: LastBackupProps) {
  const now = useNow();
  const late = Boolean(at) && state.state === 'active' && now - Date.parse(at ?? '') > LATE;
  if (!late) return <When at={at} />;
  return (
    <span className="late">
      <TriangleAlert className="icon-s" role="img" aria-label="Late" />
      <When at={at} />
    </span>
  );
}
