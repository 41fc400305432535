//! Bodies of requests on their way into memory. Each is bounded by who sends it, and all of them together by a budget, so
//! that a crowd of unfinished ones costs what was set aside for it and no more. Memory is taken as bytes arrive: what a
//! client only announces costs nothing.

use std::sync::Arc;
use std::time::Duration;

use api::{Code, Error};
use axum::body::Body;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// No input of the API comes near this.
const KNOWN: usize = 1 << 20;
/// Nor this, without an account: a login, a link's secret, what a machine tells of itself.
const STRANGERS: usize = 16 << 10;
/// For all bodies from accounts together, and for all others. Each has its own, so that strangers are in nobody's way.
const ALL_KNOWN: usize = 24 << 20;
const ALL_STRANGERS: usize = 8 << 20;
/// So much is not counted: every connection has a larger buffer of its own, and whoever signs in while the budget is
/// spent needs no more.
const UNCOUNTED: usize = 4 << 10;

/// A body of which nothing arrives for so long is given up.
const STILL: Duration = Duration::from_secs(10);

/// When a body for which there was no room may be sent again.
const RETRY_SECONDS: u64 = 2;

/// Who sends a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Somebody with an account.
    Known,
    Stranger,
}

/// The budgets.
#[derive(Debug)]
pub struct Bodies {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

/// What a body takes of its budget, until this is dropped.
#[derive(Debug, Default)]
pub struct Share(Option<OwnedSemaphorePermit>);

impl Default for Bodies {
    fn default() -> Self {
        Self { known: Arc::new(Semaphore::new(ALL_KNOWN)), strangers: Arc::new(Semaphore::new(ALL_STRANGERS)) }
    }
}

impl Bodies {
    /// Reads a body.
    ///
    /// # Errors
    /// `body_too_large`, as soon as that is known; `request_timeout` if it stops arriving; `unavailable` if there is no
    /// room for it now.
    pub async fn receive(&self, sender: Sender, mut body: Body) -> Result<(Vec<u8>, Share), Error> {
        let (limit, words, budget) = match sender {
            Sender::Known => (KNOWN, "1 MiB", &self.known),
            Sender::Stranger => (STRANGERS, "16 KiB", &self.strangers),
        };
        let too_large = || Error::new(Code::BodyTooLarge, format!("The body is longer than {words}."));
        if http_body::Body::size_hint(&body).lower() > limit as u64 {
            return Err(too_large());
        }
        let (mut bytes, mut share) = (Vec::new(), Share::default());
        while let Some(frame) = timeout(STILL, body.frame()).await.map_err(|_| too_slow())? {
            let frame = frame.map_err(|_| Error::new(Code::MalformedRequest, "The body did not arrive whole."))?;
            let Ok(data) = frame.into_data() else { continue };
            let length = bytes.len() + data.len();
            if length > limit {
                return Err(too_large());
            }
            if length > bytes.capacity() {
                let capacity = length.max(bytes.capacity() * 2).min(limit);
                share.grow(budget, bytes.capacity(), capacity)?;
                bytes.reserve_exact(capacity - bytes.len());
            }
            bytes.extend_from_slice(&data);
        }
        Ok((bytes, share))
    }
}

impl Share {
    fn grow(&mut self, budget: &Arc<Semaphore>, from: usize, to: usize) -> Result<(), Error> {
        let more = to.saturating_sub(UNCOUNTED) - from.saturating_sub(UNCOUNTED);
        let taken = u32::try_from(more).ok().and_then(|more| Arc::clone(budget).try_acquire_many_owned(more).ok());
        let Some(taken) = taken else {
            let detail = "Too many requests are arriving at once. Try again in a moment.";
            let mut error = Error::new(Code::Unavailable, detail);
            error.retry_after_seconds = Some(RETRY_SECONDS);
            return Err(error);
        };
        match &mut self.0 {
            Some(share) => share.merge(taken),
            none => *none = Some(taken),
        }
        Ok(())
    }
}

fn too_slow() -> Error {
    Error::new(Code::RequestTimeout, "The body stopped arriving.")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn code(bodies: &Bodies, sender: Sender, length: usize) -> Option<Code> {
        bodies.receive(sender, Body::from(vec![b' '; length])).await.err().map(|error| error.code)
    }

    #[tokio::test]
    async fn strangers_may_send_less() {
        let bodies = Bodies::default();
        for (sender, limit) in [(Sender::Known, KNOWN), (Sender::Stranger, STRANGERS)] {
            assert_eq!(code(&bodies, sender, limit).await, None);
            assert_eq!(code(&bodies, sender, limit + 1).await, Some(Code::BodyTooLarge));
        }
    }

    #[tokio::test]
    async fn the_budget_bounds_all_together_and_comes_back() {
        let bodies = Bodies::default();
        let mut held = Vec::new();
        let refused = loop {
            match bodies.receive(Sender::Known, Body::from(vec![b' '; KNOWN])).await {
                Ok((_, share)) => held.push(share),
                Err(error) => break error,
            }
        };
        assert_eq!((refused.code, refused.retry_after_seconds), (Code::Unavailable, Some(RETRY_SECONDS)));
        assert_eq!(held.len(), ALL_KNOWN / (KNOWN - UNCOUNTED));
        assert_eq!(code(&bodies, Sender::Known, KNOWN / 8).await, Some(Code::Unavailable));
        assert_eq!(code(&bodies, Sender::Known, UNCOUNTED).await, None, "short ones always have room");
        assert_eq!(code(&bodies, Sender::Stranger, STRANGERS).await, None, "strangers have their own");
        held.pop();
        assert_eq!(code(&bodies, Sender::Known, KNOWN).await, None);
    }
}
