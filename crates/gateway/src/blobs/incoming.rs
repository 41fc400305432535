//! How an object comes to be: what is short in one step, what is long in parts that nobody sees until they are put
//! together, which is after all has come and hashes to its name. Two parts are held at most, whatever the length.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt as _};
use tokio::task::JoinHandle;

use super::bucket::{Bucket, fault, key};
use super::place::{NotPlaced, Placed};
use crate::protocol::{File, MOST_LOCKS};

/// The least that the protocol of the store allows a part to have, in bytes.
const PART: usize = 5 * 1024 * 1024;

/// An object under way. Unless it is placed, nothing is left of it when it is dropped.
#[derive(Debug)]
pub(crate) struct Incoming {
    bucket: Arc<Bucket>,
    directory: PathBuf,
    file: File,
    key: Key,
    buffer: BytesMut,
    parts: Option<Box<dyn MultipartUpload>>,
    sending: Option<JoinHandle<object_store::Result<()>>>,
    length: u64,
}

impl Incoming {
    pub(crate) fn new(bucket: Arc<Bucket>, directory: &Path, file: File) -> Self {
        Self {
            bucket,
            directory: directory.to_owned(),
            file,
            key: key(directory, file),
            buffer: BytesMut::new(),
            parts: None,
            sending: None,
            length: 0,
        }
    }

    /// Bytes so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Whether a part is whole with these bytes, so that appending them sends it.
    pub(crate) fn is_part_with(&self, bytes: &Bytes) -> bool {
        self.buffer.len() + bytes.len() >= PART
    }

    /// Appends.
    pub(crate) async fn push(&mut self, mut bytes: Bytes) -> io::Result<()> {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            // Copied: a piece of a few bytes may hold the buffer that it came in.
            let some = bytes.split_to(bytes.len().min(PART - self.buffer.len()));
            self.buffer.extend_from_slice(&some);
            if self.buffer.len() == PART {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Sends what has come as a part, as soon as the last one has gone.
    async fn send(&mut self) -> io::Result<()> {
        self.sent().await?;
        if self.parts.is_none() {
            self.parts = Some(self.bucket.store.put_multipart(&self.key).await.map_err(fault)?);
        }
        if let Some(parts) = &mut self.parts {
            let part = std::mem::take(&mut self.buffer).freeze();
            self.sending = Some(tokio::spawn(parts.put_part(part.into())));
        }
        Ok(())
    }

    async fn sent(&mut self) -> io::Result<()> {
        match self.sending.take() {
            Some(sending) => sending.await.map_err(io::Error::other)?.map_err(fault),
            None => Ok(()),
        }
    }

    /// Gives it its name. The count must follow at once. `doubt` is called where nobody can tell what became of it.
    pub(crate) async fn place(mut self, doubt: impl Fn()) -> Result<Placed, NotPlaced> {
        if self.parts.is_some() {
            if !self.buffer.is_empty() {
                self.send().await?;
            }
            self.sent().await?;
        }
        let bucket = Arc::clone(&self.bucket);
        let _alone = bucket.gate(&self.directory, self.file).lock().await;
        let there = bucket.length(&self.key).await?;
        if there.is_some() && self.file == File::Config {
            return if is_same(&bucket, &self.key, &self.buffer).await? {
                Ok(Placed::Same)
            } else {
                Err(NotPlaced::ConfigExists)
            };
        }
        // The bytes of this upload hash to the name; those of another length don't.
        if there == Some(self.length) {
            return Ok(Placed::Same);
        }
        if there.is_none() && self.file.is_lock() && bucket.locks(&self.directory).await? >= MOST_LOCKS {
            return Err(NotPlaced::TooManyLocks);
        }
        if let Err(error) = self.put(there.is_none()).await {
            // The answer may have been lost, and another try have found what the first one left.
            match bucket.length(&self.key).await {
                Ok(found) if found != Some(self.length) => {
                    // It may appear yet, unless the store has refused it.
                    if error.kind() != io::ErrorKind::PermissionDenied {
                        doubt();
                    }
                    return Err(error.into());
                }
                Ok(_) if self.file == File::Config && !is_same(&bucket, &self.key, &self.buffer).await? => {
                    return Err(NotPlaced::ConfigExists);
                }
                // Where another node was faster it is counted twice, until all is counted anew.
                Ok(_) => doubt(),
                Err(_) => {
                    doubt();
                    return Err(error.into());
                }
            }
        }
        Ok(there.map_or(Placed::New, Placed::Instead))
    }

    async fn put(&mut self, is_new: bool) -> io::Result<()> {
        match &mut self.parts {
            Some(parts) => {
                parts.complete().await.map_err(fault)?;
                self.parts = None;
                Ok(())
            }
            None => self.bucket.put(&self.key, self.buffer.clone().freeze(), is_new).await,
        }
    }
}

/// Whether a small file has these bytes.
async fn is_same(bucket: &Bucket, key: &Key, bytes: &BytesMut) -> io::Result<bool> {
    Ok(bucket.small(key).await? == *bytes)
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        let (sending, key) = (self.sending.take(), self.key.clone());
        tokio::spawn(async move {
            // One that arrives after the end would be left behind.
            if let Some(sending) = sending {
                let _ = sending.await;
            }
            if let Err(error) = parts.abort().await {
                tracing::warn!(%error, %key, "the parts of an upload could not be removed from the bucket");
            }
        });
    }
}
