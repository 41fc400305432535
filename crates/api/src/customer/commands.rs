//! What customers are asked to do beside being made and edited, and what came of it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Customer;
use crate::id::CustomerId;
use crate::units::{Secret, Time};

/// How a customer is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HowDeleted {
    /// That devices with their backups, and customers below it, go too; refused otherwise where there are any.
    #[serde(default)]
    pub remove_products: bool,
    /// Answer with what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// How a deletion is cancelled.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HowRestored {
    /// Accounts whose usernames others have meanwhile come back without a username and password, which they can be given
    /// anew, and people by whose addresses others sign in meanwhile don't come back; refused otherwise where there are any.
    #[serde(default)]
    pub without_taken_usernames: bool,
}

/// Where a customer is to stand from now on.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerMove {
    /// The customer that it stands under afterwards.
    pub parent_id: CustomerId,
    /// For the records of those who look after the customer.
    #[schema(max_length = 1000)]
    pub reason: Option<String>,
}

/// What a move did or would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustomerMoved {
    #[serde(flatten)]
    pub customer: Customer,
    /// Whether anything changes; moving it to where it stands is no error.
    pub changes: bool,
    /// Everything that stands in the way, at once; empty if nothing does.
    pub blockers: Vec<FieldlessProblem>,
    /// Nothing was done.
    pub dry_run: bool,
}

/// What a deletion did or would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustomerDeletion {
    #[serde(flatten)]
    pub customer: Customer,
    /// Whether anything changes; deleting what is to be deleted already is no error.
    pub changes: bool,
    /// All that goes with it.
    pub goes: Goes,
    /// When it goes for good; until then it can be restored.
    pub due_at: Time,
    /// Everything that stands in the way, at once; empty if nothing does.
    pub blockers: Vec<FieldlessProblem>,
    /// Nothing was done.
    pub dry_run: bool,
}

/// What stands at and below a customer and goes with it, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Goes {
    /// Customers below it, of every level but site.
    pub customers: i64,
    pub sites: i64,
    pub devices: i64,
    /// Bytes of backups, which nobody can bring back afterwards.
    pub used_bytes: i64,
    /// Accounts of people.
    pub users: i64,
    pub pass_keys: i64,
    /// Units of licences that are assigned to sites which go; of a site they are free again for others.
    pub assigned_units: i64,
    /// Appliances, which have to be provisioned anew wherever they come next; the names of ten at most.
    pub appliances: Vec<String>,
}

/// A deletion that is scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deletion {
    /// When it goes for good.
    pub due_at: Time,
    pub scheduled_at: Time,
    /// Who deleted it, as the change log names them; `null` where the caller does not see where they stand.
    pub by: Option<String>,
}

/// What a command without an input of its own came to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustomerChange {
    #[serde(flatten)]
    pub customer: Customer,
    /// Whether anything has changed; saying the same twice is no error.
    pub changes: bool,
}

/// One reason among several.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldlessProblem {
    pub code: String,
    pub detail: String,
}

/// A new password for the account of a customer's username.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordSet {
    pub password: Secret,
}

/// Whether a customer's own account may sign in to the console and the API.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebAccessSet {
    pub enabled: bool,
    /// For a customer that has none yet, together with a password: letters, digits and underscore, unique in the whole
    /// installation ignoring case, never changed. One that it has already may be said again.
    #[schema(min_length = 3, max_length = 64)]
    pub username: Option<String>,
    /// A new password; who was signed in with the former one is signed out.
    pub password: Option<Secret>,
}
