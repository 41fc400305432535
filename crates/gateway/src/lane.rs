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
        let mut end = End { lane: self, is_early: true };
        let mut upload = lock(&self.state).upload.take();
        loop {
            let buffer = {
                let mut state = lock(&self.state);
                let Some(buffer) = state.waiting.take() else {
                    // First: as soon as nothing runs, another thread may.
                    end.is_early = false;
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
                    end.is_early = false;
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
struct End<'a> {
    lane: &'a Lane,
    is_early: bool,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if self.is_early {
            let mut state = lock(&self.lane.state);
            state.is_running = false;
            state.failed = Some(io::Error::other("the thread that wrote an upload panicked"));
        }
        self.lane.moved.notify_one();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::buffers::Buffers;
    use crate::protocol::{Kind, Name};
    use api::grant::{Admission, Changes, DeviceEntry, Grants, OwnSettings, Pool as Granted};
    use api::id::{DeviceId, StoragePoolId};
    use bytes::Bytes;
    use std::path::Path;
    use uuid::Uuid;

    fn held(directory: &Path) -> Arc<Held> {
        let (grants, id) = (Grants::default(), Uuid::from_u128(1));
        let pool = grants.pool(Granted::at(StoragePoolId::new(id), directory.to_owned()));
        let device = DeviceEntry {
            id,
            repository: id,
            node: id,
            secret: [0; 32],
            pool,
            admission: Admission::ACTIVE,
            licensed_until: u32::MAX,
            own: OwnSettings::default(),
        };
        grants.apply(Changes { devices: vec![(id, Some(device))], ..Changes::default() });
        grants.find(DeviceId::new(id).as_str()).unwrap()
    }

    fn buffer(buffers: &Arc<Buffers>, byte: u8) -> Buffer {
        let mut buffer = buffers.take();
        buffer.fill(&mut Bytes::from(vec![byte; 16]));
        buffer
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn buffers_are_written_in_order_however_they_come() {
        let directory = tempfile::tempdir().unwrap();
        let pool = Arc::new(Pool::at(directory.path()));
        let held = held(directory.path());
        pool.create(&held.grant.directory).unwrap();
        let buffers = Arc::new(Buffers::new(16));
        let name = Name::parse(&"a".repeat(64)).unwrap();
        let lane = Lane::new(&pool, &held, File::Blob(Kind::Data, name));
        assert!(lane.written().await.unwrap().is_none());
        for round in 0..250_u8 {
            for byte in 0..round % 7 {
                lane.push(buffer(&buffers, byte)).await.unwrap();
            }
            if round % 3 == 0 {
                tokio::task::yield_now().await;
            }
        }
        let mut upload = lane.written().await.unwrap().unwrap();
        upload.place(&Mutex::default()).unwrap();
        let expected: Vec<u8> = (0..250_u8).flat_map(|round| 0..round % 7).flat_map(|byte| [byte; 16]).collect();
        let path = held.grant.directory.join("data/aa").join("a".repeat(64));
        assert!(std::fs::read(path).unwrap() == expected);
    }

    #[tokio::test]
    async fn what_fails_is_told_once_and_to_whoever_comes_next() {
        let directory = tempfile::tempdir().unwrap();
        let pool = Arc::new(Pool::at(directory.path()));
        let buffers = Arc::new(Buffers::new(16));
        // The repository was never created.
        let lane = Lane::new(&pool, &held(directory.path()), File::Config);
        lane.push(buffer(&buffers, 1)).await.unwrap();
        assert_eq!(lane.written().await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
