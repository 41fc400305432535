//! The storage pools: the provider's to see and to add. Buckets are added here; the first pool, a directory, comes with the
//! installation.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use api::change::ChangeAction;
use api::grant::{Bucket, Pool, PoolState};
use api::id::{StorageLocationId, StoragePoolId};
use api::page::Page;
use api::storage::{StoragePool, StoragePoolCreate, StoragePoolKind, StoragePoolStatus, StoragePoolUpdate};
use api::units::{Secret, Time};
use api::{Code, Error};
use base::App;
use base::authz::Account;
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::http::Call;
use base::seal::Seal;
use base::text::{Checks, Refused, fold};
use base::version::IfMatch;
use db::{Assignments, Stored, Text, assign, columns, sql};
use reqwest::Url;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::locations;
use crate::catalogue::{actions, authorize, gone_since, page, refuse_taken, subject, taken};

const TABLE: &str = "storage_pools";

/// What stores without regions take.
const REGION: &str = "us-east-1";
/// What keys begin with where nobody has said it.
const PREFIX: &str = "tenantry";

db::record! {
    /// A pool as it is stored.
    #[derive(Clone, Debug)]
    struct PoolRow {
        pub id: StoragePoolId as Text,
        pub version: i64,
        pub name: String [logged],
        pub directory: String,
        pub endpoint: Option<String> [logged],
        pub region: Option<String> [logged],
        pub bucket: Option<String> [logged],
        pub access_key_id: Option<String> [logged],
        pub secret: Option<String>,
        pub storage_location_id: Option<StorageLocationId> as Option<Text> [logged],
        pub withdrawn_at: Option<i64>,
        pub created_at: i64,
    }
}

impl Stored for PoolRow {
    const TABLE: &'static str = TABLE;

    fn derived(&self) -> Assignments {
        assign! { name_folded: fold(&self.name) }
    }
}

impl PoolRow {
    fn is_bucket(&self) -> bool {
        self.bucket.is_some()
    }
}

async fn seal(cx: &mut Cx) -> Result<Seal, Error> {
    let secret = crate::setup::installation_secret(cx).await?.unwrap_or_default();
    Seal::new(secret.as_bytes(), "installation", "storage pools")
}

async fn rows(cx: &mut Cx) -> Result<Vec<PoolRow>, Error> {
    cx.all(sql!["select ", columns::<PoolRow>(), " from storage_pools order by created_at, id"]).await
}

/// A pool as the gateway knows it.
fn granted(app: &App, seal: &Seal, row: &PoolRow) -> Pool {
    let bucket = row.bucket.as_ref().map(|name| Bucket {
        endpoint: row.endpoint.clone().unwrap_or_default(),
        region: row.region.clone().unwrap_or_default(),
        name: name.clone(),
        access_key_id: row.access_key_id.clone().unwrap_or_default(),
        secret: Secret::new(opened(seal, row)),
    });
    let directory = match bucket {
        Some(_) => PathBuf::from(&row.directory),
        None => super::absolute(app, &row.directory),
    };
    Pool { id: row.id.clone(), directory, bucket }
}

/// One that can't be opened lets nobody in, and the store says so.
fn opened(seal: &Seal, row: &PoolRow) -> String {
    let opened = row.secret.as_deref().and_then(|sealed| seal.open(sealed));
    opened.and_then(|secret| String::from_utf8(secret).ok()).unwrap_or_default()
}

/// All of them as the gateway knows them, by id.
pub(crate) async fn all(cx: &mut Cx) -> Result<HashMap<String, Arc<Pool>>, Error> {
    let seal = seal(cx).await?;
    let rows = rows(cx).await?;
    Ok(rows.iter().map(|row| (row.id.to_string(), Arc::new(granted(&cx.app, &seal, row)))).collect())
}

/// The pool for a new repository of a customer that stores there: of those that take any the oldest of its location, else
/// the oldest that isn't for another one.
pub async fn pool_for_new_repository(
    cx: &mut Cx,
    location: Option<&StorageLocationId>,
) -> Result<StoragePoolId, Error> {
    let mut taking = rows(cx).await?;
    taking.retain(|row| row.withdrawn_at.is_none());
    let of = |wanted: Option<&StorageLocationId>| taking.iter().find(|row| row.storage_location_id.as_ref() == wanted);
    let pool = location.and_then(|location| of(Some(location))).or_else(|| of(None));
    pool.map(|row| row.id.clone()).ok_or_else(|| Error::internal("the installation has no storage pool"))
}

