//! Lists of blobs, written while they are read: the folders of `data` one after the other, so that a list costs the same
//! memory however many blobs there are.

use std::future::Future as _;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustix::fs::{AtFlags, Dir, FileType, statat};
use tokio::task::{JoinHandle, spawn_blocking};

use super::fs::open_folder;
use crate::protocol::{Kind, Name, Version};

/// A blocking hop ends when it has written this many bytes.
const ENOUGH: usize = 64 * 1024;

/// The folders of `data`.
const SHARDS: u16 = 256;

/// A list on its way to a client.
#[derive(Debug)]
pub(crate) struct Listing {
    repository: PathBuf,
    kind: Kind,
    version: Version,
    state: State,
}

#[derive(Debug)]
enum State {
    Working(JoinHandle<io::Result<Part>>),
    /// The folder to go on with.
    Between(u16),
    Done,
}

/// Some of the list.
#[derive(Debug)]
pub(crate) struct Part {
    text: Vec<u8>,
    /// The folder that comes next.
    next: Option<u16>,
}

impl Listing {
    /// Begins a list; fails with *not found* if the repository has no such folder.
    pub(crate) async fn begin(repository: PathBuf, kind: Kind, version: Version) -> io::Result<(Bytes, Option<Self>)> {
        let path = repository.clone();
        let part = spawn_blocking(move || part(&path, kind, version, 0)).await.map_err(io::Error::other)??;
        let rest = part.next.map(|next| Self { repository, kind, version, state: State::Between(next) });
        Ok((part.text.into(), rest))
    }

    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Between(next) => {
                    let (path, kind, version, next) = (self.repository.clone(), self.kind, self.version, *next);
                    self.state = State::Working(spawn_blocking(move || part(&path, kind, version, next)));
                }
                State::Working(job) => {
                    let result = ready!(Pin::new(job).poll(cx)).map_err(io::Error::other).flatten();
                    self.state = State::Done;
                    let part = match result {
                        Ok(part) => part,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    if let Some(next) = part.next {
                        self.state = State::Between(next);
                    }
                    return Poll::Ready(Some(Ok(part.text.into())));
                }
            }
        }
    }
}

/// Writes the list on from folder `first` until it is enough. Blocks.
fn part(repository: &Path, kind: Kind, version: Version, first: u16) -> io::Result<Part> {
    let mut text = Vec::new();
    // Every entry but the very first has a comma before it: a later part always follows an entry, since a part ends
    // early only when it is full.
    if first == 0 {
        text.push(b'[');
    }
    let mut next = first;
    if kind == Kind::Data {
        if first == 0 {
            open_folder(repository, kind.folder())?;
        }
        while next < SHARDS && text.len() < ENOUGH {
            let shard = format!("{next:02x}");
            match append(&mut text, repository, &format!("data/{shard}"), &shard, version) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            next += 1;
        }
    } else {
        append(&mut text, repository, kind.folder(), "", version)?;
        next = SHARDS;
    }
    let next = (next < SHARDS).then_some(next);
    if next.is_none() {
        text.push(b']');
    }
    Ok(Part { text, next })
}

fn append(text: &mut Vec<u8>, repository: &Path, path: &str, prefix: &str, version: Version) -> io::Result<()> {
    let folder = open_folder(repository, path)?;
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().ok().and_then(Name::parse) else { continue };
        let is_file = matches!(entry.file_type(), FileType::RegularFile | FileType::Unknown);
        if !is_file || !name.as_str().starts_with(prefix) {
            continue;
        }
        let size = match version {
            Version::V1 => None,
            Version::V2 => match statat(&folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Some(stat.st_size),
                // Removed since the folder was read.
                Err(rustix::io::Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            },
        };
        if text.last().is_none_or(|last| *last != b'[') {
            text.push(b',');
        }
        text.extend_from_slice(if size.is_some() { b"{\"name\":\"" } else { b"\"" });
        text.extend_from_slice(name.as_str().as_bytes());
        text.push(b'"');
        if let Some(size) = size {
            text.extend_from_slice(format!(",\"size\":{size}}}").as_bytes());
        }
    }
    Ok(())
}
