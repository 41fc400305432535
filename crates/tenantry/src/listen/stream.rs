//! The socket under a connection: tells the others whether its client takes what is there for it, and ends so that the
//! last answer arrives. A client that takes too little is cut by the gateway's part of it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gateway::Wire;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::activity::Activity;

/// After so many bytes a client counts as moving again.
const ENOUGH: usize = 64 * 1024;

/// How long, and for how many bytes, the end of a connection waits for what the client had already begun to send: closed
/// at once, the answer before it would be lost on its way.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 4 << 20;

pub(super) struct Stream {
    wire: Wire,
    activity: Activity,
    /// While the client takes too little: how much it has taken since.
    taken: Option<usize>,
    ending: Option<Ending>,
}

struct Ending {
    deadline: Pin<Box<Sleep>>,
    left: usize,
}

impl Stream {
    pub(super) fn new(wire: Wire, activity: Activity) -> Self {
        Self { wire, activity, taken: None, ending: None }
    }

    fn write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Wire>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.taken.is_some() && self.activity.blocked_for().is_none() {
            // This is another answer than the one that was slow.
            self.taken = None;
            self.wire.begin();
        }
        let written = write(Pin::new(&mut self.wire), cx);
        match (&written, &mut self.taken) {
            (Poll::Ready(Ok(length)), Some(taken)) => {
                *taken += length;
                if *taken >= ENOUGH {
                    self.taken = None;
                    self.activity.moved();
                }
            }
            (Poll::Pending, None) => {
                self.taken = Some(0);
                self.activity.blocked();
            }
            _ => {}
        }
        written
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |wire, cx| wire.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |wire, cx| wire.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    /// Says that nothing more will come, and then reads for a moment whatever the client had begun to say.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.ending.is_none() {
            ready!(Pin::new(&mut this.wire).poll_shutdown(cx))?;
        }
        let begin = || Ending { deadline: Box::pin(sleep(LINGER)), left: LINGER_BYTES };
        let ending = this.ending.get_or_insert_with(begin);
        let mut space = [0; 8192];
        while ending.left > 0 && ending.deadline.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut this.wire).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => ending.left = ending.left.saturating_sub(buf.filled().len()),
                // The end, or a connection that is gone: all the same now.
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
