// Interim, replaced by the generated file.
export type paths = Record<string, any>;
export type Level = 'provider' | 'distributor' | 'sub_distributor' | 'reseller' | 'end_customer' | 'site';
export type Mode = 'stop_backups' | 'full_stop';
export type Kind = 'managed' | 'self_managed';
export type AccountState = 'active' | 'suspended';
export type Role = 'administrator' | 'supporter' | 'customer';
export type DeviceKind = 'agent' | 'appliance' | 'direct_to_cloud';
export type DeviceStatus = 'authorised' | 'pending_approval';
export type PassKeyState = 'active' | 'expired' | 'used_up' | 'revoked';
type N<T> = T | null;
export type Action = { name: string; allowed: boolean; code?: N<string>; reason?: N<string> };
export type FieldError = { field: string; code: string; detail: string };
export type Problem = { type: string; title: string; status: number; code: string; detail: string; request_id: string; errors?: FieldError[] };
export type Profile = { address?: N<string>; city?: N<string>; phone?: N<string>; fax?: N<string>; notes?: N<string>; contact?: N<string>; reference?: N<string> };
export type EffectiveState = { state: AccountState; mode?: N<Mode>; cause?: N<string>; cause_name?: N<string> };
export type Suspension = { mode: Mode; reason?: N<string>; public_message?: N<string>; since: string };
export type CustomerTotals = { customers: number; sites: number; devices: number; used_bytes: number };
export type Customer = {
  id: string; version: number; parent_id?: N<string>; parent_name?: N<string>; path: string; level: Level; name?: N<string>; username?: N<string>;
  company_name: string; email?: N<string>; kind?: N<Kind>; account_state: AccountState; suspension?: N<Suspension>; effective_state: EffectiveState;
  last_backup_at?: N<string>; country?: N<string>; storage_location_id?: N<string>; max_devices?: N<number>; profile: Profile; is_default: boolean;
  totals: CustomerTotals; created_at: string; actions: Action[];
};
export type Warning = { code: string; field: string; detail: string };
export type CustomerCreate = {
  parent_id: string; level?: N<Level>; company_name?: N<string>; name?: N<string>; country?: N<string>; email?: N<string>; username?: N<string>; password?: N<string>;
  sites?: N<string[]>; storage_location_id?: N<string>; kind?: N<Kind>; account_state?: N<AccountState>; max_devices?: N<number>; profile?: N<Profile>;
};
export type CustomerUpdate = {
  company_name?: string; email?: N<string>; country?: string; storage_location_id?: string; username?: string; password?: string; max_devices?: N<number>;
  kind?: N<Kind>; profile?: Profile;
};
export type CustomerCreated = Customer & { sites: Customer[]; warnings: Warning[] };
export type SiteCreate = { name: string; company_name?: N<string>; country?: N<string>; storage_location_id?: N<string> };
export type SuspendRequest = { reason: string; mode: Mode; public_message?: N<string> };
export type Consequences = { customers: number; devices: number; devices_with_recent_backup: number };
export type StateChange = { customer: Customer; changes: boolean; consequences: Consequences; dry_run: boolean };
export type FieldlessProblem = { code: string; detail: string };
export type CustomerDeletion = { id: string; company_name: string; users: number; pass_keys: number; blockers: FieldlessProblem[]; dry_run: boolean };
export type Device = {
  id: string; version: number; customer_id: string; customer_name: string; path: string; name: string; kind: DeviceKind; os?: N<string>; fingerprint?: N<string>;
  status: DeviceStatus; effective_state: EffectiveState; repository_id: string; repository_url: string; storage_location_id?: N<string>; used_bytes: number;
  last_backup_at?: N<string>; first_contact_at?: N<string>; created_at: string; actions: Action[];
};
export type DeviceCredentials = { device_id: string; status: DeviceStatus; repository_url: string; username: string; password: string };
export type PassKey = {
  id: string; customer_id: string; site_id?: N<string>; prefix: string; state: PassKeyState; uses: number; max_uses?: N<number>; expires_at?: N<string>; created_at: string; actions: Action[];
};
export type PassKeyCreate = { expires_at?: N<string>; max_uses?: N<number>; site_id?: N<string> };
export type PassKeyCreated = { id: string; pass_key: string; prefix: string; max_uses?: N<number>; expires_at?: N<string> };
export type SetupRequest = { token: string; provider_name: string; email: string; password: string };
export type SetupStatus = { setup_required: boolean };
export type SignIn = { login: string; password: string };
export type Me = {
  id: string; name: string; login: string; role: Role; customer_id: string; customer_name: string; customer_level: Level; provider_name: string; expires_at: string; operations: string[];
};
export type OwnPassword = { current_password: string; password: string };
export type StorageLocation = { id: string; name: string; country: string };
export type User = {
  id: string; version: number; customer_id: string; customer_name: string; email: string; name: string; role: Role; has_password: boolean; last_sign_in_at?: N<string>; created_at: string; actions: Action[];
};
export type UserCreate = { customer_id: string; email: string; name: string; role: Role; password?: N<string> };
export type UserUpdate = { email?: string; name?: string; role?: Role; password?: string };
export type Actor = { kind: 'user' | 'customer' | 'device' | 'system' | 'above'; id?: N<string>; name?: N<string> };
export type Change = {
  number: number; at: string; actor: Actor; address?: N<string>; request_id?: N<string>; action: string; subject_kind: string; subject_id: string; subject_name: string;
  customer_id: string; before?: unknown; after?: unknown;
};
export type ActorKind = Actor['kind'];
