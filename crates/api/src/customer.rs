//! Customers: every node of the tree above device, sites among them.

mod commands;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use tree::{Level, Mode};
use utoipa::{IntoParams, ToSchema};

use crate::backup::BackupState;
use crate::event::Attention;
use crate::id::{CustomerId, PlanId, StorageLocationId, TemplateId};
use crate::invitation::Invitation;
use crate::setting::OwnSwitches;
use crate::template::AssignedTemplate;
use crate::units::{Action, Day, Secret, Time, present};

pub use self::commands::{
    CustomerChange, CustomerDeletion, CustomerMove, CustomerMoved, Deletion, FieldlessProblem, Goes, HowDeleted,
    HowRestored, PasswordSet, WebAccessSet,
};

/// Who runs a customer's licences: the provider, or the customer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    Managed,
    SelfManaged,
}

/// Whose storage a customer's backups lie in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[derive(AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ServiceType {
    /// The provider's storage comes with it.
    AllInclusive,
    /// The software alone; storage is its own, or that of a customer above it.
    SoftwareOnly,
}

/// Whether a customer is on trial, and so not invoiced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Trial,
    Production,
}

/// What was set at the node itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    Active,
    Suspended,
}

macro_rules! profile {
    ($($(#[doc = $doc:literal])* $field:ident: $max_length:tt,)*) => {
        /// Who is who and where: all optional, all editable.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Profile {
            $(
                $(#[doc = $doc])*
                #[schema(max_length = $max_length)]
                pub $field: Option<String>,
            )*
        }

        /// Parts of a profile. A field that is left out stays, `null` clears it.
        #[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct ProfileUpdate {
            $(
                $(#[doc = $doc])*
                #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
                #[schema(value_type = Option<String>, max_length = $max_length)]
                pub $field: Option<Option<String>>,
            )*
        }

        impl Profile {
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            /// Each field's name and text, in the order of [`Profile::FIELDS`].
            pub fn fields(&self) -> Vec<(&'static str, Option<&String>)> {
                vec![$((stringify!($field), self.$field.as_ref())),*]
            }

            /// The same to write to.
            pub fn fields_mut(&mut self) -> Vec<(&'static str, &mut Option<String>)> {
                vec![$((stringify!($field), &mut self.$field)),*]
            }

            /// Takes over what an update names.
            pub fn apply(&mut self, update: &ProfileUpdate) {
                $(if let Some(text) = &update.$field { self.$field.clone_from(text); })*
            }
        }

        impl ProfileUpdate {
            /// The name and the new text of each field that changes.
            pub fn fields_mut(&mut self) -> Vec<(&'static str, &mut Option<String>)> {
                let fields = [$((stringify!($field), self.$field.as_mut())),*];
                fields.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
            }
        }
    };
}

// The one place that lists them, each with its greatest length: wire types, columns, checks and the change log follow.
profile! {
    address: 255,
    city: 100,
    phone: 50,
    fax: 50,
    /// For those who look after the customer from above; never shown to its own people.
    notes: 4000,
    /// Shown to the customer's own people too.
    shared_notes: 4000,
    /// The person to talk to.
    contact: 255,
    /// The customer's number or name in another system.
    reference: 255,
}

/// A new customer, or a new site below an end customer.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerCreate {
    pub parent_id: CustomerId,
    /// May be left out where only one level fits below the parent.
    pub level: Option<Level>,
    #[schema(min_length = 1, max_length = 255)]
    pub company_name: Option<String>,
    /// The name of a new site: letters, digits and underscore, unique within its customer. Sites only.
    #[schema(max_length = 64)]
    pub name: Option<String>,
    /// ISO 3166-1 alpha-2. Required; a site without one takes its customer's.
    #[schema(min_length = 2, max_length = 2)]
    pub country: Option<String>,
    #[schema(max_length = 254)]
    pub email: Option<String>,
    /// Letters, digits and underscore, unique in the whole installation ignoring case, never changed. With a password.
    #[schema(min_length = 3, max_length = 64)]
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// Names of the sites to make with an end customer.
    pub sites: Option<Vec<String>>,
    /// Where the data goes. Decided by the country where that hosts a location; for an end customer or a site in any
    /// other country it has to be chosen here.
    pub storage_location_id: Option<StorageLocationId>,
    pub kind: Option<Kind>,
    /// One of those that the parent offers; its first unless given. A site has its customer's.
    pub service_type: Option<ServiceType>,
    /// What it may offer to those below it, of what the parent offers; all of that unless given. Nothing for end customers
    /// and sites.
    pub offered_service_types: Option<Vec<ServiceType>>,
    /// On trial for 30 days, not invoiced meanwhile, in production by itself afterwards. End customers only.
    #[serde(default)]
    pub trial: bool,
    /// `suspended` to start without backups.
    pub account_state: Option<AccountState>,
    /// Makes the first user account, an administrator with the address in `email`, and answers with an invitation.
    #[serde(default)]
    pub invite_administrator: bool,
    /// The link of `invite_administrator` goes to its address instead of to whoever adds the customer. Only while mail is on.
    #[serde(default)]
    pub invite_by_mail: bool,
    /// The most devices that may stand below this node.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub max_devices: Option<i64>,
    /// Grants a licence of one unit under this plan. End customers only.
    pub plan_id: Option<PlanId>,
    /// What this template sets is set at it; else what the plan's does. Not for self-managed ones.
    pub template_id: Option<TemplateId>,
    pub profile: Option<Profile>,
}

/// A new site.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteCreate {
    /// Letters, digits and underscore, unique within the customer ignoring case.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    #[schema(max_length = 255)]
    pub company_name: Option<String>,
    /// The customer's, if left out.
    pub country: Option<String>,
    pub storage_location_id: Option<StorageLocationId>,
}

