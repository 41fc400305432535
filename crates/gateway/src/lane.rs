//! The way of an upload's buffers to the disk: one after the other, on a blocking thread that goes on while there is
//! one more. A fast client costs one hop for many buffers, a slow one parks no thread, and neither has more than one
//! buffer waiting.

use std::io;
use std::sync::{Arc, Mutex};

use api::grant::Held;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use crate::blobs::buffers::Buffer;
use crate::blobs::fs::Pool;
use crate::blobs::place::Upload;
use crate::lock;
use crate::protocol::File;

/// One upload's way to the disk. One task puts buffers in.
pub(crate) struct Lane {
    pool: Arc<Pool>,
    held: Arc<Held>,
    file: File,
    state: Mutex<State>,
    /// Something has left the state.
    moved: Notify,
}

#[derive(Default)]
struct State {
    waiting: Option<Buffer>,
    /// A thread has the upload.
    is_running: bool,
    upload: Option<Upload>,
    failed: Option<io::Error>,
}

impl Lane {
    pub(crate) fn new(pool: &Arc<Pool>, held: &Arc<Held>, file: File) -> Arc<Self> {
        let (pool, held) = (Arc::clone(pool), Arc::clone(held));
        Arc::new(Self { pool, held, file, state: Mutex::default(), moved: Notify::new() })
    }

    /// Hands a buffer over; waits while another one waits. Fails with what an earlier one failed with.
    pub(crate) async fn push(self: &Arc<Self>, buffer: Buffer) -> io::Result<()> {
        let mut buffer = Some(buffer);
        loop {
            {
                let mut state = lock(&self.state);
                if let Some(error) = state.failed.take() {
                    return Err(error);
                }
                if state.waiting.is_none() {
                    state.waiting = buffer.take();
                    if !std::mem::replace(&mut state.is_running, true) {
                        let lane = Arc::clone(self);
                        spawn_blocking(move || lane.run());
                    }
                    return Ok(());
                }
            }
            self.moved.notified().await;
        }
    }

    /// Waits until all is written. Nothing if nothing was handed over.
    pub(crate) async fn written(&self) -> io::Result<Option<Upload>> {
        loop {
            {
                let mut state = lock(&self.state);
                if !state.is_running {
                    return state.failed.take().map_or(Ok(state.upload.take()), Err);
                }
            }
            self.moved.notified().await;
        }
    }

    fn run(&self) {
        let _end = End(self);
        let mut upload = lock(&self.state).upload.take();
        loop {
            let buffer = {
                let mut state = lock(&self.state);
                let Some(buffer) = state.waiting.take() else {
                    state.upload = upload;
                    state.is_running = false;
                    return;
                };
                buffer
            };
            self.moved.notify_one();
            match write(&self.pool, &self.held, self.file, upload, &buffer) {
                Ok(written) => upload = Some(written),
                Err(error) => {
                    let mut state = lock(&self.state);
                    state.waiting = None;
                    state.failed = Some(error);
                    state.is_running = false;
                    return;
                }
            }
        }
    }
}

/// Tells whoever waits, also if the thread panics: then the bytes that it had are lost, and so is the upload.
struct End<'a>(&'a Lane);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        if std::mem::replace(&mut state.is_running, false) {
            state.failed = Some(io::Error::other("the thread that wrote an upload panicked"));
        }
        drop(state);
        self.0.moved.notify_one();
    }
}

/// Writes a buffer behind what is there; begins the file if there is none. Blocks.
pub(crate) fn write(
    pool: &Arc<Pool>,
    held: &Held,
    file: File,
    upload: Option<Upload>,
    buffer: &Buffer,
) -> io::Result<Upload> {
    let mut upload = match upload {
        Some(upload) => upload,
        None => Upload::begin(pool, &held.grant.directory, file)?,
    };
    upload.write(buffer.as_ref())?;
    Ok(upload)
}
