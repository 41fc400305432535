//! Space, licence pools and limits of devices of a whole subtree: looked at together, and changed together.

use serde::{Deserialize, Serialize};
use tree::Level;
use utoipa::{IntoParams, ToSchema};

use crate::device::DeviceStatus;
use crate::id::{CustomerId, DeviceId, ProductId, RepositoryId};
use crate::job::{JobKind, JobOutcome};
use crate::licence_pool::{PoolNumbers, PoolQuantity};
use crate::product::Unit;
use crate::space::Space;
use crate::units::{Action, Time, present};

/// Which rows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AllotmentQuery {
    /// At most this many rows, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u32>,
    /// Skip this many rows.
    #[param(minimum = 0)]
    pub offset: Option<u32>,
}

/// A pool of a row; `auto` with nothing in it where there is none.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllotmentPool {
    pub product_id: ProductId,
    #[serde(flatten)]
    pub numbers: PoolNumbers,
}

/// What a client did last.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllotmentJob {
    pub kind: JobKind,
    pub outcome: JobOutcome,
    pub ended_at: Time,
}

/// What is told of a device beside its space.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllotmentDevice {
    pub status: DeviceStatus,
    pub repository_id: RepositoryId,
    /// The storage pool that it lies in.
    pub pool_name: String,
    pub last_backup_at: Option<Time>,
    /// Its last three runs, the newest first.
    pub jobs: Vec<AllotmentJob>,
}

/// A customer or a device. Exactly one of both ids is there.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllotmentRow {
    pub customer_id: Option<CustomerId>,
    pub device_id: Option<DeviceId>,
    pub version: i64,
    /// The customer right above it, or where the device stands; `null` of the first row.
    pub parent_id: Option<CustomerId>,
    /// How far below the first row it stands.
    pub depth: i64,
    /// Of a customer.
    pub level: Option<Level>,
    /// A site's is its short one.
    pub name: String,
    pub space: Space,
    /// How many devices there may be; `null`: without a limit of its own.
    pub max_devices: Option<i64>,
    /// How many there are that count; of a customer.
    pub devices: Option<i64>,
    /// Of a customer; in the order of `products`.
    pub pools: Vec<AllotmentPool>,
    pub device: Option<AllotmentDevice>,
    /// `set_space`, `set_max_devices`, `set_pool`.
    pub actions: Vec<Action>,
}

/// A product that pools are of.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllotmentProduct {
    pub id: ProductId,
    pub name: String,
    pub unit: Unit,
}

/// A subtree from the top down: each customer, its devices, then what stands below it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllotmentList {
    pub items: Vec<AllotmentRow>,
    pub total: i64,
    pub products: Vec<AllotmentProduct>,
}

/// Another pool of a product.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllotmentPoolSet {
    pub product_id: ProductId,
    /// Units of the product, or `auto`.
    pub quantity: PoolQuantity,
}

/// What changes at a customer or a device. What is left out stays, `null` clears it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllotmentChange {
    /// Either this or `device_id`.
    pub customer_id: Option<CustomerId>,
    pub device_id: Option<DeviceId>,
    /// That the change is based on; without it whatever it is by then.
    pub version: Option<i64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub allotted_bytes: Option<Option<i64>>,
    /// Of a customer.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000)]
    pub max_devices: Option<Option<i64>>,
    /// Of a customer.
    #[serde(default)]
    pub pools: Vec<AllotmentPoolSet>,
}

/// Several changes that are made together or not at all, in whatever order they fit.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllotmentSet {
    /// From 1 to 200.
    #[schema(min_items = 1, max_items = 200)]
    pub changes: Vec<AllotmentChange>,
}

/// All of them were made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllotmentsChanged {
    /// Numbers that were given, those that were so before among them.
    pub changed: i64,
}
