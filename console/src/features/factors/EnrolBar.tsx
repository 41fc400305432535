import { Link, useLocation } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import { useMe } from '../../app/useMe';

/** Reminds whoever is signed in still, and needs a second factor the next time. */
export function EnrolBar() {
  const { two_factor, enrolled } = useMe().second_factor;
  const { pathname } = useLocation();
  if (two_factor !== 'required' || enrolled || pathname === '/account') return null;
  return (
    <aside className="feed-bar" aria-label="Reminder">
      <ShieldCheck className="icon-s" aria-hidden />
      <span>From your next sign-in on you need a second factor.</span>
      <Link to="/account" className="link">
        Set it up
      </Link>
    </aside>
  );
}