/// What a pool holds, and how it does.
async fn wire(cx: &mut Cx, account: &Account, row: PoolRow, state: PoolState) -> Result<StoragePool, Error> {
    let held = sql![
        "select count(*), cast(coalesce(sum(used_bytes), 0) as bigint) from repositories where pool_id = ",
        row.id.as_str()
    ];
    let (repositories, used_bytes): (i64, i64) = cx.opt(held).await?.unwrap_or_default();
    let (status, reason, free_bytes) = match state {
        PoolState::Here { free_bytes, has_room } => {
            let status = if has_room { StoragePoolStatus::Here } else { StoragePoolStatus::Full };
            (status, None, free_bytes.and_then(|bytes| i64::try_from(bytes).ok()))
        }
        PoolState::Away(why) => (StoragePoolStatus::Away, Some(why), None),
    };
    let is_bucket = row.is_bucket();
    Ok(StoragePool {
        id: row.id,
        version: row.version,
        name: row.name,
        kind: if is_bucket { StoragePoolKind::S3 } else { StoragePoolKind::Directory },
        prefix: is_bucket.then_some(row.directory),
        endpoint: row.endpoint,
        region: row.region,
        bucket: row.bucket,
        access_key_id: row.access_key_id,
        storage_location_id: row.storage_location_id,
        status,
        reason,
        free_bytes,
        used_bytes,
        repositories,
        withdrawn_at: row.withdrawn_at.map(Time::from_micros),
        actions: actions(account),
    })
}

/// How a pool does. Waits for the store where nobody has looked yet, so never with a connection in the hand.
async fn state(app: &App, pool: Pool) -> PoolState {
    app.pool_state(&Arc::new(pool)).await
}

pub async fn list(call: &Call) -> Result<Page<StoragePool>, Error> {
    let mut cx = call.read().await?;
    let account = authorize(&cx)?;
    let seal = seal(&mut cx).await?;
    let rows = rows(&mut cx).await?;
    drop(cx);
    let mut known = Vec::with_capacity(rows.len());
    for row in rows {
        let state = state(&call.app, granted(&call.app, &seal, &row)).await;
        known.push((row, state));
    }
    let mut cx = call.read().await?;
    let mut items = Vec::with_capacity(known.len());
    for (row, state) in known {
        items.push(wire(&mut cx, &account, row, state).await?);
    }
    Ok(page(items))
}

async fn fetch(cx: &mut Cx, id: &StoragePoolId) -> Result<PoolRow, Error> {
    let row = cx.opt(sql!["select ", columns::<PoolRow>(), " from storage_pools where id = ", id.as_str()]).await?;
    row.ok_or_else(Error::not_found)
}

pub async fn show(call: &Call, id: &StoragePoolId) -> Result<StoragePool, Error> {
    let mut cx = call.read().await?;
    let account = authorize(&cx)?;
    let row = fetch(&mut cx, id).await?;
    let pool = granted(&call.app, &seal(&mut cx).await?, &row);
    drop(cx);
    let state = state(&call.app, pool).await;
    wire(&mut call.read().await?, &account, row, state).await
}

/// A place in a bucket that was tried and has its marker.
#[derive(Debug)]
pub struct Marked(Pool);

