//! Pass keys: the secrets with which devices register under a customer. Shown once, stored hashed.

pub mod http;
pub mod sql;

use api::change::ChangeAction;
use api::id::{CustomerId, PassKeyId};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::pass_key::{PassKey, PassKeyCreate, PassKeyCreated, PassKeyState};
use api::units::{Action, Secret, Time};
use api::{Code, Error, Level};
use db::{Raw, Sql, sql};
use jiff::Timestamp;
use serde_json::json;
use tree::Path;

use self::sql::{PassKeyRow, PlaceOfPassKey, WholePassKey};
use crate::customers;
use base::authn::token_hash;
use base::authz::{Account, Permission};
use base::change::{Entry, Subject};
use base::clock::Random;
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::list::{Asker, Beside, Field, Noun, Place, Population, Total, Window, search};
use base::text::Checks;

static PLACE: Beside =
    Beside { table: "customers c", on: "c.id = coalesce(k.site_id, k.customer_id)", id: None, place: None };
static OWNER: Beside = Beside { table: "customers e", on: "e.id = k.customer_id", id: None, place: None };

pub(crate) static NOUN: Noun = Noun {
    table: "pass_keys k",
    id: "k.id",
    place: Place { column: "c.path", beside: Some(&PLACE) },
    parent: "k.customer_id",
    level: None,
    search: "k.prefix",
    grams: None,
    // They aren't totalled; there are about as many as nodes at most.
    population: |scope| Population { here: None, all: scope.all_nodes },
    fields: &[
        Field::time("created_at", "k.created_at").sorted(),
        Field::id("id", "k.id"),
        Field::id("customer_id", "k.customer_id"),
        Field::text("customer_name", "e.company_folded").of(&OWNER),
        Field::id("site_id", "k.site_id").optional(),
        Field::text("prefix", "fold(k.prefix)").searched(),
        Field::told(
            "state",
            &[
                ("active", |asker| sql!["k.revoked_at is null and not ", expired(asker), " and not ", Raw(USED_UP)]),
                ("expired", |asker| sql!["k.revoked_at is null and ", expired(asker)]),
                ("used_up", |asker| sql!["k.revoked_at is null and not ", expired(asker), " and ", Raw(USED_UP)]),
                ("revoked", |_| sql!["k.revoked_at is not null"]),
            ],
        ),
        Field::number("uses", "k.uses"),
        Field::number("max_uses", "k.max_uses").optional(),
        Field::number("uses_left", "(k.max_uses - k.uses)").optional(),
        Field::time("expires_at", "k.expires_at").optional(),
    ],
};
/// What [`state_of`] looks at.
const USED_UP: &str = "(k.max_uses is not null and k.uses >= k.max_uses)";

fn expired(asker: &Asker<'_>) -> Sql {
    sql!["(k.expires_at is not null and k.expires_at <= ", asker.now.as_microsecond(), ")"]
}

/// As much of a key as may be shown later: enough to tell keys apart, far too little to guess the rest.
const PREFIX: usize = 9;

