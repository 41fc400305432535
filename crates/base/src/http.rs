//! What all handlers share: reading a request into a [`Command`] or a [`Query`], running a command through
//! [`transact!`](crate::transact), and turning every refusal, the framework's own included, into a problem document.

pub mod bodies;
pub mod client;
pub mod envelope;
pub mod guard;
mod input;
mod reply;
mod wording;

pub use envelope::{Failure, Peer};
pub use input::{Call, Command, Nothing, Open, Parameters, read_object};
pub use reply::{Opened, begin, finish, listed, show};
pub use reply::{Reply, Wire};

/// Runs a command in a transaction and makes the answer of what it returns: begins, calls, commits, and runs the whole
/// again when the database asks for it. With an `Idempotency-Key` that was seen before, gives the same answer again.
///
/// ```ignore
/// transact!(command, CREATED, |tx| customers::create(tx, &command.input).await)
/// ```
#[macro_export]
macro_rules! transact {
    ($command:expr, $status:ident, |$tx:ident| $body:expr) => {{
        let mut runs = $crate::cx::Runs::default();
        loop {
            let mut open = match $crate::http::begin(&$command, &mut runs).await {
                Ok($crate::http::Opened::Tx(open)) => open,
                Ok($crate::http::Opened::Before(reply)) => break Ok(reply),
                Err(error) => break Err($crate::http::Failure::from(error)),
            };
            let outcome = {
                let $tx = &mut *open;
                $body
            };
            match $crate::http::finish(&$command, *open, outcome, ::http::StatusCode::$status, &mut runs).await {
                Ok(Some(reply)) => break Ok(reply),
                Ok(None) => {}
                Err(error) => break Err($crate::http::Failure::from(error)),
            }
        }
    }};
}
