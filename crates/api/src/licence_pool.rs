//! Licence pools: how much of a product a customer may hand out, what of that was handed on, what is held as licences.

use serde::{Deserialize, Serialize};
use tree::{Budget, Level};
use utoipa::{IntoParams, ToSchema};

use crate::credit::Month;
use crate::id::{CustomerId, ProductId};
use crate::product::Unit;
use crate::units::Action;

/// How much a pool is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum PoolQuantity {
    /// From 0 to 1,000,000,000.
    Number(i64),
    /// `auto`: nothing of its own, it draws on the nearest customer above that has.
    Auto(Auto),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    Auto,
}

impl From<Option<i64>> for PoolQuantity {
    fn from(quantity: Option<i64>) -> Self {
        quantity.map_or(Self::Auto(Auto::Auto), Self::Number)
    }
}

/// What a customer may hand out of a product from now on.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicencePoolSet {
    /// Units of the product, or `auto`.
    pub quantity: PoolQuantity,
}

/// A budget of licences in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PoolNumbers {
    /// Units of the product, or `auto`.
    pub quantity: PoolQuantity,
    /// Held as licences at it and below.
    pub used: i64,
    /// What the nearest below have of their own.
    pub handed: i64,
    /// Held as licences outside of these.
    pub drawn: i64,
    /// What is neither handed on nor drawn; `null` where the quantity is `auto`. Below zero where more was there already
    /// when it was counted first.
    pub free: Option<i64>,
}

impl From<Budget> for PoolNumbers {
    fn from(budget: Budget) -> Self {
        Self {
            quantity: budget.allotted.into(),
            used: budget.used,
            handed: budget.handed,
            drawn: budget.drawn,
            free: budget.free(),
        }
    }
}

/// The customer whose pool something is taken from.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PoolAbove {
    pub id: CustomerId,
    pub level: Level,
    pub company_name: String,
    #[serde(flatten)]
    pub numbers: PoolNumbers,
}

/// A customer's pool of a product, and where it comes from.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LicencePool {
    /// Also the `ETag`.
    pub version: i64,
    pub product_id: ProductId,
    pub product_name: String,
    pub unit: Unit,
    #[serde(flatten)]
    pub numbers: PoolNumbers,
    /// The nearest customer above with a number of its own; `null` where there is none, or none that the caller sees.
    pub above: Option<PoolAbove>,
    /// The most that it could be given now; `null` without an end, and where whoever has it is not for the caller to see.
    pub most: Option<i64>,
    pub actions: Vec<Action>,
}

/// A customer's pools, by the names of their products: of all that is sold, and of what it has something of.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LicencePoolList {
    pub items: Vec<LicencePool>,
}

/// When.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LicencePoolQuery {
    /// A day in UTC, as `2025-01-31`: what it was at its end, without what stands above and what may be done. Now unless given.
    #[param(format = Date)]
    pub as_of: Option<String>,
}

/// Which months.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LicencePoolMonthQuery {
    /// The first month, as `2025-01`; eleven before the last unless given.
    pub from: Option<String>,
    /// The last month; this one unless given. At most 120 are answered at once.
    pub to: Option<String>,
}

/// How much of a product was held in a month of UTC, at a customer and below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LicencePoolMonth {
    pub month: Month,
    /// The most that was held as licences at any time.
    pub high: i64,
    /// At the end; of this month now.
    pub last: i64,
    /// The most that it could hand out; `null` where it had no number of its own.
    pub quantity_high: Option<i64>,
    pub quantity_last: Option<i64>,
}

/// The months of a product of which something is known.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LicencePoolMonths {
    pub product_id: ProductId,
    pub product_name: String,
    pub unit: Unit,
    pub months: Vec<LicencePoolMonth>,
}

/// A customer's months, by the names of the products.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LicencePoolMonthList {
    pub items: Vec<LicencePoolMonths>,
}
