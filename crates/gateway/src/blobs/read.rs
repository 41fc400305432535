//! The bytes of a file on their way to a client. What the page cache holds is copied at once; the rest is read on a
//! blocking thread, one buffer ahead of the client. A slow client parks no thread and holds two buffers at most.

use std::fs::File as Open;
use std::future::Future as _;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::task::{JoinHandle, spawn_blocking};

use super::buffers::{Buffer, Buffers, READ_AT_ONCE};
use crate::protocol::Span;

/// A part of a file as a stream of chunks.
#[derive(Debug)]
pub(crate) struct Reading {
    file: Arc<Open>,
    buffers: Arc<Buffers>,
    /// Where the next read begins.
    offset: u64,
    unread: u64,
    unsent: u64,
    job: Option<JoinHandle<io::Result<(Buffer, Speed)>>>,
}

/// Whether a read had to wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speed {
    Cached,
    Waited,
}

impl Reading {
    pub(crate) fn new(file: Open, span: Span, buffers: Arc<Buffers>) -> Self {
        Self { file: Arc::new(file), buffers, offset: span.start, unread: span.length, unsent: span.length, job: None }
    }

    /// Bytes that are still to come.
    pub(crate) fn unsent(&self) -> u64 {
        self.unsent
    }

    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(job) = &mut self.job {
                let result = ready!(Pin::new(job).poll(cx));
                self.job = None;
                let (buffer, speed) = match result.map_err(io::Error::other).flatten() {
                    Ok(read) => read,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                };
                if speed == Speed::Waited {
                    self.read_ahead();
                }
                return self.emit(buffer);
            }
            if self.unread == 0 {
                return Poll::Ready(None);
            }
            let mut buffer = self.buffers.take();
            match buffer.fill_with(chunk(self.unread), |into| read_cached(&self.file, into, self.offset)) {
                Ok(0) => return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
                Ok(read) => {
                    self.offset += read as u64;
                    self.unread -= read as u64;
                    return self.emit(buffer);
                }
                // Not cached, or a file system that can't tell.
                Err(_) => self.read_ahead(),
            }
        }
    }

    fn emit(&mut self, buffer: Buffer) -> Poll<Option<io::Result<Bytes>>> {
        let bytes = buffer.into_bytes();
        self.unsent = self.unsent.saturating_sub(bytes.len() as u64);
        Poll::Ready(Some(Ok(bytes)))
    }

    /// Begins to read the next chunk on a blocking thread.
    fn read_ahead(&mut self) {
        let most = chunk(self.unread);
        if most == 0 {
            return;
        }
        let (file, buffers, offset) = (Arc::clone(&self.file), Arc::clone(&self.buffers), self.offset);
        self.offset += most as u64;
        self.unread -= most as u64;
        self.job = Some(spawn_blocking(move || {
            let mut buffer = buffers.take();
            let mut speed = Speed::Cached;
            buffer.fill_with(most, |into| {
                let cached = read_cached(&file, into, offset).unwrap_or(0);
                if cached < into.len() {
                    speed = Speed::Waited;
                    file.read_exact_at(&mut into[cached..], offset + cached as u64)?;
                }
                Ok::<_, io::Error>(most)
            })?;
            Ok((buffer, speed))
        }));
    }
}

fn chunk(unread: u64) -> usize {
    usize::try_from(unread).unwrap_or(READ_AT_ONCE).min(READ_AT_ONCE)
}

/// Reads what the page cache holds, without waiting for anything.
fn read_cached(file: &Open, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
    preadv2(file, &mut [IoSliceMut::new(into)], offset, ReadWriteFlags::NOWAIT)
}

/// Reads a small part of a file at once if the page cache holds it.
pub(crate) fn small_cached(file: &Open, span: Span) -> Option<Bytes> {
    let mut bytes = vec![0; usize::try_from(span.length).ok()?];
    let read = read_cached(file, &mut bytes, span.start).ok()?;
    (read == bytes.len()).then(|| bytes.into())
}

/// Reads a small part of a file; may block.
pub(crate) fn small(file: &Open, span: Span) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(span.length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, span.start)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = READ_AT_ONCE;

    fn buffers() -> Arc<Buffers> {
        Arc::new(Buffers::new(SIZE))
    }

    #[tokio::test]
    async fn every_part_arrives_whole_whether_cached_or_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let content: Vec<u8> = (0..3 * SIZE + 17).map(|i| u8::try_from(i % 251).unwrap()).collect();
        std::fs::write(&path, &content).unwrap();
        for (start, length) in [(0, content.len()), (1, SIZE), (SIZE - 1, 2), (content.len() - 1, 1), (5, 2 * SIZE)] {
            for ahead in [false, true] {
                let span = Span { start: start as u64, length: length as u64 };
                let mut reading = Reading::new(Open::open(&path).unwrap(), span, buffers());
                if ahead {
                    reading.read_ahead();
                }
                let mut got = Vec::new();
                while let Some(chunk) = std::future::poll_fn(|cx| reading.poll_chunk(cx)).await {
                    got.extend_from_slice(&chunk.unwrap());
                }
                assert_eq!(got, content[start..start + length]);
                assert_eq!(reading.unsent(), 0);
            }
        }
    }

    #[tokio::test]
    async fn a_file_that_shrinks_is_an_error_and_no_short_answer() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, [1; 100]).unwrap();
        let span = Span { start: 0, length: 200 };
        let mut reading = Reading::new(Open::open(&path).unwrap(), span, buffers());
        let mut chunks = Vec::new();
        while let Some(chunk) = std::future::poll_fn(|cx| reading.poll_chunk(cx)).await {
            let failed = chunk.is_err();
            chunks.push(chunk);
            if failed {
                break;
            }
        }
        assert!(chunks.last().unwrap().is_err());
    }
}
