//! A pool in a bucket of a store that speaks S3: how objects are found, read, listed, removed and counted. How they come
//! to be is told in `incoming`. Keys are restic's own layout, so that `restic -r s3:…` reads a repository without us.
//!
//! Whatever a store doesn't answer in the end is an error, and never taken for *not there*.

use std::io;
use std::path::Path;
use std::time::Duration;

use api::grant::Bucket as Granted;
use api::id::StoragePoolId;
use api::pool::{MARKER, marked, marker};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore as _, ObjectStoreExt as _,
    PutMode, PutOptions, RetryConfig,
};
use tokio::sync::Mutex as Gate;

use super::fs::{folder, leaf};
use crate::protocol::{File, Kind, MOST_LOCKS, Name, SMALL_FILE, Span, Version};

/// Clients wait for it: what takes longer is theirs to try again.
const RETRY_WITHIN: Duration = Duration::from_secs(15);
const RETRIES: usize = 4;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Nothing has come for so long.
const SILENCE: Duration = Duration::from_secs(30);

/// A marker is a few lines.
const LONGEST_MARKER: u64 = 4096;

/// Objects of a list that are written out at once.
const AT_ONCE: usize = 1000;

/// How many files can be put in place or removed at once.
const GATES: usize = 256;

/// Where the repositories of a pool lie in a bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(super) store: AmazonS3,
    /// What the keys of the pool begin with.
    prefix: String,
    /// For what is no single step of the store: one for each file that is put in place or removed, as good as.
    gates: Vec<Gate<()>>,
}

/// A list that is written while it is read.
pub(crate) type Pieces = BoxStream<'static, io::Result<Bytes>>;

