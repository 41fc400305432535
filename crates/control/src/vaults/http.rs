//! Vaults over HTTP.

use api::change::ChangeAction;
use api::id::{DeviceId, VaultId};
use api::vault::{
    ArchiveFormat, Vault, VaultArchiveQuery, VaultEntryList, VaultEntryQuery, VaultFileQuery, VaultFoundList,
    VaultOpen, VaultSearchQuery, VaultSnapshotList,
};
use api::{Code, Error, Problem};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vault::{Archive, Format, Place};

use base::App;
use base::http::{Call, Command, Failure, Parameters, show};

use super::send::Sending;
use super::{browse, names, read};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(device_open_vault))
        .routes(routes!(vault_show, vault_delete))
        .routes(routes!(vault_snapshot_list))
        .routes(routes!(vault_entry_list))
        .routes(routes!(vault_search))
        .routes(routes!(vault_file_download))
        .routes(routes!(vault_archive_download))
}

/// Opens a device's backups with their own password, to look through them and download from them. The password is kept in
/// memory only, and so is what it opens; it is forgotten when one signs out, and after a quarter of an hour in which nothing
/// was asked for. The answer is not kept under an `Idempotency-Key`: opening once more harms nobody.
#[utoipa::path(post, path = "/devices/{id}/vault", operation_id = "device_open_vault", tag = "vaults",
    params(("id" = String, Path)), request_body = VaultOpen, responses((status = 201, body = Vault)))]
async fn device_open_vault(Path(id): Path<DeviceId>, command: Command<VaultOpen>) -> Result<Response, Failure> {
    let Command { call, input, .. } = command;
    let opened = super::open(&call, &id, input.password).await?;
    Ok((StatusCode::CREATED, Json(opened)).into_response())
}

/// Whether it is still open.
#[utoipa::path(get, path = "/vaults/{vault}", operation_id = "vault_show", tag = "vaults",
    params(("vault" = String, Path)), responses((status = 200, body = Vault)))]
async fn vault_show(call: Call, Path(id): Path<VaultId>) -> Result<Response, Failure> {
    Ok(show(&super::find(&call, &id).await?.shown())?)
}

/// Forgets it, and the password, at once. Downloads that are under way end.
#[utoipa::path(delete, path = "/vaults/{vault}", operation_id = "vault_delete", tag = "vaults",
    params(("vault" = String, Path)), responses((status = 204, description = "Forgotten.")))]
async fn vault_delete(call: Call, Path(id): Path<VaultId>) -> Result<StatusCode, Failure> {
    super::forget(&call, &id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Its snapshots, the newest first.
#[utoipa::path(get, path = "/vaults/{vault}/snapshots", operation_id = "vault_snapshot_list", tag = "vaults",
    params(("vault" = String, Path)), responses((status = 200, body = VaultSnapshotList),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "It was pruned, is damaged, or is too large.")))]
async fn vault_snapshot_list(call: Call, Path(id): Path<VaultId>) -> Result<Response, Failure> {
    let vault = super::find(&call, &id).await?;
    Ok(show(&browse::snapshots(&call.app, &vault).await?)?)
}

/// What stands in a folder of a snapshot.
#[utoipa::path(get, path = "/vaults/{vault}/snapshots/{snapshot}/entries", operation_id = "vault_entry_list",
    tag = "vaults", params(("vault" = String, Path), ("snapshot" = String, Path), VaultEntryQuery),
    responses((status = 200, body = VaultEntryList),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "It was pruned, is damaged, or is too large.")))]
async fn vault_entry_list(
    call: Call,
    Path((id, snapshot)): Path<(VaultId, String)>,
    Parameters(query): Parameters<VaultEntryQuery>,
) -> Result<Response, Failure> {
    let vault = super::find(&call, &id).await?;
    let snapshot = browse::snapshot_id(&snapshot)?;
    Ok(show(&browse::entries(&call.app, &vault, snapshot, &query).await?)?)
}

/// Looks for a name in all of a snapshot.
#[utoipa::path(get, path = "/vaults/{vault}/snapshots/{snapshot}/search", operation_id = "vault_search",
    tag = "vaults", params(("vault" = String, Path), ("snapshot" = String, Path), VaultSearchQuery),
    responses((status = 200, body = VaultFoundList),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "It was pruned, is damaged, or is too large.")))]
