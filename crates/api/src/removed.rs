//! What is left of customers that were deleted for good.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Level;
use crate::customer::CustomerThen;
use crate::id::CustomerId;
use crate::units::Time;

/// A customer that was deleted for good: what it was and had at its end. Nothing of its data is left.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RemovedCustomer {
    pub id: CustomerId,
    pub level: Level,
    /// Sites only: the short name.
    pub name: Option<String>,
    pub company_name: String,
    /// What it stood under at its end; `null` where the caller does not see that.
    pub parent_id: Option<CustomerId>,
    pub created_at: Time,
    /// When that was decided.
    pub deletion_scheduled_at: Option<Time>,
    pub removed_at: Time,
    /// With everything below it.
    pub devices: i64,
    /// With everything below it.
    pub used_bytes: i64,
    /// Of any device below it.
    pub last_backup_at: Option<Time>,
    /// With `as_of`: what it was on that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<CustomerThen>,
}