impl Bucket {
    /// Asks nobody yet. Says why where nobody could be asked.
    pub(crate) fn new(granted: &Granted, prefix: &Path) -> Result<Self, String> {
        // Of this process; another one's is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(3),
                base: 2.0,
            },
            max_retries: RETRIES,
            retry_timeout: RETRY_WITHIN,
        };
        let options = ClientOptions::new()
            .with_allow_http(true)
            .with_timeout_disabled()
            .with_read_timeout(SILENCE)
            .with_connect_timeout(CONNECT_WITHIN);
        let store = AmazonS3Builder::new()
            .with_endpoint(&granted.endpoint)
            .with_region(&granted.region)
            .with_bucket_name(&granted.name)
            .with_access_key_id(&granted.access_key_id)
            .with_secret_access_key(granted.secret.expose())
            .with_client_options(options)
            .with_retry(retry)
            .build()
            .map_err(|error| format!("its bucket can't be asked ({error})"))?;
        let gates = std::iter::repeat_with(Gate::default).take(GATES).collect();
        Ok(Self { store, prefix: prefix.to_string_lossy().into_owned(), gates })
    }

    fn marker_key(&self) -> Key {
        Key::from(format!("{}/{MARKER}", self.prefix))
    }

    /// Looks whether the bucket has this pool's marker; else says why not.
    pub(crate) async fn look(&self, pool: &StoragePoolId) -> Result<(), String> {
        match self.marked().await {
            Ok(Some(id)) if id == *pool => Ok(()),
            Ok(Some(other)) => Err(format!("its place in the bucket has the marker of {other}")),
            Ok(None) => Err(format!("its place in the bucket has no {MARKER}")),
            Err(error) => Err(format!("its bucket {}", complaint(&error))),
        }
    }

    async fn marked(&self) -> io::Result<Option<StoragePoolId>> {
        let found = match self.store.get(&self.marker_key()).await.map_err(fault) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found?,
        };
        if found.meta.size > LONGEST_MARKER {
            return Err(io::Error::other("its marker is too long"));
        }
        let text = found.bytes().await.map_err(fault)?;
        Ok(marked(&String::from_utf8_lossy(&text)))
    }

    /// Makes this pool of its place in the bucket, unless something lies there that isn't its own.
    pub(crate) async fn mark(&self, pool: &StoragePoolId) -> Result<(), String> {
        let failed = |error: io::Error| format!("The bucket {}.", complaint(&error));
        let marked = self.marked().await.map_err(failed)?;
        if marked.as_ref() == Some(pool) {
            return Ok(());
        }
        let (prefix, own) = (Key::from(self.prefix.as_str()), self.marker_key());
        let mut objects = self.store.list(Some(&prefix)).take(2);
        while let Some(object) = objects.try_next().await.map_err(|error| failed(fault(error)))? {
            if object.location != own {
                return Err(match marked {
                    Some(other) => format!("This place in the bucket is the storage pool {other} already."),
                    None => "Something lies at this place in the bucket. Choose another prefix.".to_owned(),
                });
            }
        }
        let text = Bytes::from(marker(pool));
        self.store.put(&self.marker_key(), text.into()).await.map_err(|error| failed(fault(error)))?;
        Ok(())
    }

    /// For putting this file in place or removing it, alone.
    pub(super) fn gate(&self, directory: &Path, file: File) -> &Gate<()> {
        let at = match file {
            File::Blob(kind, name) if kind != Kind::Locks => usize::from(name.digest()[0]),
            // They are counted, so all of a repository have one.
            _ => directory.as_os_str().as_encoded_bytes().iter().map(|byte| usize::from(*byte)).sum(),
        };
        &self.gates[at % GATES]
    }

    /// A file's length in bytes.
    pub(crate) async fn length(&self, key: &Key) -> io::Result<Option<u64>> {
        match self.store.head(key).await.map_err(fault) {
            Ok(found) => Ok(Some(found.size)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A small file, whole.
    pub(super) async fn small(&self, key: &Key) -> io::Result<Bytes> {
        let range = Some(GetRange::Bounded(0..SMALL_FILE + 1));
        let found = self.get(key, range).await?;
        found.bytes().await.map_err(fault)
    }

    async fn get(&self, key: &Key, range: Option<GetRange>) -> io::Result<GetResult> {
        self.store.get_opts(key, GetOptions { range, ..GetOptions::default() }).await.map_err(fault)
    }

    /// The bytes of a file, and how many it has in all.
    pub(crate) async fn read(&self, key: &Key, span: Option<Span>) -> io::Result<(Pieces, u64)> {
        let range = span.map(|Span { start, length }| GetRange::Bounded(start..start.saturating_add(length)));
        let found = self.get(key, range).await?;
        let total = found.meta.size;
        Ok((found.into_stream().map_err(fault).boxed(), total))
    }

    /// Whether a repository has any file.
    pub(crate) async fn exists(&self, directory: &Path) -> io::Result<bool> {
        Ok(self.objects(directory, "").next().await.transpose().map_err(fault)?.is_some())
    }

    fn objects(&self, directory: &Path, folder: &str) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let below = Key::from(format!("{}/{folder}", directory.display()));
        self.store.list(Some(&below))
    }

    /// How many locks a repository has, as far as it matters.
    pub(super) async fn locks(&self, directory: &Path) -> io::Result<usize> {
        let locks = self.objects(directory, Kind::Locks.folder()).take(MOST_LOCKS);
        locks.try_fold(0, |count, _| std::future::ready(Ok(count + 1))).await.map_err(fault)
    }

    /// Lists a folder, page by page. The first piece is there when this returns; nothing where the folder is empty.
    pub(crate) async fn list(&self, directory: &Path, kind: Kind, version: Version) -> io::Result<Option<Pieces>> {
        let folder = Key::from(format!("{}/{}", directory.display(), kind.folder()));
        let mut chunks = self.objects(directory, kind.folder()).ready_chunks(AT_ONCE);
        let Some(first) = chunks.next().await else { return Ok(None) };
        let mut text = vec![b'['];
        write(&mut text, &folder, kind, version, first)?;
        let mut is_bare = text.len() == 1;
        let first = futures_util::stream::once(std::future::ready(Ok(Bytes::from(text))));
        let rest = chunks.map(move |some| {
            let mut text = Vec::new();
            write(&mut text, &folder, kind, version, some)?;
            if is_bare && !text.is_empty() {
                text.remove(0);
                is_bare = false;
            }
            Ok(Bytes::from(text))
        });
        let end = futures_util::stream::once(std::future::ready(Ok(Bytes::from_static(b"]"))));
        Ok(Some(first.chain(rest).chain(end).boxed()))
    }

    /// Removes a file. Returns its length in bytes, or nothing if it was not there. `doubt` is called where nobody can tell
    /// whether it has gone.
    pub(crate) async fn remove(&self, directory: &Path, file: File, doubt: impl FnOnce()) -> io::Result<Option<u64>> {
        let key = key(directory, file);
        let _alone = self.gate(directory, file).lock().await;
        let Some(length) = self.length(&key).await? else { return Ok(None) };
        match self.store.delete(&key).await.map_err(fault) {
            Ok(()) => Ok(Some(length)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(length)),
            Err(error) => {
                doubt();
                Err(error)
            }
        }
    }

    /// The bytes that a repository uses, and when its newest snapshot was written.
    pub(crate) async fn count(&self, directory: &Path) -> io::Result<(u64, Option<Timestamp>)> {
        let snapshots = Key::from(format!("{}/{}", directory.display(), Kind::Snapshots.folder()));
        let mut objects = self.objects(directory, "");
        let (mut bytes, mut newest) = (0, None);
        while let Some(object) = objects.try_next().await.map_err(fault)? {
            bytes += object.size;
            if object.location.prefix_matches(&snapshots) {
                newest = newest.max(Timestamp::from_microsecond(object.last_modified.timestamp_micros()).ok());
            }
        }
        Ok((bytes, newest))
    }

    /// Removes all of a repository.
    pub(crate) async fn clear(&self, directory: &Path) -> io::Result<()> {
        let keys = self.objects(directory, "").map_ok(|object| object.location).boxed();
        self.store.delete_stream(keys).try_for_each(|_| std::future::ready(Ok(()))).await.map_err(fault)
    }

    /// Puts an object, in place of another or only where there is none.
    pub(super) async fn put(&self, key: &Key, bytes: Bytes, is_new: bool) -> io::Result<()> {
        let mode = if is_new { PutMode::Create } else { PutMode::Overwrite };
        let options = PutOptions { mode, ..PutOptions::default() };
        self.store.put_opts(key, bytes.into(), options).await.map_err(fault)?;
        Ok(())
    }
}

/// An object's key.
pub(crate) fn key(directory: &Path, file: File) -> Key {
    let (folder, leaf) = (folder(file), leaf(&file).to_owned());
    Key::from(format!("{}/{folder}/{leaf}", directory.display()))
}

/// Writes entries of a list, each with a comma before it but where the list begins.
fn write(
    text: &mut Vec<u8>,
    folder: &Key,
    kind: Kind,
    version: Version,
    objects: Vec<object_store::Result<ObjectMeta>>,
) -> io::Result<()> {
    for object in objects {
        let object = object.map_err(fault)?;
        let Some(below) = object.location.prefix_match(folder) else { continue };
        let parts: Vec<_> = below.collect();
        let name = match (kind, parts.as_slice()) {
            (Kind::Data, [shard, name]) => Name::parse(name.as_ref()).filter(|name| name.shard() == shard.as_ref()),
            (Kind::Data, _) => None,
            (_, [name]) => Name::parse(name.as_ref()),
            _ => None,
        };
        let Some(name) = name else { continue };
        if text.last() != Some(&b'[') {
            text.push(b',');
        }
        text.extend_from_slice(
            match version {
                Version::V1 => format!("\"{}\"", name.as_str()),
                Version::V2 => format!("{{\"name\":\"{}\",\"size\":{}}}", name.as_str(), object.size),
            }
            .as_bytes(),
        );
    }
    Ok(())
}

/// What a store has done, in words. The rest is for the log.
fn complaint(error: &io::Error) -> &'static str {
    tracing::debug!(%error, "a store was asked in vain");
    match error.kind() {
        io::ErrorKind::NotFound => "isn't there",
        io::ErrorKind::PermissionDenied => "doesn't let this access key in",
        _ => "doesn't answer as such",
    }
}

/// What went wrong, by its kind. Causes are for the log: a store's answer may name what is nobody's business.
pub(super) fn fault(error: object_store::Error) -> io::Error {
    use object_store::Error;
    let kind = match &error {
        Error::NotFound { .. } => io::ErrorKind::NotFound,
        Error::AlreadyExists { .. } | Error::Precondition { .. } => io::ErrorKind::AlreadyExists,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