/// Tries what somebody has said of a bucket, before anything is stored: a pool that never worked is of no use.
pub async fn mark(call: &Call, input: &StoragePoolCreate) -> Result<Marked, Error> {
    let mut cx = call.read().await?;
    authorize(&cx)?;
    let mut checks = Checks::of::<StoragePoolCreate>();
    checks.line("name", &input.name);
    let endpoint = checks.take("endpoint", endpoint(&input.endpoint));
    let region = checks.line("region", input.region.as_deref().unwrap_or(REGION));
    let name = checks.take("bucket", bucket(&input.bucket));
    let prefix = checks.take("prefix", prefix(input.prefix.as_deref().unwrap_or(PREFIX)));
    let access_key_id = checks.line("access_key_id", &input.access_key_id);
    if input.secret_access_key.expose().trim().is_empty() {
        checks.add("secret_access_key", Code::Required, "Enter the secret of the access key.");
    }
    if let Some(location) = &input.storage_location_id {
        checks.take("storage_location_id", locations::choosable(&mut cx, location).await?);
    }
    checks.finish()?;
    let bucket = Bucket {
        endpoint: endpoint.unwrap_or_default(),
        region: region.unwrap_or_default(),
        name: name.unwrap_or_default(),
        access_key_id: access_key_id.unwrap_or_default(),
        secret: input.secret_access_key.clone(),
    };
    let prefix = prefix.unwrap_or_default();
    // Of the place: the same request again finds its own marker.
    let place = [bucket.endpoint.as_str(), &bucket.name, &prefix].join("\n");
    let id = StoragePoolId::new(Uuid::from_bytes(seal(&mut cx).await?.digest(place.as_bytes())?));
    drop(cx);
    let pool = Pool { id, directory: prefix.into(), bucket: Some(bucket) };
    let marked = call.app.mark_pool(&pool, true).await;
    marked.map_err(|why| Error::new(Code::StoragePoolRefused, why))?;
    Ok(Marked(pool))
}

pub async fn create(tx: &mut Tx, input: &StoragePoolCreate, Marked(pool): &Marked) -> Result<StoragePool, Error> {
    let account = authorize(tx)?;
    let mut checks = Checks::of::<StoragePoolCreate>();
    let name = checks.line("name", &input.name);
    refuse_taken(tx, &mut checks, TABLE, name.as_deref(), None).await?;
    checks.finish()?;
    let known: Option<String> = tx.opt(sql!["select name from storage_pools where id = ", pool.id.as_str()]).await?;
    if let Some(known) = known {
        let detail = format!("This place in the bucket is the storage pool {known} already.");
        return Err(Error::new(Code::StoragePoolRefused, detail));
    }
    let Some(bucket) = &pool.bucket else { return Err(Error::internal("a pool without a bucket was marked")) };
    let now = tx.now.as_microsecond();
    let row = PoolRow {
        id: pool.id.clone(),
        version: 1,
        name: name.unwrap_or_default(),
        directory: pool.directory.to_string_lossy().into_owned(),
        endpoint: Some(bucket.endpoint.clone()),
        region: Some(bucket.region.clone()),
        bucket: Some(bucket.name.clone()),
        access_key_id: Some(bucket.access_key_id.clone()),
        secret: Some(seal(tx).await?.close(bucket.secret.expose().as_bytes())?),
        storage_location_id: input.storage_location_id.clone(),
        withdrawn_at: None,
        created_at: now,
    };
    let mut insertion = db::Rows::new(TABLE);
    insertion.push(row.assignments().and(assign! { marked_at: now }));
    tx.exec(insertion.into_sql()).await.map_err(|error| taken(error, TABLE))?;
    let entry = Entry::new(ChangeAction::StoragePoolCreated, subject_of(&account, &row));
    tx.record(entry.after(Value::Object(logged(&row))));
    // It has just been tried.
    wire(tx, &account, row, PoolState::Here { free_bytes: None, has_room: true }).await
}

/// Tries a new key, before it is stored. Returns how the pool does.
pub async fn try_key(call: &Call, id: &StoragePoolId, input: &StoragePoolUpdate) -> Result<PoolState, Error> {
    let mut cx = call.read().await?;
    authorize(&cx)?;
    let row = fetch(&mut cx, id).await?;
    let mut pool = granted(&call.app, &seal(&mut cx).await?, &row);
    drop(cx);
    if input.access_key_id.is_none() && input.secret_access_key.is_none() {
        return Ok(state(&call.app, pool).await);
    }
    let Some(bucket) = &mut pool.bucket else {
        return Err(Error::field("access_key_id", Code::Invalid, "A directory has no access key."));
    };
    if let Some(access_key_id) = &input.access_key_id {
        access_key_id.trim().clone_into(&mut bucket.access_key_id);
    }
    if let Some(secret) = &input.secret_access_key {
        bucket.secret = secret.clone();
    }
    // With its own marker there: another key may lead to another bucket of the same name.
    let looked = call.app.mark_pool(&pool, false).await;
    looked.map_err(|why| Error::new(Code::StoragePoolRefused, format!("With this key {why}.")))?;
    Ok(PoolState::Here { free_bytes: None, has_room: true })
}