async fn vault_search(
    call: Call,
    Path((id, snapshot)): Path<(VaultId, String)>,
    Parameters(query): Parameters<VaultSearchQuery>,
) -> Result<Response, Failure> {
    let vault = super::find(&call, &id).await?;
    let snapshot = browse::snapshot_id(&snapshot)?;
    Ok(show(&browse::search(&call.app, &vault, snapshot, &query).await?)?)
}

/// A browser that shows it all the same runs nothing of it.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

fn header(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(Error::internal)
}

/// The part that is asked for, by its first byte and its length: nothing for the whole. What is no range of bytes, or are
/// several, is as if nothing had been asked for, as RFC 9110 has it.
fn part(headers: &HeaderMap, etag: &str, size: u64) -> Result<Option<(u64, u64)>, ()> {
    if headers.get(IF_RANGE).is_some_and(|known| known.as_bytes() != etag.as_bytes()) {
        return Ok(None);
    }
    let Some(range) = headers.get(RANGE).and_then(|range| range.to_str().ok()) else { return Ok(None) };
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Ok(None);
    };
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(length)) if first.is_empty() && length > 0 => (size.saturating_sub(length), size.saturating_sub(1)),
        _ => return Ok(None),
    };
    if first >= size { Err(()) } else { Ok(Some((first, last - first + 1))) }
}

/// A file, or a part of it: a download that broke off can be taken up again.
#[utoipa::path(get, path = "/vaults/{vault}/snapshots/{snapshot}/file", operation_id = "vault_file_download",
    tag = "vaults",
    params(("vault" = String, Path), ("snapshot" = String, Path), VaultFileQuery,
        ("Range" = Option<String>, Header, description = "One range of bytes.")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 206, content_type = "application/octet-stream", body = Vec<u8>, description = "The part that was asked for."),
        (status = 416, description = "The file ends before the part that was asked for."),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "It was pruned, is damaged, or is too large.")))]
async fn vault_file_download(
    method: Method,
    call: Call,
    Path((id, snapshot)): Path<(VaultId, String)>,
    Parameters(query): Parameters<VaultFileQuery>,
) -> Result<Response, Failure> {
    let vault = super::find(&call, &id).await?;
    let snapshot = browse::snapshot_id(&snapshot)?;
    let path = browse::names(&query.path)?;
    let (name, file) = read(&call.app, &vault, move |repository| {
        let snapshot = repository.snapshot(snapshot)?;
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        match repository.find(&snapshot, &names)? {
            Place::Thing(node) => Ok((node.name.clone(), repository.file(&node)?)),
            Place::Folder(_) => Err(vault::Error::WrongKind),
        }
    })
    .await?;
    let (size, etag) = (file.size, format!("\"{}\"", file.fingerprint()));
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(ETAG, header(&etag)?);
    let Ok(part) = part(&call.headers, &etag, size) else {
        headers.insert(CONTENT_RANGE, header(&format!("bytes */{size}"))?);
        *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
        return Ok(response);
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(names::kind(&name)));
    headers.insert(CONTENT_DISPOSITION, header(&names::disposition(&name))?);
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    let (from, length) = part.unwrap_or((0, size));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if part.is_some() {
        headers.insert(CONTENT_RANGE, header(&format!("bytes {from}-{}/{size}", from + length - 1))?);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    if method == Method::HEAD {
        return Ok(response);
    }
    let mut sending = Sending::file(&call.app, &vault, file.slice(from, length))?;
    if vault.is_new(&format!("{snapshot} {}", query.path)) {
        let after = json!({ "snapshot": snapshot.to_string(), "path": query.path, "bytes": size });
        super::record(&call, &vault, ChangeAction::DeviceFileDownloaded, after).await?;
    }
    // What can't be read at all is said in words, and not by an end in the middle.
    let first = sending.next().await?;
    *response.body_mut() = sending.body(first);
    Ok(response)
}

const MOST_PATHS: usize = 100;

/// Reads what is to be packed: a path may be given many times.
fn selection(query: Option<&str>) -> Result<VaultArchiveQuery, Error> {
    let mut selected = VaultArchiveQuery::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*name {
            "path" => selected.path.push(value.into_owned()),
            "format" => {
                let format = value.parse::<ArchiveFormat>();
                let format = format.map_err(|_| Error::field("format", Code::Invalid, "Is zip or tar.zst."))?;
                selected.format = Some(format);
            }
            _ => return Err(Error::field(name, Code::UnknownField, "There is no such field.")),
        }
    }
    if selected.path.is_empty() {
        return Err(Error::field("path", Code::Required, "Is required."));
    }
    if selected.path.len() > MOST_PATHS {
        let detail = format!("May be given at most {MOST_PATHS} times; choose the folder above instead.");
        return Err(Error::field("path", Code::OutOfRange, detail));
    }
    Ok(selected)
}