/// 160 random bits in letters and digits that survive being typed.
fn new_secret(random: Random) -> Result<String, Error> {
    let bytes = random.bytes::<20>()?;
    Ok(format!("tpk_{}", data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
}

/// What a pass key can still do at this instant.
pub fn state_of(row: &PassKeyRow, now: Timestamp) -> PassKeyState {
    if row.revoked_at.is_some() {
        PassKeyState::Revoked
    } else if row.expires_at.is_some_and(|at| at <= now.as_microsecond()) {
        PassKeyState::Expired
    } else if row.max_uses.is_some_and(|max| row.uses >= max) {
        PassKeyState::UsedUp
    } else {
        PassKeyState::Active
    }
}

pub async fn list(cx: &mut Cx, customer: &CustomerId, query: &ListQuery) -> Result<Page<PassKey>, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, customer, Permission::ReadPassKeys).await?;
    base::list::refuse_narrowing(query)?;
    let window = Window::of_noun(cx, &account, query, &NOUN)?;
    let under = match &query.under {
        None => row,
        Some(id) => {
            let under = CustomerId::from_text(id.as_str());
            let under = customers::fetch(cx, &account, &under, Permission::ReadPassKeys).await?;
            if !row.path.contains(&under.path) {
                return Err(Error::not_found());
            }
            under
        }
    };
    let mut narrowed = search(query, "k.prefix")?;
    let filter = base::list::filtered(cx, &account, query, NOUN.fields, NOUN.id).await?;
    narrowed.append(filter);
    let wanted = sql::wanted(&under.id, narrowed);
    let total = sql::count(cx, wanted.clone()).await?;
    let rows = sql::window(cx, wanted, &window).await?;
    let (ids, next) = window.cut(rows, Clone::clone);
    Ok(base::list::page(seen(cx, &account, &ids).await?, next, Total::known(total)))
}

/// The pass keys of everybody below the caller.
pub async fn list_below(cx: &mut Cx, query: &ListQuery) -> Result<Page<PassKey>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadPassKeys, &account.path)?;
    let found = base::list::find(cx, &account, query, &NOUN).await?;
    Ok(base::list::page(seen(cx, &account, found.ids()).await?, found.next, found.total))
}

/// How many of them have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadPassKeys, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

/// Those with these ids, in their order.
async fn seen(cx: &mut Cx, account: &Account, ids: &[String]) -> Result<Vec<PassKey>, Error> {
    let rows = base::list::arranged(ids, sql::with_these_ids(cx, ids).await?, |(row, ..)| row.id.as_str());
    let now = cx.now;
    Ok(rows.into_iter().map(|whole| view(account, whole, now)).collect())
}

fn view(account: &Account, (row, PlaceOfPassKey { path }, owner): WholePassKey, now: Timestamp) -> PassKey {
    let state = state_of(&row, now);
    let action = |name: &str, possible: bool| match account.refusal(Permission::ManagePassKeys, &path) {
        Some(reason) => Action::refused(name, Code::Forbidden, reason),
        None if !possible => Action::refused(name, Code::PassKeyNotActive, "The pass key was revoked or has run out."),
        None => Action::allowed(name),
    };
    PassKey {
        actions: vec![
            action("rotate", matches!(state, PassKeyState::Active | PassKeyState::UsedUp)),
            action("revoke", state != PassKeyState::Revoked),
        ],
        id: row.id,
        customer_id: row.customer_id,
        customer_name: owner.company_name,
        site_id: row.site_id,
        prefix: row.prefix,
        state,
        uses: row.uses,
        max_uses: row.max_uses,
        uses_left: row.max_uses.map(|max| max - row.uses),
        expires_at: row.expires_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
    }
}

fn created(row: &PassKeyRow, secret: String) -> PassKeyCreated {
    PassKeyCreated {
        id: row.id.clone(),
        pass_key: Secret::new(secret),
        prefix: row.prefix.clone(),
        max_uses: row.max_uses,
        expires_at: row.expires_at.map(Time::from_micros),
    }
}

