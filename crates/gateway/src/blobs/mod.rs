//! Where bytes lie. [`fs`] and what stands beside it keep them in a local directory, [`bucket`] in a store that speaks S3,
//! both in restic's own layout (docs/decisions/0024-stores.md). Nothing here knows who asks or whether they may.

use std::sync::Arc;

pub(crate) mod ballast;
pub(crate) mod bucket;
pub(crate) mod buffers;
pub(crate) mod fs;
pub(crate) mod incoming;
pub(crate) mod list;
pub(crate) mod place;
pub(crate) mod read;
pub(crate) mod sync;

/// What keeps a pool's blobs.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Local(Arc<fs::Pool>),
    Bucket(Arc<bucket::Bucket>),
}
