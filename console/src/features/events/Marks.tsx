import { Link } from '@tanstack/react-router';
import type { Attention } from '../../api/schema';
import { Badge } from '../../ui/Badge';
import { toldOf } from './words';
import './events.css';

/** What needs attention at a customer and below it: the worst in words, how many more in a number. */
export function Marks({ attention, under }: { attention: Attention | null | undefined; under: string }) {
  const told = toldOf(attention);
  const [worst, ...others] = told;
  if (!worst) return null;
  const all = told.map(({ full }) => full).join('\n');
  return (
    <Link to="/events" search={{ under, filter: worst.filter }} className="marks plain-link" title={all} tabIndex={-1}>
      <Badge tone={worst.tone}>{worst.text}</Badge>
      {others.length > 0 && <span className="quiet number">+{others.length}</span>}
      <span className="hidden-text">{all}</span>
    </Link>
  );
}
