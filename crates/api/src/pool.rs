//! How a storage pool is known again. A marker in its directory says which pool it is, so that an empty mount point is
//! never taken for one. The control plane writes it once, the gateway looks for it.

use crate::id::StoragePoolId;

/// The marker's name in the pool's directory.
pub const MARKER: &str = ".tenantry-pool";

/// What a pool's marker says.
pub fn marker(pool: &StoragePoolId) -> String {
    format!("{pool}\nThis directory is a storage pool of Tenantry. Without this file nothing is served from it.\n")
}

/// The pool that a marker is of.
pub fn marked(text: &str) -> Option<StoragePoolId> {
    text.lines().next().map(str::trim).filter(|id| !id.is_empty()).map(StoragePoolId::from_text)
}