/// What changes. A field that is left out stays, `null` clears it. What is fixed from above (`kind`, `max_devices`,
/// `storage_location_id`, `profile.notes`) takes somebody who looks after the customer from above; its own
/// administrator who changes one is refused with 403 and the field's name.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerUpdate {
    #[schema(min_length = 1, max_length = 255)]
    pub company_name: Option<String>,
    /// Sites only: the short name, unique within the customer ignoring case. Devices and pass keys stay with the site.
    #[schema(max_length = 64)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 254)]
    pub email: Option<Option<String>>,
    /// Moves no data.
    pub country: Option<String>,
    /// Only while none was chosen. Fixed from above.
    pub storage_location_id: Option<StorageLocationId>,
    /// Only while there is none, and together with a password.
    #[schema(min_length = 3, max_length = 64)]
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// Fixed from above: nobody lifts a limit that was laid on their own customer.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    pub max_devices: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Kind>)]
    pub kind: Option<Option<Kind>>,
    /// Fixed from above. One of those that the parent offers.
    pub service_type: Option<ServiceType>,
    /// Fixed from above. Nothing can be taken away that is used below.
    pub offered_service_types: Option<Vec<ServiceType>>,
    #[serde(default)]
    pub profile: Option<ProfileUpdate>,
}

/// What holds after all ancestors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectiveState {
    pub state: AccountState,
    /// Of the suspension that holds.
    pub mode: Option<Mode>,
    /// The customer whose suspension holds; `null` while active, where it lies above what the caller may see, and where a
    /// device is suspended itself.
    pub cause: Option<CustomerId>,
    /// That customer's name, or the device's.
    pub cause_name: Option<String>,
    /// Whether that customer is to be deleted, rather than only suspended.
    pub deleting: bool,
}

/// A node above something, as far as the caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ancestor {
    pub id: CustomerId,
    pub level: Level,
    pub company_name: String,
    /// Sites only: the short name.
    pub name: Option<String>,
}

/// The node's own suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suspension {
    pub mode: Mode,
    /// Only for those who look after the customer from above and may see who wrote it: why is the business neither of the
    /// customer's own people nor of anybody below the author.
    pub reason: Option<String>,
    /// What refused clients are told in addition.
    pub public_message: Option<String>,
    pub since: Time,
    /// Who suspended it, as the change log names them; `null` where the caller does not see where they stand.
    pub by: Option<String>,
}

/// Sums over the subtree, the node itself not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerTotals {
    /// Customers of every level but site.
    pub customers: i64,
    pub sites: i64,
    pub devices: i64,
    /// Devices that wait to be approved.
    pub devices_pending: i64,
    /// Devices of which no backup has ever arrived.
    pub devices_without_backup: i64,
    /// Bytes in all repositories.
    pub used_bytes: i64,
    /// What it holds of its own; `null`: it draws on the nearest above.
    pub allotted_bytes: Option<i64>,
    /// How much of that is used, in per cent, as of a second ago; `null` where it holds nothing, or uses nothing of it.
    pub used_percent: Option<i64>,
}

