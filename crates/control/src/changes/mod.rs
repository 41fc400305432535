//! Reading the change log of a subtree.

mod feed;
pub mod http;
pub mod live;
mod reader;
pub mod seals;
mod sql;

use api::Error;
use api::change::{Actor, ActorKind, Change, ChangeAction};
use api::id::CustomerId;
use api::page::{ExportQuery, ListQuery, Page};
use api::units::Time;
use db::{Raw, Sql, sql};
use futures_util::future::BoxFuture;
use serde_json::Value;
use strum::VariantNames;
use tree::Path;

use self::reader::Reader;
use crate::customers;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::export::{Line, Source};
use base::lineage::Lineage;
use base::list::{Asker, Field, Total, Window, search};

pub(crate) static FIELDS: &[Field] = &[
    // Sorted as they happened, also within one moment.
    Field::time("at", "h.at").sorted_by("p.number"),
    Field::told(
        "actor.kind",
        &[
            ("user", |asker| actor_is(asker, "user")),
            ("customer", |asker| actor_is(asker, "customer")),
            ("device", |asker| actor_is(asker, "device")),
            ("system", |asker| actor_is(asker, "system")),
            ("above", |asker| sql!["not ", actor_is_seen(asker)]),
        ],
    ),
    Field::id("actor.id", "h.actor_id").optional().seen(|asker| of_actor(asker, "h.actor_id")),
    Field::text("actor.name", "h.actor_name").optional().seen(|asker| of_actor(asker, "fold(h.actor_name)")),
    Field::text("actor.token", "h.actor_token").optional().seen(|asker| of_actor(asker, "fold(h.actor_token)")),
    Field::text("address", "h.address").optional().seen(|asker| of_actor(asker, "fold(h.address)")),
    Field::id("request_id", "h.request_id").optional().seen(|asker| of_actor(asker, "h.request_id")),
    Field::words("action", "h.action", ChangeAction::VARIANTS),
    Field::words("subject_kind", "h.subject_kind", SUBJECTS),
    Field::id("subject_id", "h.subject_id"),
    Field::text("subject_name", "h.subject_folded").searched(),
    Field::id("customer_id", "h.customer_id"),
];

/// Whether the asker may see who it was, as [`view`] says it of a row.
fn actor_is_seen(asker: &Asker<'_>) -> Sql {
    let own = format!("{}/", asker.account.path.id());
    sql![
        "(h.actor_path is null or replace(h.actor_path, ",
        own,
        ", '') <> h.actor_path or replace(h.actor_path, p.customer_id || '/', '') <> h.actor_path)"
    ]
}

/// Whether somebody who stood at `actor` when it happened is shown to the account that reads the history of the customer
/// `of`: whoever stood below either of them then. Each may have moved since, so that only the ids tell.
fn is_shown(account: &Account, of: Option<&CustomerId>, actor: &Path) -> bool {
    actor.passes(account.path.id()) || of.is_some_and(|of| actor.passes(of.as_str()))
}

fn actor_is(asker: &Asker<'_>, kind: &'static str) -> Sql {
    sql!["h.actor_kind = ", kind, " and ", actor_is_seen(asker)]
}

fn of_actor(asker: &Asker<'_>, column: &'static str) -> Sql {
    sql!["case when ", actor_is_seen(asker), " then ", Raw(column), " end"]
}
const NEWEST_FIRST: &str = "-at";

/// What entries are about.
const SUBJECTS: &[&str] = &[
    "customer",
    "user",
    "device",
    "pass_key",
    "licence",
    "event",
    "webhook",
    "notification_rule",
    "template",
    "invoice_plan",
    "invoice",
    "task",
    "token",
    "view",
    "product",
    "plan",
    "storage_location",
];

/// What is needed to be told of what happens to things of this kind; to all others it is the right to see customers.
const KINDS: [(&str, Permission); 11] = [
    ("user", Permission::ReadUsers),
    ("token", Permission::ReadUsers),
    ("device", Permission::ReadDevices),
    ("pass_key", Permission::ReadPassKeys),
    ("licence", Permission::ReadLicences),
    ("event", Permission::ReadEvents),
    ("invoice_plan", Permission::ReadInvoices),
    ("invoice", Permission::ReadInvoices),
    ("webhook", Permission::ManageWebhooks),
    ("notification_rule", Permission::ManageNotifications),
    ("task", Permission::ReadTasks),
];

/// The kinds of subjects that the account isn't told of.
fn hidden_from(account: &Account) -> Vec<&'static str> {
    KINDS.iter().filter(|(_, needed)| !account.permissions.has(*needed)).map(|(kind, _)| *kind).collect()
}

/// Where a list of entries begins and what is wanted of it, when everything about it was looked at.
struct Asked {
    account: Account,
    reader: Reader,
    query: ListQuery,
    /// The customer whose history it is.
    of: CustomerId,
}

impl Asked {
    async fn of(cx: &mut Cx, customer: &CustomerId, query: &ListQuery) -> Result<Self, Error> {
        let account = cx.account()?;
        let row = customers::fetch(cx, &account, customer, Permission::ReadChanges).await?;
        base::list::refuse_narrowing(query)?;
        let mut query = query.clone();
        query.sort.get_or_insert_with(|| NEWEST_FIRST.to_owned());
        let reader = Reader::of(cx, &account).await?;
        query.after = query.after.as_deref().map(|cursor| reader.open(cursor)).transpose()?;
        let of = match &query.under {
            None => row.id.clone(),
            Some(id) => {
                let under = CustomerId::from_text(id.as_str());
                let under = customers::fetch(cx, &account, &under, Permission::ReadChanges).await?;
                if !row.path.contains(&under.path) {
                    return Err(Error::not_found());
                }
                under.id
            }
        };
        Ok(Self { account, reader, query, of })
    }

