//! Where bytes lie. [`fs`] keeps them in a local directory in restic's own layout; whatever else can keep blobs gets a
//! file beside it. Nothing here knows who asks or whether they may.

pub(crate) mod ballast;
pub(crate) mod buffers;
pub(crate) mod fs;
pub(crate) mod list;
pub(crate) mod place;
pub(crate) mod read;
pub(crate) mod sync;