/// Renames a pool, gives it another key, or has new repositories go elsewhere.
pub async fn update(
    tx: &mut Tx,
    id: &StoragePoolId,
    expected: IfMatch,
    input: &StoragePoolUpdate,
    state: PoolState,
) -> Result<StoragePool, Error> {
    let account = authorize(tx)?;
    let row = fetch(tx, id).await?;
    expected.check(row.version)?;
    let mut checks = Checks::of::<StoragePoolUpdate>();
    let name = input.name.as_deref().and_then(|name| checks.line("name", name));
    refuse_taken(tx, &mut checks, TABLE, name.as_deref(), Some(id.as_str())).await?;
    let access_key_id = input.access_key_id.as_deref().and_then(|key| checks.line("access_key_id", key));
    checks.finish()?;
    let withdrawn_at = gone_since(tx, row.withdrawn_at, input.withdrawn);
    if withdrawn_at.is_some() && row.withdrawn_at.is_none() && row.storage_location_id.is_none() {
        let is_last = !rows(tx)
            .await?
            .iter()
            .any(|other| other.id != row.id && other.withdrawn_at.is_none() && other.storage_location_id.is_none());
        if is_last {
            let detail = "No other pool takes new devices of all locations. Add one before this one is withdrawn.";
            return Err(Error::new(Code::LastStoragePool, detail));
        }
    }
    let secret = match &input.secret_access_key {
        Some(secret) => Some(seal(tx).await?.close(secret.expose().as_bytes())?),
        None => row.secret.clone(),
    };
    let mut changed = PoolRow {
        name: name.unwrap_or_else(|| row.name.clone()),
        access_key_id: access_key_id.or_else(|| row.access_key_id.clone()),
        secret,
        withdrawn_at,
        ..row.clone()
    };
    let (before, after) = difference(&logged(&row), &logged(&changed));
    if before != after || changed.secret != row.secret {
        tx.update(&row, &changed, Assignments::new()).await.map_err(|error| taken(error, TABLE))?;
        changed.version += 1;
        let entry = Entry::new(ChangeAction::StoragePoolUpdated, subject_of(&account, &changed));
        tx.record(entry.before(before).after(after));
    }
    wire(tx, &account, changed, state).await
}

/// What of a pool stands in the change log.
fn logged(row: &PoolRow) -> Map<String, Value> {
    let mut fields = snapshot(row);
    if row.is_bucket() {
        fields.insert("prefix".to_owned(), row.directory.clone().into());
    }
    fields.insert("withdrawn".to_owned(), row.withdrawn_at.is_some().into());
    fields
}

fn subject_of(account: &Account, row: &PoolRow) -> Subject {
    subject(account, "storage_pool", row.id.as_str(), &row.name)
}

/// Where a store is asked.
fn endpoint(text: &str) -> Result<String, Refused> {
    let refused = |detail: &str| Err((Code::Invalid, detail.to_owned()));
    let Ok(url) = Url::parse(text.trim()) else { return refused("This is no address; it begins with https://.") };
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return refused("An address of a store begins with https:// and names a host.");
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return refused("Only host, port and path belong into the address of a store.");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A bucket's name, as all stores take it.
fn bucket(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let is_good = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    if !(3..=63).contains(&text.len()) || !text.bytes().all(is_good) {
        let detail = "A bucket has 3 to 63 small letters, digits, points and hyphens.";
        return Err((Code::Invalid, detail.to_owned()));
    }
    Ok(text.to_owned())
}

/// What keys begin with, in folders.
fn prefix(text: &str) -> Result<String, Refused> {
    let text = text.trim().trim_matches('/');
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_folder = |part: &str| !part.is_empty() && !matches!(part, "." | "..") && part.bytes().all(is_good);
    if text.len() > 200 || !text.split('/').all(is_folder) {
        let detail = "A prefix has letters, digits, points, hyphens and low lines, and slashes between them.";
        return Err((Code::Invalid, detail.to_owned()));
    }
    Ok(text.to_owned())
}
