/** What permissions of tokens are called. Pure. */

import type { Permission, TokenState } from '../../api/schema';

/** Those that only read, and those that change something. One without words does not compile. */
export const PERMISSION: Record<Permission, string> = {
  read_customers: 'See customers, sites and what they used',
  read_devices: 'See devices and their backups',
  read_users: 'See people',
  read_pass_keys: 'See pass keys',
  read_changes: 'Read the activity',
  read_tasks: 'See tasks',
  read_invoices: 'See invoices',
  manage_invoices: 'Make and issue invoices',
  read_events: 'See events',
  create_customers: 'Add customers and sites',
  edit_customers: 'Edit customers',
  switch_customers: 'Suspend and activate customers',
  delete_customers: 'Delete customers',
  move_customers: 'Move customers',
  allot_space: 'Allot space',
  manage_settings: 'Change settings',
  restore_files: 'Restore files from backups',
  edit_devices: 'Edit devices',
  manage_devices: 'Approve, suspend and delete devices',
  issue_credentials: 'Give devices new credentials',
  manage_pass_keys: 'Make and revoke pass keys, add devices',
  manage_users: 'Add, edit and remove people',
  set_passwords: 'Invite customers to set a first password',
  run_tasks: 'Do the same to many',
  use_views: 'Keep and use views',
  share_views: 'Share views',
  manage_products: 'Edit the catalogue',
  manage_mail: 'Set up mail',
  manage_sign_in: 'Say who else signs a customer’s people in',
  manage_notifications: 'Say who is told of events',
  manage_webhooks: 'Look after webhooks',
  manage_super_users: 'Look after super users',
  read_licences: 'See licences',
  manage_licences: 'Grant, renew and end licences',
  manage_events: 'Acknowledge and resolve events',
  report_events: 'Report events',
  assign_licences: 'Assign licences to sites',
  manage_keys: 'Say who is a key officer',
};

export const PERMISSIONS = Object.keys(PERMISSION) as Permission[];

export function reads(permission: Permission): boolean {
  return permission.startsWith('read_');
}

export const TOKEN_STATE: Record<TokenState, string> = {
  active: 'Active',
  expired: 'Expired',
  without_effect: 'Without effect',
};
