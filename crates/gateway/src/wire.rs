//! A client's connection. hyper waits for a client as long as the client likes; here that ends: when nothing moves any
//! more, and when what is under way must not go on.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::Gateway;

/// What the kernel keeps of an answer that the client's side has no room for, in bytes. It takes new bytes when half of
/// that has gone: without a bound it may want to see a megabyte go first, which a slow reader needs minutes for.
const UNSENT: u32 = 256 * 1024;

/// A way to end a connection from outside; an extension of the requests that come on it.
#[derive(Clone, Debug, Default)]
pub struct Line(CancellationToken);

impl Line {
    /// Ends the connection without a word.
    pub(crate) fn cut(&self) {
        self.0.cancel();
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// A connection that ends when its client takes too little of an answer, or when its [`Line`] is cut.
pub struct Wire {
    stream: TcpStream,
    line: Line,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The client takes `least` bytes in this time while some wait for it.
    within: Duration,
    least: u64,
    /// Since bytes wait for the client.
    waiting: Option<Waiting>,
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    since: Instant,
    taken: u64,
}

impl Gateway {
    /// A connection as the gateway needs it for its part of the listener.
    pub fn wire(&self, stream: TcpStream) -> (Wire, Line) {
        let _ = stream.set_nodelay(true);
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT);
        let line = Line::default();
        let wire = Wire {
            stream,
            line: line.clone(),
            cut: Box::pin(line.0.clone().cancelled_owned()),
            within: self.options.stall_after,
            least: self.options.least_progress,
            waiting: None,
            timer: None,
        };
        (wire, line)
    }
}

impl Wire {
    /// Another answer begins: what the client took of the one before doesn't count.
    pub fn begin(&mut self) {
        self.waiting = None;
    }

    /// Ends the connection: what the kernel still keeps of it goes, too.
    fn end<T>(&self, kind: io::ErrorKind) -> Poll<io::Result<T>> {
        let _ = self.stream.set_zero_linger();
        Poll::Ready(Err(kind.into()))
    }

    fn write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.line.is_cut() {
            return self.end(io::ErrorKind::ConnectionAborted);
        }
        match write(Pin::new(&mut self.stream), cx) {
            Poll::Ready(Ok(taken)) => {
                if let Some(waiting) = &mut self.waiting {
                    waiting.taken += taken as u64;
                    if waiting.taken >= self.least {
                        self.waiting = None;
                    }
                }
                Poll::Ready(Ok(taken))
            }
            Poll::Pending => self.wait(cx),
            Poll::Ready(failed) => Poll::Ready(failed),
        }
    }

    /// The client has to take something first.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return self.end(io::ErrorKind::ConnectionAborted);
        }
        let waiting = *self.waiting.get_or_insert_with(|| Waiting { since: Instant::now(), taken: 0 });
        let end = waiting.since + self.within;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        // A timer that is set for an earlier wait rings too early and is set anew then: that is cheaper than each time.
        while timer.as_mut().poll(cx).is_ready() {
            if end <= Instant::now() {
                return self.end(io::ErrorKind::TimedOut);
            }
            timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.line.is_cut() {
            return self.end(io::ErrorKind::ConnectionAborted);
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() && self.cut.as_mut().poll(cx).is_ready() {
            return self.end(io::ErrorKind::ConnectionAborted);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("stream", &self.stream).field("waiting", &self.waiting).finish_non_exhaustive()
    }
}
