//! Storage locations: data centres, and the countries that they serve.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::StorageLocationId;

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageLocation {
    pub id: StorageLocationId,
    pub name: String,
    /// The country that hosts it, ISO 3166-1 alpha-2. Customers of this country get this location.
    pub country: String,
}