/// A customer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    pub id: CustomerId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// `null` at the top of what the caller may see.
    pub parent_id: Option<CustomerId>,
    pub parent_name: Option<String>,
    /// The ids from the top of what the caller may see down to this customer, each followed by a slash.
    pub path: String,
    /// The nodes from the top of what the caller may see down to the parent. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestors: Option<Vec<Ancestor>>,
    pub level: Level,
    /// Sites only: the short name.
    pub name: Option<String>,
    pub username: Option<String>,
    /// Whether the account with this username may sign in; `false` where there is none.
    pub web_access: bool,
    pub company_name: String,
    pub email: Option<String>,
    pub kind: Option<Kind>,
    pub account_state: AccountState,
    pub suspension: Option<Suspension>,
    /// `null`: it stays.
    pub deletion: Option<Deletion>,
    pub effective_state: EffectiveState,
    pub service_type: ServiceType,
    /// What it may offer to those below it.
    pub offered_service_types: Vec<ServiceType>,
    pub stage: Stage,
    /// `null`: it is in production.
    pub trial_ends_at: Option<Time>,
    /// When it came from trial to production; `null` where it never was on trial, or is.
    pub production_since: Option<Time>,
    pub last_backup_at: Option<Time>,
    /// When the gateway refused one of its devices something for the last time.
    pub last_refused_at: Option<Time>,
    /// End customers and sites: how the backups of their devices stand, and why none came. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_state: Option<BackupState>,
    /// End customers and sites, in lists: whether a device that has been there for a day has never completed a backup,
    /// though no suspension stops it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_overdue: Option<bool>,
    /// ISO 3166-1 alpha-2; the provider may have none.
    pub country: Option<String>,
    /// `null`: not chosen yet.
    pub storage_location_id: Option<StorageLocationId>,
    pub max_devices: Option<i64>,
    /// How many of these there is still room for; below zero where the limit was cut below what there is. `null` without a
    /// limit of its own; those above may have less.
    pub devices_left: Option<i64>,
    pub profile: Profile,
    /// Made at setup and kept for devices that belong to nobody: the provider, the default reseller, the default
    /// customer.
    pub is_default: bool,
    pub totals: CustomerTotals,
    /// Open events at it and everywhere below it; `null` for callers who may not see events.
    pub attention: Option<Attention>,
    pub own_settings: OwnSwitches,
    /// `null` also where it was assigned by somebody above who doesn't offer it.
    pub template: Option<AssignedTemplate>,
    /// It has a licence of a product that is managed here, at it or below; a site's stand at its customer.
    pub managed_here: bool,
    pub created_at: Time,
    pub actions: Vec<Action>,
    /// What it was on the day that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<CustomerThen>,
    /// In lists with a row per site: the site that this row is for; absent where the customer has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub site: Option<Box<Customer>>,
}

/// What a customer has to know to begin, as it goes to its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountDetails {
    /// `null`: the customer has no email address, so that it can't be sent.
    pub to: Option<String>,
    pub subject: String,
    /// Without the link that its recipient finds in it: there it says that there is one.
    pub text: String,
    /// Whether it has a link with which a password is set.
    pub has_link: bool,
}

/// What is asked of one customer.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CustomerQuery {
    /// A day in UTC, as `2025-01-31`: answers in `then` what the customer was at its end.
    #[param(format = Date)]
    pub as_of: Option<String>,
}

/// What a customer was at the end of a day, by the change log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustomerThen {
    pub day: Day,
    pub level: Level,
    /// Sites only: the short name.
    pub name: Option<String>,
    pub company_name: String,
    pub username: Option<String>,
    pub email: Option<String>,
    pub kind: Option<Kind>,
    pub country: Option<String>,
    /// What it stood under; `null` where the caller does not see that, or it is gone.
    pub parent_id: Option<CustomerId>,
    pub parent_name: Option<String>,
    pub account_state: AccountState,
    /// Whether its deletion was scheduled.
    pub deleting: bool,
    pub stage: Stage,
    /// What held after all that stood above it then.
    pub effective_state: EffectiveState,
}

/// Something that deserves a second look but was done.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// `same_company_name` or `same_email`.
    pub code: String,
    pub field: String,
    pub detail: String,
}

/// A customer that was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustomerCreated {
    #[serde(flatten)]
    pub customer: Customer,
    /// The sites made with it.
    pub sites: Vec<Customer>,
    pub warnings: Vec<Warning>,
    /// For the first administrator, where that was asked for.
    pub invitation: Option<Invitation>,
}

/// Why and how far a customer is suspended.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspendRequest {
    /// For the records of whoever suspends, and of those above; never shown to the customer or to others below the author.
    #[schema(min_length = 1, max_length = 1000)]
    pub reason: String,
    pub mode: Mode,
    /// Printed by refused backup clients after the state: one line of printable ASCII.
    #[schema(max_length = 60)]
    pub public_message: Option<String>,
}

/// What a suspension or an activation did or would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StateChange {
    #[serde(flatten)]
    pub customer: Customer,
    /// Whether anything changes at the customer itself; saying the same twice is no error.
    pub changes: bool,
    pub consequences: Consequences,
    /// Nothing was done.
    pub dry_run: bool,
}

/// What follows below, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consequences {
    /// Customers and sites, the customer itself included, whose effective state changes.
    pub customers: i64,
    /// Devices whose effective state changes: that can no longer back up, or can again, or can no longer restore ...
    pub devices: i64,
    /// Of these, devices that have backed up within the last 48 hours.
    pub devices_with_recent_backup: i64,
}