pub async fn create(tx: &mut Tx, customer: &CustomerId, input: &PassKeyCreate) -> Result<PassKeyCreated, Error> {
    let account = tx.account()?;
    let node = customers::fetch(tx, &account, customer, Permission::ManagePassKeys).await?;
    let (end_customer, mut site) = match node.level {
        Level::EndCustomer => (node.id.clone(), None),
        Level::Site => (CustomerId::from_text(node.path.ids().rev().nth(1).unwrap_or_default()), Some(node.clone())),
        level => {
            let detail = format!("Devices stand under end customers and sites; this is a {}.", level.as_str());
            return Err(Error::field("id", Code::ParentLevelNotAllowed, detail));
        }
    };
    let mut checks = Checks::of::<PassKeyCreate>();
    if let Some(wanted) = &input.site_id {
        site = customers::fetch_reference(tx, &account, wanted, Permission::ManagePassKeys)
            .await?
            .filter(|site| node.path.contains(&site.path) && site.level == Level::Site);
        if site.is_none() {
            checks.add("site_id", Code::ReferenceNotFound, "The customer has no such site.");
        }
    }
    let max_uses = input.max_uses.and_then(|max| checks.number("max_uses", max));
    if input.expires_at.is_some_and(|at| at.0 <= tx.now) {
        checks.add("expires_at", Code::OutOfRange, "Must be in the future.");
    }
    checks.finish()?;
    if !Lineage::of(tx, std::iter::once(&node.path)).await?.effective(&node.path).is_active() {
        return Err(Error::new(Code::ParentSuspended, "Nothing can be added while the customer is suspended."));
    }
    let secret = new_secret(tx.app.random)?;
    let row = PassKeyRow {
        id: PassKeyId::new(tx.app.random.uuid(tx.now)?),
        customer_id: end_customer,
        site_id: site.map(|site| site.id),
        prefix: secret.chars().take(PREFIX).collect(),
        secret_hash: token_hash(&secret),
        uses: 0,
        max_uses,
        expires_at: input.expires_at.map(Time::micros),
        revoked_at: None,
        created_at: tx.now.as_microsecond(),
    };
    sql::insert(tx, &row).await?;
    let limits = json!({ "max_uses": row.max_uses, "expires_at": input.expires_at, "site_id": row.site_id });
    tx.record(Entry::new(ChangeAction::PassKeyCreated, subject(&row, &node.path)).after(limits));
    Ok(created(&row, secret))
}

fn subject(row: &PassKeyRow, path: &Path) -> Subject {
    Subject {
        kind: "pass_key",
        id: row.id.to_string(),
        name: row.prefix.clone(),
        customer_id: CustomerId::from_text(path.id()),
        path: path.clone(),
    }
}

/// The pass key with this id, for a purpose, with the path that it stands at.
async fn fetch(
    tx: &mut Tx,
    account: &Account,
    id: &PassKeyId,
    permission: Permission,
) -> Result<(PassKeyRow, Path), Error> {
    let (row, place) = account.admit(sql::find_anywhere(tx, id).await?, |(_, place)| &place.path, permission)?;
    Ok((row, place.path))
}

/// A new secret under the same id and limits; the old one is worth nothing any more.
pub async fn rotate(tx: &mut Tx, id: &PassKeyId) -> Result<PassKeyCreated, Error> {
    let account = tx.account()?;
    let (mut row, path) = fetch(tx, &account, id, Permission::ManagePassKeys).await?;
    if !matches!(state_of(&row, tx.now), PassKeyState::Active | PassKeyState::UsedUp) {
        return Err(Error::new(Code::PassKeyNotActive, "The pass key was revoked or has expired; make a new one."));
    }
    let secret = new_secret(tx.app.random)?;
    let before = json!({ "prefix": row.prefix, "uses": row.uses });
    row.prefix = secret.chars().take(PREFIX).collect();
    row.uses = 0;
    sql::rotate(tx, id, &row.prefix, &token_hash(&secret)).await?;
    let after = json!({ "prefix": row.prefix, "uses": 0 });
    tx.record(Entry::new(ChangeAction::PassKeyRotated, subject(&row, &path)).before(before).after(after));
    Ok(created(&row, secret))
}

/// Ends a pass key for good. Devices that registered with it go on. Saying it twice changes nothing.
pub async fn revoke(tx: &mut Tx, id: &PassKeyId) -> Result<(), Error> {
    let account = tx.account()?;
    let (row, path) = fetch(tx, &account, id, Permission::ManagePassKeys).await?;
    if sql::revoke(tx, id).await? > 0 {
        tx.record(Entry::new(ChangeAction::PassKeyRevoked, subject(&row, &path)));
    }
    Ok(())
}
