import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { EffectiveState } from '../../api/schema';
import { When, useNow } from '../../ui/When';

/** A nightly backup that is this old was missed. */
const LATE = 36 * 3_600_000;

/** A machine may be new for so long. */
const NEW = 24 * 3_600_000;

type LastBackupProps = {
  at: string | null | undefined;
  state: EffectiveState;
  /** Since when there could have been one. Of customers nobody knows here. */
  since?: string;
};

/**
 * When the newest backup arrived; amber if one has been missed though nothing forbids it, or none has come in a day.
 * Nothing while there is none to be missed.
 */
export function LastBackup({ at, state, since }: LastBackupProps) {
  const now = useNow();
  const late = Boolean(at) && state.state === 'active' && now - Date.parse(at ?? '') > LATE;
  if (!at) {
    const overdue = since !== undefined && state.state === 'active' && now - Date.parse(since) > NEW;
    return overdue ? <Overdue>No backup yet</Overdue> : null;
  }
  if (!late) return <When at={at} />;
  return (
    <span className="late">
      <TriangleAlert className="icon-s" role="img" aria-label="Late" />
      <When at={at} />
    </span>
  );
}

/** Something that should have come by now. */
export function Overdue({ children }: { children: ReactNode }) {
  return (
    <span className="late">
      <TriangleAlert className="icon-s" aria-hidden />
      {children}
    </span>
  );
}
