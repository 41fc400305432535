import type { LinkProps } from '@tanstack/react-router';
import {
  Bell,
  Building2,
  Gauge,
  HardDrive,
  Key,
  Mail,
  MapPin,
  Package,
  PieChart,
  Ticket,
  Users,
  type LucideIcon,
} from 'lucide-react';
import type { Me } from '../api/schema';

type Page = { section: string; link: LinkProps; name: string; icon: LucideIcon };

/** The pages of the navigation, in its order. A page appears here when it works, and for whom it is. */
export function pagesFor(me: Me): Page[] {
  const own: Page = { section: '/customers', link: homeOf(me), name: 'Overview', icon: Building2 };
  const overview: Page = { section: '/overview', link: { to: '/overview' }, name: 'Overview', icon: Gauge };
  const customers: Page = { section: '/customers', link: { to: '/customers' }, name: 'Customers', icon: Building2 };
  const devices: Page = { section: '/devices', link: { to: '/devices' }, name: 'Devices', icon: HardDrive };
  const events: Page = { section: '/events', link: { to: '/events' }, name: 'Events', icon: Bell };
  const passKeys: Page = { section: '/pass_keys', link: { to: '/pass_keys' }, name: 'Pass keys', icon: Key };
  const licences: Page = { section: '/licences', link: { to: '/licences' }, name: 'Licences', icon: Ticket };
  const people: Page = { section: '/people', link: { to: '/people' }, name: 'People', icon: Users };
  const products: Page = { section: '/products', link: { to: '/products' }, name: 'Products', icon: Package };
  const locations: Page = {
    section: '/locations',
    link: { to: '/locations' },
    name: 'Storage locations',
    icon: MapPin,
  };
  const space: Page = { section: '/space', link: { to: '/space' }, name: 'Space', icon: PieChart };
  const mail: Page = { section: '/mail', link: { to: '/mail' }, name: 'Mail', icon: Mail };
  const may = (operation: string) => me.operations.includes(operation);
  return [
    ...(may('customer_list') ? (isOwn(me) ? [own] : may('overview_show') ? [overview, customers] : [customers]) : []),
    ...(may('device_list') ? [devices] : []),
    ...(may('event_list') ? [events] : []),
    ...(may('pass_key_list_below') && !isOwn(me) ? [passKeys] : []),
    ...(may('licence_list') && !isOwn(me) ? [licences] : []),
    ...(may('user_list') ? [people] : []),
    ...(may('space_show') && !isOwn(me) ? [space] : []),
    ...(may('product_list') && !isOwn(me) ? [products] : []),
    ...(may('storage_location_create') ? [locations] : []),
    ...(may('mail_settings_show') ? [mail] : []),
  ];
}

/** Where the console begins: at the overview, which for a customer's own people is the page of their customer. */
export function homeOf(
  me: Me,
): { to: '/overview' | '/customers'; search: { under: undefined } } | { to: '/customers/$id'; params: { id: string } } {
  if (isOwn(me)) return { to: '/customers/$id', params: { id: me.customer_id } };
  // Whoever sees no devices has nothing in the overview that isn't in the list.
  const to = me.operations.includes('overview_show') ? '/overview' : '/customers';
  return { to, search: { under: undefined } };
}

/** Nobody else's customers are below: a list would be one of themselves. */
export function isOwn(me: Me): boolean {
  return me.customer_level === 'end_customer' || me.customer_level === 'site';
}
