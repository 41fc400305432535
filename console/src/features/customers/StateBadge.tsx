import { CirclePause, OctagonX, Trash2 } from 'lucide-react';
import type { EffectiveState } from '../../api/schema';
import { MODE } from '../../lib/words';
import { Badge } from '../../ui/Badge';

/** Says nothing while all is well. */
export function StateBadge({ state }: { state: EffectiveState }) {
  if (state.state === 'active') return null;
  if (state.deleting) {
    return (
      <Badge tone="muted" title={`${state.cause_name ?? 'A customer above'} is to be deleted. Backups are refused.`}>
        <Trash2 className="icon-s" aria-hidden />
        Deleting
      </Badge>
    );
  }
  const full = state.mode === 'full_stop';
  const Icon = full ? OctagonX : CirclePause;
  const cause = state.cause_name ? `Suspended at ${state.cause_name}. ` : 'Suspended. ';
  return (
    <Badge tone="muted" title={`${cause}${state.mode ? MODE[state.mode] : ''}`}>
      <Icon className="icon-s" aria-hidden />
      {full ? 'Full stop' : 'Suspended'}
    </Badge>
  );
}
