//! Sends what is written as it is read. Rows wait in memory only until the client takes them; one that doesn't is let go,
//! since what is read from is scarce. What breaks off ends the connection instead of the file, so that no part of one
//! looks like the whole.

use std::io;
use std::time::Duration;

use api::Error;
use api::page::ExportFormat;
use axum::body::Body;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, header};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

use super::Source;
use super::write::Writer;
use crate::cx::Cx;

/// How long the whole may take.
const LONGEST: Duration = Duration::from_mins(5);
/// How long a client may take for a piece, which is some 100 kB. `PostgreSQL` ends a transaction that is idle for longer.
const STILL: Duration = Duration::from_secs(10);
/// So many pieces lie ready.
const READY: usize = 1;

const AS_OF: HeaderName = HeaderName::from_static("tenantry-as-of");

enum Piece {
    Rows(Vec<u8>),
    /// Nothing is missing.
    End,
}

pub(super) fn answer(cx: Cx, word: &'static str, source: impl Source, writer: Writer) -> Response {
    let (kind, ending) = match writer.format {
        ExportFormat::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        ExportFormat::Jsonl => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    let now = cx.now;
    let name = format!("attachment; filename=\"{word}-{}.{ending}\"", now.strftime("%Y-%m-%dT%H-%M-%SZ"));
    let (sender, receiver) = channel(READY);
    tokio::spawn(async move {
        match timeout(LONGEST, send(cx, source, &writer, &sender)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let cause = error.cause.as_deref().map(ToString::to_string);
                tracing::error!(noun = word, %error, cause, "an export broke off");
            }
            Err(_) => tracing::warn!(noun = word, "an export took too long and broke off"),
        }
    });
    let mut response = Response::new(body(receiver));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (header, text) in [(header::CONTENT_DISPOSITION, name), (AS_OF, now.to_string())] {
        if let Ok(text) = HeaderValue::from_str(&text) {
            headers.insert(header, text);
        }
    }
    response
}

async fn send(mut cx: Cx, mut source: impl Source, writer: &Writer, sender: &Sender<Piece>) -> Result<(), Error> {
    let mut piece = writer.head()?;
    loop {
        let lines = source.next(&mut cx).await?;
        let is_end = lines.is_none();
        if let Some(lines) = lines {
            piece.extend(writer.rows(&lines)?);
        }
        if !piece.is_empty() && !is_taken(sender, Piece::Rows(std::mem::take(&mut piece))).await {
            return Ok(());
        }
        if is_end {
            // Nothing more is read.
            drop(cx);
            is_taken(sender, Piece::End).await;
            return Ok(());
        }
    }
}

/// Whether the client still wants what it asked for. Dropping the sender without an end tells that something is missing.
async fn is_taken(sender: &Sender<Piece>, piece: Piece) -> bool {
    matches!(timeout(STILL, sender.send(piece)).await, Ok(Ok(())))
}

fn body(receiver: Receiver<Piece>) -> Body {
    let pieces = stream::unfold(Some(receiver), async |receiver| {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Piece::Rows(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::End) => None,
            None => Some((Err(io::Error::other("the export broke off")), None)),
        }
    });
    // Whoever packs it asks once more at the end.
    Body::from_stream(pieces.fuse())
}
