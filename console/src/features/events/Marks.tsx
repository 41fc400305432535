import { Link } from '@tanstack/react-router';
import type { Attention } from '../../api/schema';
import { count } from '../../lib/format';
import { Badge } from '../../ui/Badge';
import { toldOf, worstOf } from './words';
import './events.css';

/** What needs attention at a customer and below it: the worst in words, how many more in a number. */
export function Marks({ attention, under }: { attention: Attention | null | undefined; under: string }) {
  const worst = worstOf(attention);
  if (!worst) return null;
  const all = toldOf(attention)
    .map(({ full }) => full)
    .join('\n');
  return (
    <Link to="/events" search={{ under, filter: worst.filter }} className="marks plain-link" title={all} tabIndex={-1}>
      <Badge tone={worst.tone}>
        <span className="marks-worst">{worst.text}</span>
      </Badge>
      {worst.others > 0 && <span className="quiet number">+{count(worst.others)}</span>}
      <span className="hidden-text">{all}</span>
    </Link>
  );
}
