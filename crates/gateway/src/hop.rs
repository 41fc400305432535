//! Where work that waits for the disk is done.

use std::io;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{block_in_place, spawn_blocking};

/// Runs what may wait for the disk and whose end the client waits for. It runs to its end even if the client hangs up.
///
/// On this thread, while another one takes over its other tasks: a blob of a few kilobytes would otherwise wait for two
/// changes of thread, which on a busy machine take longer than the disk.
pub(crate) async fn wait_for<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<io::Error> + Send + 'static,
{
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        block_in_place(work)
    } else {
        spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }
}
