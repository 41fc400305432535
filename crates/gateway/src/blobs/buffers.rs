//! Buffers of one size that are used again and again, so that memory grows neither with the length of a blob nor by
//! what an allocator keeps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::{Buf, Bytes};

use crate::lock;

/// Bytes of an upload that are written at a time: a hop to a blocking thread is cheap beside that.
pub(crate) const WRITTEN_AT_ONCE: usize = 128 * 1024;

/// Bytes of a file that are read at a time.
pub(crate) const READ_AT_ONCE: usize = 256 * 1024;

/// Most buffers that wait for their next use.
const KEPT: usize = 128;

/// The buffers of one size that are free.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// In bytes.
    size: usize,
    free: Mutex<Vec<Box<[u8]>>>,
    /// Whether one was taken since the last trim.
    is_busy: AtomicBool,
}

impl Buffers {
    pub(crate) fn new(size: usize) -> Self {
        Self { size, free: Mutex::default(), is_busy: AtomicBool::new(false) }
    }

    pub(crate) fn take(self: &Arc<Self>) -> Buffer {
        self.is_busy.store(true, Ordering::Relaxed);
        let bytes = lock(&self.free).pop().unwrap_or_else(|| vec![0; self.size].into_boxed_slice());
        Buffer { bytes, filled: 0, home: Arc::clone(self) }
    }

    /// Lets go of what is free if nobody has needed one since the last time; called now and then, so that a burst is
    /// forgotten and a busy hour is not disturbed.
    pub(crate) fn trim(&self) {
        if !self.is_busy.swap(false, Ordering::Relaxed) {
            std::mem::take(&mut *lock(&self.free));
        }
    }
}

/// A buffer in use; goes home when it is dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    filled: usize,
    home: Arc<Buffers>,
}

impl Buffer {
    /// Moves as much of `from` in as there is room for.
    pub(crate) fn fill(&mut self, from: &mut Bytes) {
        let take = from.len().min(self.bytes.len() - self.filled);
        from.copy_to_slice(&mut self.bytes[self.filled..self.filled + take]);
        self.filled += take;
    }

    /// Lets `read` write into the first `most` bytes and say how many it wrote.
    pub(crate) fn fill_with<E>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let most = most.min(self.bytes.len());
        self.filled = read(&mut self.bytes[..most])?.min(most);
        Ok(self.filled)
    }

    /// The buffer as a chunk of a body, without a copy.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut free = lock(&self.home.free);
        if free.len() < KEPT {
            free.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_filled_piece_by_piece_and_used_again() {
        const SIZE: usize = 1000;
        let buffers = Arc::new(Buffers::new(SIZE));
        let mut buffer = buffers.take();
        let mut piece = Bytes::from(vec![7; SIZE - 1]);
        buffer.fill(&mut piece);
        assert!(piece.is_empty());
        let mut piece = Bytes::from_static(b"ab");
        buffer.fill(&mut piece);
        assert_eq!(piece.as_ref(), b"b");
        let bytes = buffer.into_bytes();
        assert_eq!(bytes.len(), SIZE);
        assert_eq!(bytes[SIZE - 1], b'a');
        assert!(lock(&buffers.free).is_empty());
        drop(bytes);
        assert_eq!(lock(&buffers.free).len(), 1);
        assert_eq!(buffers.take().as_ref(), b"", "an old content never shows");
        buffers.trim();
        assert_eq!(lock(&buffers.free).len(), 1, "used a moment ago");
        buffers.trim();
        assert!(lock(&buffers.free).is_empty());
    }
}
