//! Writing the change log. Audit, grants and, later, webhooks and live views all follow these rows; nobody has to
//! remember to tell them.

use api::Error;
use api::change::{ActorKind, ChangeAction, Reach};
use api::id::CustomerId;
use data_encoding::HEXLOWER;
use db::{Fields, Rows, assign, sql};
use serde_json::{Map, Value};
use tree::Path;

use crate::authz::AccountId;
use crate::cx::{Caller, Tx};

/// What happened, as the command that did it knows it. Who, when and where from is added by the transaction.
#[derive(Clone, Debug)]
pub struct Entry {
    pub action: ChangeAction,
    pub subject: Subject,
    /// The changed fields as they were.
    pub before: Option<Value>,
    /// The changed fields as they are.
    pub after: Option<Value>,
    /// Who did it, where it is not the caller: a device that registers.
    pub actor: Option<(ActorKind, String, String)>,
    reach: Reach,
    /// In whose history it stands, where that isn't everybody on the subject's path.
    told: Option<Vec<String>>,
}

/// What it happened to.
#[derive(Clone, Debug)]
pub struct Subject {
    /// `customer`, `user`, `device`, `pass_key`.
    pub kind: &'static str,
    pub id: String,
    pub name: String,
    /// The customer that it is or belongs to.
    pub customer_id: CustomerId,
    pub path: Path,
}

impl Entry {
    pub fn new(action: ChangeAction, subject: Subject) -> Self {
        Self { action, subject, before: None, after: None, actor: None, reach: action.reach(), told: None }
    }

    /// This time the gateway need not know: of what changed its grants are not compiled.
    #[must_use]
    pub fn only_papers(mut self) -> Self {
        self.reach = Reach::Papers;
        self
    }

    /// It stands in the history of these customers alone.
    #[must_use]
    pub fn told_to(mut self, customers: Vec<String>) -> Self {
        self.told = Some(customers);
        self
    }

    #[must_use]
    pub fn before(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    #[must_use]
    pub fn after(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }
}

/// What a transaction wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Of the last entry.
    pub number: i64,
    /// Whether the gateway has to know.
    pub reaches_grants: bool,
}

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 200;

/// Writes entries with numbers in commit order: the counter's row has been locked since the transaction began and stays
/// so until it commits. A follower that has read up to a number has missed nothing before it.
pub async fn write(tx: &mut Tx, entries: Vec<Entry>) -> Result<Option<Written>, Error> {
    let Ok(count) = i64::try_from(entries.len()) else { return Err(Error::internal("too many changes")) };
    if count == 0 {
        return Ok(None);
    }
    let (last,): (i64,) = tx
        .one(sql![
            "update change_counter set last_number = last_number + ",
            count,
            " where id = 1 returning last_number"
        ])
        .await?;
    let caller = match &tx.caller {
        Caller::Account(account) => {
            let kind = match account.id {
                AccountId::User(_) => ActorKind::User,
                AccountId::Customer(_) => ActorKind::Customer,
            };
            (kind, Some(account.id.as_str().to_owned()), Some(account.name.clone()), Some(account.home().clone()))
        }
        Caller::Nobody | Caller::System => (ActorKind::System, None, None, None),
    };
    let token = match &tx.caller {
        Caller::Account(account) => account.token.as_ref().map(|token| token.name.clone()),
        Caller::Nobody | Caller::System => None,
    };
    let reaches_grants = entries.iter().any(|entry| entry.reach == Reach::Grants);
    let at = tx.now.as_microsecond();
    let origin = tx.origin.clone();
    let mut number = last - count;
    for some in chunks(entries) {
        let mut rows = Rows::new("changes");
        let mut places = Rows::new("change_places");
        for entry in some {
            number += 1;
            let (kind, id, name, actor_path) = match entry.actor {
                Some((kind, id, name)) => (kind, Some(id), Some(name), Some(entry.subject.path.clone())),
                None => caller.clone(),
            };
            // Everybody on the path needs no list of their own.
            let told = entry.told.as_ref().map(|told| told.join(" ")).unwrap_or_default();
            let path = entry.subject.path.ids().map(str::to_owned);
            for customer in entry.told.unwrap_or_else(|| path.collect()) {
                places.push(assign! { customer_id: customer, number: number });
            }
            rows.push(assign! {
                number: number,
                at: at,
                actor_kind: &kind,
                actor_id: id,
                actor_name: name,
                actor_path: actor_path.as_ref(),
                actor_token: token.as_ref(),
                address: origin.address.as_ref(),
                request_id: origin.request_id.as_ref(),
                action: &entry.action,
                reaches_grants: entry.reach == Reach::Grants,
                subject_kind: entry.subject.kind,
                subject_id: entry.subject.id,
                subject_folded: crate::text::fold(&entry.subject.name),
                subject_name: entry.subject.name,
                customer_id: &entry.subject.customer_id,
                path: &entry.subject.path,
                told: told,
                before: entry.before.map(|value| value.to_string()),
                after: entry.after.map(|value| value.to_string()),
            });
        }
        tx.exec(rows.into_sql()).await?;
        tx.exec(places.into_sql()).await?;
    }
    Ok(Some(Written { number: last, reaches_grants }))
}

fn chunks(entries: Vec<Entry>) -> impl Iterator<Item = Vec<Entry>> {
    let mut entries = entries.into_iter();
    std::iter::from_fn(move || {
        let some: Vec<Entry> = entries.by_ref().take(AT_ONCE).collect();
        (!some.is_empty()).then_some(some)
    })
}

/// What the change log may tell of a row: the fields that its record marks as logged.
pub fn snapshot(row: &impl Fields) -> Map<String, Value> {
    let json = |value: db::Value| match value {
        db::Value::Text(text) => text.into(),
        db::Value::Int(int) => int.into(),
        db::Value::Bool(bool) => bool.into(),
        db::Value::Bytes(bytes) => bytes.map(|bytes| HEXLOWER.encode(&bytes)).into(),
    };
    row.logged().into_iter().map(|(name, value)| (name.to_owned(), json(value))).collect()
}

/// The fields in which two snapshots differ, before and after.
pub fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> (Value, Value) {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let (mut was, mut is) = (Map::new(), Map::new());
    for name in names {
        let (old, new) = (before.get(name).cloned().unwrap_or_default(), after.get(name).cloned().unwrap_or_default());
        if old != new {
            was.insert(name.clone(), old);
            is.insert(name.clone(), new);
        }
    }
    (Value::Object(was), Value::Object(is))
}
