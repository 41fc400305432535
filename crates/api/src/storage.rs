//! Storage locations: data centres, and the countries that they serve.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{StorageLocationId, StoragePoolId};
use crate::units::{Action, Secret, Time};

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

/// What keeps the bytes of a storage pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoragePoolKind {
    /// A directory of the server.
    Directory,
    /// A bucket of a store that speaks S3.
    S3,
}

/// How a storage pool does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoragePoolStatus {
    Here,
    /// Backups are refused; restores and deletions go on.
    Full,
    /// Nothing is served from it.
    Away,
}

/// Where repositories lie.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StoragePool {
    pub id: StoragePoolId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub name: String,
    pub kind: StoragePoolKind,
    /// Of a bucket, as are region, bucket, prefix and access key.
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub bucket: Option<String>,
    /// What the keys begin with.
    pub prefix: Option<String>,
    pub access_key_id: Option<String>,
    /// Only what customers of this location store; without it, what those store whose location has no pool.
    pub storage_location_id: Option<StorageLocationId>,
    pub status: StoragePoolStatus,
    /// Why it is away.
    pub reason: Option<String>,
    /// Nothing where nobody can tell, as of a bucket.
    pub free_bytes: Option<i64>,
    /// Of its repositories, as stored.
    pub used_bytes: i64,
    pub repositories: i64,
    /// Since when no new repository goes there.
    pub withdrawn_at: Option<Time>,
    pub actions: Vec<Action>,
}

/// A new storage pool in a bucket. New repositories go to the oldest one of their location that isn't withdrawn.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoragePoolCreate {
    /// Unique ignoring case.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// `https://` and a host, say `https://s3.eu-central-1.amazonaws.com`.
    #[schema(min_length = 1, max_length = 200)]
    pub endpoint: String,
    /// `us-east-1` where left out, which stores without regions take.
    #[schema(min_length = 1, max_length = 60)]
    pub region: Option<String>,
    /// It has to be there.
    #[schema(min_length = 3, max_length = 63)]
    pub bucket: String,
    /// What the keys begin with: letters, digits, `.`, `_`, `-`, and `/` between them; `tenantry` where left out.
    #[schema(min_length = 1, max_length = 200)]
    pub prefix: Option<String>,
    #[schema(min_length = 1, max_length = 128)]
    pub access_key_id: String,
    /// Kept sealed and never shown again.
    pub secret_access_key: Secret,
    pub storage_location_id: Option<StorageLocationId>,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoragePoolUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[schema(min_length = 1, max_length = 128)]
    pub access_key_id: Option<String>,
    /// Kept sealed and never shown again.
    pub secret_access_key: Option<Secret>,
    /// New repositories go elsewhere, or there again. What lies there stays.
    pub withdrawn: Option<bool>,
}
