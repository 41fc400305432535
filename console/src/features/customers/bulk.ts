/** What can be done to many customers at once, and what of it the caller's role allows. Pure. */

import { Globe, MapPin, Pause, Play, Trash2, type LucideIcon } from 'lucide-react';
import type { Me } from '../../api/schema';

export type BulkName = 'suspend' | 'activate' | 'set_country' | 'add_site' | 'delete';

type Offer = {
  name: BulkName;
  label: string;
  icon: LucideIcon;
  /** Done to one it is this operation. */
  operation: string;
  tone?: 'danger';
};

const OFFERS: readonly Offer[] = [
  { name: 'suspend', label: 'Suspend', icon: Pause, operation: 'customer_suspend' },
  { name: 'activate', label: 'Activate', icon: Play, operation: 'customer_activate' },
  { name: 'set_country', label: 'Set country…', icon: Globe, operation: 'customer_update' },
  { name: 'add_site', label: 'Add a site…', icon: MapPin, operation: 'site_create' },
  { name: 'delete', label: 'Delete…', icon: Trash2, operation: 'customer_delete', tone: 'danger' },
];

/** The first two are buttons, the others stand in a menu. */
export function offersFor({ operations }: Pick<Me, 'operations'>): Offer[] {
  if (!operations.includes('bulk_run')) return [];
  return OFFERS.filter(({ operation }) => operations.includes(operation));
}