/// Files and folders as one archive, packed while it is sent. What the format can't hold is listed in a text at its end.
#[utoipa::path(get, path = "/vaults/{vault}/snapshots/{snapshot}/archive", operation_id = "vault_archive_download",
    tag = "vaults", params(("vault" = String, Path), ("snapshot" = String, Path), VaultArchiveQuery),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>),
        (status = 409, content_type = "application/problem+json", body = Problem, description = "It was pruned, is damaged, or is too large.")))]
async fn vault_archive_download(
    method: Method,
    call: Call,
    Path((id, snapshot)): Path<(VaultId, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let vault = super::find(&call, &id).await?;
    let snapshot = browse::snapshot_id(&snapshot)?;
    let query = selection(query.as_deref())?;
    let (format, kind, ending) = match query.format.unwrap_or(ArchiveFormat::Zip) {
        ArchiveFormat::Zip => (Format::Zip, "application/zip", "zip"),
        ArchiveFormat::TarZst => (Format::TarZst, "application/zstd", "tar.zst"),
    };
    let paths = query.path.iter().map(|path| browse::names(path)).collect::<Result<Vec<_>, _>>()?;
    // Called by what is in it, or by the machine where that is several things.
    let name = match paths.as_slice() {
        [one] => one.last().cloned(),
        _ => None,
    };
    let name = name.unwrap_or_else(|| vault.subject.name.clone());
    let archive = read(&call.app, &vault, move |repository| {
        let snapshot = repository.snapshot(snapshot)?;
        let mut selected = Vec::new();
        for path in &paths {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            if names.is_empty() {
                selected.extend(repository.top(&snapshot)?.nodes.iter().cloned());
            } else {
                selected.push(repository.node(&snapshot, &names)?);
            }
        }
        Archive::new(format, selected)
    })
    .await?;
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, header(&names::disposition(format!("{name}.{ending}").as_bytes()))?);
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    if method == Method::HEAD {
        return Ok(response);
    }
    let mut sending = Sending::archive(&call, &vault, archive, (snapshot.to_string(), query.path, ending))?;
    let first = sending.next().await?;
    *response.body_mut() = sending.body(first);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_one_range_of_bytes() {
        let ask = |range: &str| part(&HeaderMap::from_iter([(RANGE, range.parse().unwrap())]), "\"e\"", 10);
        assert_eq!(ask("bytes=0-0"), Ok(Some((0, 1))));
        assert_eq!(ask("bytes=3-"), Ok(Some((3, 7))));
        assert_eq!(ask("bytes=3-99"), Ok(Some((3, 7))));
        assert_eq!(ask("bytes=-4"), Ok(Some((6, 4))));
        assert_eq!(ask("bytes=-40"), Ok(Some((0, 10))));
        assert_eq!(ask("bytes=10-"), Err(()));
        for whole in ["bytes=", "bytes=5-3", "bytes=0-1,3-4", "lines=1-2", "bytes=-0"] {
            assert_eq!(ask(whole), Ok(None), "{whole}");
        }
        let changed =
            HeaderMap::from_iter([(RANGE, "bytes=3-".parse().unwrap()), (IF_RANGE, "\"f\"".parse().unwrap())]);
        assert_eq!(part(&changed, "\"e\"", 10), Ok(None));
    }
}
