//! Storage locations: data centres, and the countries that they serve.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::StorageLocationId;
use crate::units::{Action, Time};

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageLocation {
    pub id: StorageLocationId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub name: String,
    /// The country that hosts it, ISO 3166-1 alpha-2.
    pub country: String,
    /// Customers of these countries get this location, and nothing else can be chosen for them. In the order of the alphabet.
    pub serves: Vec<String>,
    /// Since when it can't be chosen. Who has it keeps it.
    pub withdrawn_at: Option<Time>,
    pub actions: Vec<Action>,
}

/// A new storage location.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageLocationCreate {
    /// Unique ignoring case.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The country that hosts it, ISO 3166-1 alpha-2; it stays.
    pub country: String,
    /// The countries whose customers store there; without it, the country that hosts it.
    pub serves: Option<Vec<String>>,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageLocationUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// All of them, those that it serves already among them.
    pub serves: Option<Vec<String>>,
    /// No longer chosen, or chosen again. One that is withdrawn serves no country.
    pub withdrawn: Option<bool>,
}

/// Where a customer's or site's storage location becomes another one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageMigration {
    pub storage_location_id: StorageLocationId,
    /// Kept in the change log.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}