    fn window(&self) -> Result<Window, Error> {
        // Numbers are unique; the second column only has to exist.
        Window::of(&self.query, FIELDS, "h.subject_id")
    }

    async fn wanted(&self, cx: &mut Cx) -> Result<sql::Wanted<'_>, Error> {
        let filter = base::list::filtered(cx, &self.account, &self.query, FIELDS, "h.number").await?;
        let search = search(&self.query, "h.subject_folded")?;
        Ok(sql::Wanted { of: &self.of, search, hidden: hidden_from(&self.account), filter })
    }
}

/// What happened at a customer and below it, the newest first.
pub async fn list(cx: &mut Cx, customer: &CustomerId, query: &ListQuery) -> Result<Page<Change>, Error> {
    let asked = Asked::of(cx, customer, query).await?;
    let window = asked.window()?;
    let wanted = asked.wanted(cx).await?;
    let total = sql::count(cx, &wanted).await?;
    let rows = sql::window(cx, &wanted, &window).await?;
    let (rows, next) = window.cut(rows, |row| row.subject_id.clone());
    let next = next.map(|cursor| asked.reader.seal(&cursor)).transpose()?;
    let items = rows
        .into_iter()
        .map(|row| view(&asked.account, &asked.reader, Some(&asked.of), row))
        .collect::<Result<_, Error>>()?;
    Ok(base::list::page(items, next, Total::counted(total)))
}

/// Of the newest entry.
pub(crate) async fn last_number(cx: &mut Cx) -> Result<i64, Error> {
    sql::last_number(cx).await
}

/// The entries with these numbers, as somebody is told of them, in their order.
pub(crate) async fn with_numbers(cx: &mut Cx, account: &Account, numbers: &[i64]) -> Result<Vec<(i64, Change)>, Error> {
    let reader = Reader::of(cx, account).await?;
    let rows = sql::with_numbers(cx, numbers).await?;
    rows.into_iter().map(|row| Ok((row.number, view(account, &reader, None, row)?))).collect()
}

/// Entries of one answer of an export.
const AT_ONCE: u32 = 500;

/// All of a customer's history, as a file.
pub(super) struct Whole(Option<Asked>);

impl Whole {
    /// Looks at everything that can be wrong.
    pub(super) async fn of(cx: &mut Cx, customer: &CustomerId, query: &ExportQuery) -> Result<Self, Error> {
        let asked = Asked::of(cx, customer, &ListQuery { limit: Some(AT_ONCE), ..query.list() }).await?;
        asked.window()?;
        asked.wanted(cx).await?;
        Ok(Self(Some(asked)))
    }

    /// What rows have: all that can be asked for, and what was changed.
    pub(super) fn fields() -> Vec<&'static str> {
        FIELDS.iter().map(|field| field.name).chain(["before", "after"]).collect()
    }

    async fn next_lines(&mut self, cx: &mut Cx) -> Result<Option<Vec<Line>>, Error> {
        let Some(asked) = &mut self.0 else { return Ok(None) };
        let window = asked.window()?;
        let wanted = asked.wanted(cx).await?;
        let rows = sql::window(cx, &wanted, &window).await?;
        let (rows, next) = window.cut(rows, |row| row.subject_id.clone());
        let paths: Vec<Path> = rows.iter().map(|row| Path::from_stored(row.path.clone())).collect();
        let lineage = Lineage::of(cx, paths.iter()).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for (row, path) in rows.into_iter().zip(&paths) {
            let change = view(&asked.account, &asked.reader, Some(&asked.of), row)?;
            let row = serde_json::to_value(change).map_err(Error::internal)?;
            lines.push(Line { row, path: lineage.names(path, &asked.account) });
        }
        asked.query.after = next;
        if asked.query.after.is_none() {
            self.0 = None;
        }
        Ok(Some(lines))
    }
}

impl Source for Whole {
    fn next<'a>(&'a mut self, cx: &'a mut Cx) -> BoxFuture<'a, Result<Option<Vec<Line>>, Error>> {
        Box::pin(self.next_lines(cx))
    }
}

/// An entry as the account may see it: who stands above it stays unnamed, and what is internal to those above unsaid.
fn view(account: &Account, reader: &Reader, of: Option<&CustomerId>, row: sql::ChangeRow) -> Result<Change, Error> {
    let path = Path::from_stored(row.path);
    let actor_is_visible = row.actor_path.is_none_or(|actor| is_shown(account, of, &Path::from_stored(actor)));
    let account = account.as_it_stood(&path);
    let details = |text: Option<String>| {
        let mut value: Value = serde_json::from_str(&text?).ok()?;
        if let Some(fields) = value.as_object_mut() {
            customers::above::redact(&account, &path, fields);
        }
        Some(value)
    };
    Ok(Change {
        id: reader.id_of(row.number)?,
        at: Time::from_micros(row.at),
        before: details(row.before),
        after: details(row.after),
        actor: if actor_is_visible {
            Actor { kind: row.actor_kind, id: row.actor_id, name: row.actor_name, token: row.actor_token }
        } else {
            Actor { kind: ActorKind::Above, id: None, name: None, token: None }
        },
        address: row.address.filter(|_| actor_is_visible),
        request_id: row.request_id.filter(|_| actor_is_visible),
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        subject_name: row.subject_name,
        customer_id: CustomerId::from_text(row.customer_id),
    })
}
