import { CirclePause, OctagonX } from 'lucide-react';
import type { EffectiveState } from '../../api/schema';
import { MODE } from '../../lib/words';
import { Badge } from '../../ui/Badge';

/** Says nothing while all is well. */
export function StateBadge({ state }: { state: EffectiveState }) {
  if (state.state === 'active') return null;
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
