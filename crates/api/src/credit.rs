//! Credits: units that are paid beforehand, held in accounts, and taken month by month by machines, each by its weight.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::{AsRefStr, EnumString, VariantNames};
use tree::Level;
use utoipa::{IntoParams, ToSchema};

use crate::id::{CreditEntryId, CustomerId, DeviceId, ProductId};
use crate::units::{Action, Day, Time};

/// A month of UTC: `2025-01` on the wire, months since January 1970 in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, example = "2025-01")]
pub struct Month(pub i64);

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", 1970 + self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl FromStr for Month {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day: Day = format!("{text}-01").parse().map_err(|_| "is no month; write it like 2025-01")?;
        Ok(Self(tree::credits::month_of(day.number())))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Why units came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CreditEntryKind {
    /// Bought; below zero: taken out.
    Added,
    /// From the account above; below zero: given back to it.
    Received,
    /// To an account below; above zero: given back by it.
    HandedOn,
    /// By a machine, for a month.
    Used,
    /// Takes another entry back.
    Counter,
}

/// For how long what is left lasts, if each month takes as much as this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreditForecast {
    /// The first day for which not all machines get theirs.
    pub runs_out_on: Day,
    pub days_left: i64,
    /// Not all get theirs next month.
    pub is_short: bool,
}

/// The customer whose account others draw on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreditAbove {
    pub id: CustomerId,
    pub level: Level,
    pub company_name: String,
    pub balance: i64,
}

/// How a customer stands with the credits of a product.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreditAccount {
    pub product_id: ProductId,
    pub product_name: String,
    /// How many units a machine takes each month, by its class.
    pub weights: BTreeMap<String, i64>,
    /// What its own account holds; `null`: it has none, and its machines draw on the nearest above.
    pub balance: Option<i64>,
    /// What machines at it and below have taken for this month, of whatever account.
    pub used_this_month: i64,
    /// Of its own account; `null` without one, and where nothing is taken of it.
    pub forecast: Option<CreditForecast>,
    /// The nearest account above; `null` where there is none, or none that the caller sees.
    pub above: Option<CreditAbove>,
    pub actions: Vec<Action>,
}

/// A customer's accounts, by the names of their products: of all that is sold as credits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreditAccountList {
    pub items: Vec<CreditAccount>,
}

/// Which months.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CreditMonthQuery {
    /// Only of this product.
    pub product_id: Option<String>,
    /// The first month, as `2025-01`; eleven before the last unless given.
    pub from: Option<String>,
    /// The last month; this one unless given. At most 120 are answered at once.
    pub to: Option<String>,
}

/// A month of an account: `opening + added - handed_on - used + corrected` is `closing`, which the next one opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreditMonth {
    pub month: Month,
    pub opening: i64,
    /// Bought, or received from above.
    pub added: i64,
    /// To accounts below.
    pub handed_on: i64,
    pub used: i64,
    /// By entries that take others back.
    pub corrected: i64,
    pub closing: i64,
}

/// The months of an account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreditStatement {
    pub product_id: ProductId,
    pub product_name: String,
    pub months: Vec<CreditMonth>,
}

/// A customer's own accounts month by month.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreditStatementList {
    pub items: Vec<CreditStatement>,
}

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CreditEntryQuery {
    /// Only of this product.
    pub product_id: Option<String>,
    /// Only of this month, as `2025-01`.
    pub month: Option<String>,
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it.
    pub after: Option<String>,
}

/// An entry of an account. None is ever changed or taken away.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreditEntry {
    pub id: CreditEntryId,
    pub product_id: ProductId,
    /// Counts within the account, without gaps.
    pub number: i64,
    pub kind: CreditEntryKind,
    pub month: Month,
    /// Below zero where they go.
    pub units: i64,
    /// What the account holds with it.
    pub balance: i64,
    /// The machine that took them.
    pub device_id: Option<DeviceId>,
    /// Whose machine that is, or whose account is the other one.
    pub other_id: Option<CustomerId>,
    /// What the machine, or the other customer, was called then.
    pub about: Option<String>,
    /// The entry that it takes back.
    pub counters_id: Option<CreditEntryId>,
    /// The entry that takes it back.
    pub countered_by_id: Option<CreditEntryId>,
    pub note: Option<String>,
    pub at: Time,
}

/// The newest first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CreditEntryList {
    pub items: Vec<CreditEntry>,
    /// Give this as `after` to read on; `null` at the end.
    pub next: Option<String>,
}

/// Units for a customer's own account: from the nearest account above, or bought where there is none.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditAdd {
    pub product_id: ProductId,
    /// Below zero: back to the account above, or out where there is none; not more than the account holds. Never 0.
    #[schema(minimum = -1_000_000_000_i64, maximum = 1_000_000_000_i64)]
    pub units: i64,
    /// Such as the number of an order.
    #[schema(max_length = 255)]
    pub note: Option<String>,
}

/// Takes an entry back by another one; of units that went from one account to another, in both.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditCounter {
    /// Of one of the customer's own accounts.
    pub entry_id: CreditEntryId,
    /// Why.
    #[schema(min_length = 1, max_length = 255)]
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_written_as_they_are_read() {
        for text in ["1970-01", "2025-12", "2026-01"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for wrong in ["", "2025", "2025-13", "2025-1-1", "x"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}
