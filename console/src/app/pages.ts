import type { LinkProps } from '@tanstack/react-router';
import { Building2, HardDrive, Users, type LucideIcon } from 'lucide-react';
import type { Me } from '../api/schema';

type Page = { section: string; link: LinkProps; name: string; icon: LucideIcon };

/** The pages of the navigation, in its order. A page appears here when it works, and for whom it is. */
export function pagesFor(me: Me): Page[] {
  const first: Page = isOwn(me)
    ? { section: '/customers', link: homeOf(me), name: 'Overview', icon: Building2 }
    : { section: '/customers', link: { to: '/customers' }, name: 'Customers', icon: Building2 };
  const devices: Page = { section: '/devices', link: { to: '/devices' }, name: 'Devices', icon: HardDrive };
  const people: Page = { section: '/people', link: { to: '/people' }, name: 'People', icon: Users };
  const may = (operation: string) => me.operations.includes(operation);
  return [
    ...(may('customer_list') ? [first] : []),
    ...(may('device_list') ? [devices] : []),
    ...(may('user_list') ? [people] : []),
  ];
}

/** Where the console begins: at the list, or for a customer's own people at their customer. */
export function homeOf(
  me: Me,
): { to: '/customers'; search: { under: undefined } } | { to: '/customers/$id'; params: { id: string } } {
  return isOwn(me)
    ? { to: '/customers/$id', params: { id: me.customer_id } }
    : { to: '/customers', search: { under: undefined } };
}

/** Nobody else's customers are below: a list would be one of themselves. */
export function isOwn(me: Me): boolean {
  return me.customer_level === 'end_customer' || me.customer_level === 'site';
}
