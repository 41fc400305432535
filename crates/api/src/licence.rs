//! Licences: what a customer holds of a product, until when, and which of its sites has how much of it.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use utoipa::{IntoParams, ToSchema};

use crate::id::{CustomerId, LicenceId, PlanId, ProductId};
use crate::product::{Edition, Unit};
use crate::units::{Action, Day, Time};

/// How a licence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LicenceState {
    /// It has not begun.
    Scheduled,
    Active,
    /// Its end is as near as its notice says: 60 days of a full licence, 14 of a trial, unless the plan says otherwise.
    Expiring,
    /// Its end is past. A full licence goes on for 30 days.
    Grace,
    Expired,
    /// Its customer, or one above, is suspended; what was assigned stays so.
    OutOfForce,
}

/// What a site has of a licence.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Assignment {
    pub site_id: CustomerId,
    /// The site's short name; of what stands at the customer itself the customer's.
    pub site_name: String,
    pub quantity: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Licence {
    pub id: LicenceId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// The end customer that holds it.
    pub customer_id: CustomerId,
    pub customer_name: String,
    /// The ids from the top of what the caller may see down to the customer, each followed by a slash.
    pub path: String,
    pub product_id: ProductId,
    pub product_name: String,
    pub unit: Unit,
    /// The plan that it was granted under, with the terms of that revision; `null`: under none.
    pub plan_id: Option<PlanId>,
    pub plan_name: Option<String>,
    pub plan_revision: Option<i64>,
    pub edition: Edition,
    pub quantity: i64,
    /// What of it stands at sites.
    pub assigned: i64,
    /// What of it can still be assigned.
    pub unassigned: i64,
    pub starts_at: Time,
    /// `null`: without an end.
    pub ends_at: Option<Time>,
    /// When nothing of it holds any more: its end and the days after it.
    pub holds_until: Option<Time>,
    /// At its end it begins anew.
    pub auto_renew: bool,
    pub expiry_notice_days: i64,
    pub state: LicenceState,
    /// Which site has how much. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignments: Option<Vec<Assignment>>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// A licence for an end customer: by a plan, which says for how long, or of a product alone.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceGrant {
    /// Without a plan.
    pub product_id: Option<ProductId>,
    pub plan_id: Option<PlanId>,
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub quantity: i64,
    /// Now unless given.
    pub starts_at: Option<Time>,
    /// Without a plan: when it ends; without an end unless given.
    pub ends_at: Option<Time>,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceUpdate {
    /// Not below what is assigned.
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub quantity: Option<i64>,
    pub auto_renew: Option<bool>,
    #[schema(minimum = 0, maximum = 365)]
    pub expiry_notice_days: Option<i64>,
}

/// So much of a licence for a site, or of a site.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceAssign {
    /// A site of the customer, or the customer itself.
    pub site_id: CustomerId,
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub quantity: i64,
}

/// So much of a licence from one site to another, at once.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceReassign {
    pub from: CustomerId,
    pub to: CustomerId,
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub quantity: i64,
}

/// From when on a renewal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RenewalBasis {
    /// From its end, past or to come: a late renewal gives no day away.
    FromExpiry,
    FromNow,
    /// From now where its end is past, else from its end.
    FromNowIfExpired,
}

/// A licence goes on.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceRenew {
    pub basis: RenewalBasis,
    /// Until then instead of for another term; later than its end now.
    pub until: Option<Time>,
}

/// Which day.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LicencesThenQuery {
    /// A day in UTC, as `2025-01-31`: what was held at its end. Today unless given.
    #[param(format = Date)]
    pub as_of: Option<String>,
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 500)]
    pub limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it.
    pub after: Option<String>,
}

/// A licence as it was at the end of a day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LicenceThen {
    pub licence_id: LicenceId,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub product_id: ProductId,
    pub product_name: String,
    pub unit: Unit,
    pub edition: Edition,
    pub quantity: i64,
    pub assignments: Vec<Assignment>,
    pub starts_at: Time,
    pub ends_at: Option<Time>,
    /// By its dates; whether somebody above was suspended is told by the customer's own `as_of`.
    pub state: LicenceState,
}

/// What was held at a customer and below it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LicencesThen {
    pub day: Day,
    pub items: Vec<LicenceThen>,
    /// Give this as `after` to read on; `null` at the end.
    pub next: Option<String>,
}
