/** What can be done to many customers at once, and what of it the caller's role allows. Pure. */

import {
  Globe,
  KeyRound,
  LayoutTemplate,
  ListChecks,
  MapPin,
  MapPinOff,
  Pause,
  Play,
  RotateCcw,
  Trash2,
  Undo2,
  type LucideIcon,
} from 'lucide-react';
import type { Me } from '../../api/schema';

export type BulkName =
  | 'suspend'
  | 'activate'
  | 'restore'
  | 'set_country'
  | 'assign_template'
  | 'restore_template'
  | 'deploy_policy'
  | 'add_site'
  | 'invitation'
  | 'delete'
  | 'remove_site';

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
  { name: 'assign_template', label: 'Assign a template…', icon: LayoutTemplate, operation: 'customer_assign_template' },
  { name: 'deploy_policy', label: 'Policy settings…', icon: ListChecks, operation: 'customer_set_setting' },
  {
    name: 'restore_template',
    label: 'Bring back to the template…',
    icon: RotateCcw,
    operation: 'customer_assign_template',
  },
  { name: 'add_site', label: 'Add a site…', icon: MapPin, operation: 'site_create' },
  { name: 'invitation', label: 'Password links…', icon: KeyRound, operation: 'customer_invitation_create' },
  { name: 'restore', label: 'Cancel deletion…', icon: Undo2, operation: 'customer_restore' },
  { name: 'delete', label: 'Delete…', icon: Trash2, operation: 'customer_delete', tone: 'danger' },
];

/** Of the rows of a list by site. */
const OF_SITES: Offer = {
  name: 'remove_site',
  label: 'Remove site…',
  icon: MapPinOff,
  operation: 'customer_delete',
  tone: 'danger',
};

/** The first two are buttons, the others stand in a menu. */
export function offersFor({ operations }: Pick<Me, 'operations'>, bySite = false): Offer[] {
  if (!operations.includes('bulk_run')) return [];
  return (bySite ? [...OFFERS, OF_SITES] : OFFERS).filter(({ operation }) => operations.includes(operation));
}
