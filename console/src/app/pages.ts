import { Building2, HardDrive, Users } from 'lucide-react';

/** The pages of the navigation, in its order. A page appears here when it works. */
export const PAGES = [
  { to: '/customers', name: 'Customers', icon: Building2, operation: 'customer_list' },
  { to: '/devices', name: 'Devices', icon: HardDrive, operation: 'device_list' },
  { to: '/people', name: 'People', icon: Users, operation: 'user_list' },
] as const;
