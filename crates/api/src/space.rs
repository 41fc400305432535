//! Space as it is split down the tree: what a customer or a device holds, what of that was handed on, what is used.

use serde::{Deserialize, Serialize};
use tree::{Budget, Level};
use utoipa::ToSchema;

use crate::id::CustomerId;
use crate::units::{Action, present};

/// Space for a customer or a device.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpaceSet {
    /// In bytes; `null`: nothing of its own, it draws on the nearest customer above that has. Required.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub allotted_bytes: Option<Option<i64>>,
    /// How many times what it holds may be promised below, from 1 (not more than it holds) to 10, in hundredths; what is
    /// used never exceeds what it holds. Left out: as it was. Not for devices.
    pub overcommit: Option<f64>,
}

/// A budget of space in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Space {
    /// `null`: nothing of its own.
    pub allotted_bytes: Option<i64>,
    pub overcommit: f64,
    /// In all repositories below.
    pub used_bytes: i64,
    /// What the nearest below have of their own.
    pub handed_bytes: i64,
    /// Used outside of these.
    pub drawn_bytes: i64,
    /// What is neither handed on nor drawn; `null` without space of its own. Below zero where more was counted than was
    /// there.
    pub free_bytes: Option<i64>,
}

impl From<Budget> for Space {
    #[expect(clippy::cast_precision_loss, reason = "a percentage of at most 1000")]
    fn from(budget: Budget) -> Self {
        Self {
            allotted_bytes: budget.allotted,
            overcommit: budget.overcommit_percent.max(100) as f64 / 100.0,
            used_bytes: budget.used,
            handed_bytes: budget.handed,
            drawn_bytes: budget.drawn,
            free_bytes: budget.free(),
        }
    }
}

/// The customer that something draws on, or that handed it what it has.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SpaceAbove {
    pub id: CustomerId,
    pub level: Level,
    pub company_name: String,
    #[serde(flatten)]
    pub space: Space,
}

/// The space of a customer or a device, and where it comes from.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SpaceState {
    /// Of the customer or the device; also the `ETag`.
    pub version: i64,
    #[serde(flatten)]
    pub space: Space,
    /// The nearest customer above with space of its own; `null` where there is none, or none that the caller sees.
    pub above: Option<SpaceAbove>,
    /// The most that could be allotted now; `null` without an end, and where whoever has it is not for the caller to see.
    pub most_bytes: Option<i64>,
    pub actions: Vec<Action>,
}
