//! Sends what is read, piece by piece: the next one is read when the client has taken the one before, in a place that is
//! shared fairly among customers and held for that piece alone. Whoever goes away or is stopped costs nothing more. What
//! breaks off ends the connection, so that no part of a file looks like the whole.

use std::io;
use std::sync::Arc;

use api::Error;
use api::change::ChangeAction;
use axum::body::Body;
use base::App;
use base::cx::{Caller, Origin};
use base::http::Call;
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use vault::{Archive, Sent, Slice};

use super::{Vault, read};

enum Source {
    File(Slice),
    Archive(Box<Archive>),
}

/// A download under way.
pub(super) struct Sending {
    app: App,
    vault: Arc<Vault>,
    /// Nothing while somebody reads from it, and after it broke off.
    source: Option<Source>,
    /// What stands in the log when it ends.
    report: Option<Report>,
    _place: OwnedSemaphorePermit,
}

/// Who packs what.
struct Report {
    caller: Caller,
    origin: Origin,
    snapshot: String,
    paths: Vec<String>,
    format: &'static str,
    sent: Sent,
    is_whole: bool,
}

impl Sending {
    pub(super) fn file(app: &App, vault: &Arc<Vault>, slice: Slice) -> Result<Self, Error> {
        Self::of(app, vault, Source::File(slice), None)
    }

    pub(super) fn archive(
        call: &Call,
        vault: &Arc<Vault>,
        archive: Archive,
        (snapshot, paths, format): (String, Vec<String>, &'static str),
    ) -> Result<Self, Error> {
        let (caller, origin) = (call.caller.clone(), call.origin.clone());
        let report = Report { caller, origin, snapshot, paths, format, sent: Sent::default(), is_whole: false };
        Self::of(&call.app, vault, Source::Archive(Box::new(archive)), Some(report))
    }

    fn of(app: &App, vault: &Arc<Vault>, source: Source, report: Option<Report>) -> Result<Self, Error> {
        let place = vault.place()?;
        Ok(Self { app: app.clone(), vault: Arc::clone(vault), source: Some(source), report, _place: place })
    }

    /// The next bytes; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            // A stop, and another rate, hold from the next piece on.
            let held = self.vault.grant(&self.app)?;
            if self.vault.gone.is_cancelled() {
                return Err(Error::not_found());
            }
            if let Some(wait) = self.app.wait_to_send(&held.grant) {
                self.vault.touch(self.app.clock.now());
                tokio::time::sleep(wait).await;
                continue;
            }
            let Some(mut source) = self.source.take() else { return Ok(None) };
            let reading = read(&self.app, &self.vault, move |repository| {
                let bytes = match &mut source {
                    Source::File(slice) => repository.read(slice)?,
                    Source::Archive(archive) => archive.next(repository)?,
                };
                Ok((source, bytes))
            });
            let (source, bytes) = tokio::select! {
                read = reading => read?,
                () = self.vault.gone.cancelled() => return Err(Error::not_found()),
            };
            if let (Some(report), Source::Archive(archive)) = (&mut self.report, &source) {
                report.sent = archive.sent;
                report.is_whole = bytes.is_none();
            }
            self.vault.touch(self.app.clock.now());
            let Some(bytes) = bytes else { return Ok(None) };
            self.source = Some(source);
            if bytes.is_empty() {
                continue;
            }
            self.app.has_sent(&held.grant, bytes.len() as u64);
            return Ok(Some(bytes.into()));
        }
    }

    /// All of it, after a first piece that was read before the answer began.
    pub(super) fn body(self, first: Option<Bytes>) -> Body {
        let pieces = stream::unfold((Some(self), first), async |(sending, first)| {
            let mut sending = sending?;
            if let Some(first) = first {
                return Some((Ok(first), (Some(sending), None)));
            }
            match sending.next().await {
                Ok(Some(bytes)) => Some((Ok(bytes), (Some(sending), None))),
                Ok(None) => None,
                Err(error) => {
                    let cause = error.cause.as_deref().map(ToString::to_string);
                    tracing::warn!(device = %sending.vault.device, %error, cause, "a download from backups broke off");
                    Some((Err(io::Error::other("the download broke off")), (None, None)))
                }
            }
        });
        Body::from_stream(pieces)
    }
}

/// However it ends, what was packed stands in the log.
impl Drop for Sending {
    fn drop(&mut self) {
        let (Some(report), Ok(runtime)) = (self.report.take(), tokio::runtime::Handle::try_current()) else { return };
        let (app, subject) = (self.app.clone(), self.vault.subject.clone());
        runtime.spawn(async move {
            let Report { caller, origin, snapshot, paths, format, sent, is_whole } = report;
            let after = json!({ "snapshot": snapshot, "paths": paths, "format": format, "files": sent.files,
                "bytes": sent.bytes, "is_whole": is_whole });
            let action = ChangeAction::DeviceArchiveDownloaded;
            if let Err(error) = super::record_for(&app, caller, origin, subject, action, after).await {
                tracing::error!(%error, cause = ?error.cause, "what was downloaded could not be put down");
            }
        });
    }
}
