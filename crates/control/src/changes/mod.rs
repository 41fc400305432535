//! Reading the change log of a subtree.

mod feed;
pub mod http;
pub mod live;
mod reader;
pub mod seals;
mod sql;

use api::Error;
use api::change::{Actor, ActorKind, Change};
use api::id::CustomerId;
use api::page::{ListQuery, Page};
use api::units::Time;
use serde_json::Value;
use tree::Path;

use self::reader::Reader;
use crate::customers;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::list::{Field, Total, Window, search_of};

const SORT: &[Field] = &[Field::number("at", "p.number")];
const NEWEST_FIRST: &str = "-at";

/// What happened at a customer and below it, the newest first.
pub async fn list(cx: &mut Cx, customer: &CustomerId, query: &ListQuery) -> Result<Page<Change>, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, customer, Permission::ReadChanges).await?;
    base::list::refuse_narrowing(query)?;
    let mut query = query.clone();
    query.sort.get_or_insert_with(|| NEWEST_FIRST.to_owned());
    let reader = Reader::of(cx, &account).await?;
    query.after = query.after.as_deref().map(|cursor| reader.open(cursor)).transpose()?;
    // Numbers are unique; the second column only has to exist.
    let window = Window::of(&query, SORT, "h.subject_id")?;
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
    let people = account.permissions.has(Permission::ReadUsers);
    let wanted = sql::Wanted { of: &of, search: search_of(&query)?, people };
    let total = sql::count(cx, &wanted).await?;
    let rows = sql::window(cx, &wanted, &window).await?;
    let (rows, next) = window.cut(rows, |row| row.subject_id.clone());
    let next = next.map(|cursor| reader.seal(&cursor)).transpose()?;
    let items = rows.into_iter().map(|row| view(&account, &reader, row)).collect::<Result<_, Error>>()?;
    Ok(base::list::page(items, next, Total::counted(total)))
}

/// An entry as the account may see it: who stands above it stays unnamed, and what is internal to those above unsaid.
fn view(account: &Account, reader: &Reader, row: sql::ChangeRow) -> Result<Change, Error> {
    let path = Path::from_stored(row.path);
    let actor_is_visible = row.actor_path.is_none_or(|actor| account.sees(&Path::from_stored(actor)));
    let details = |text: Option<String>| {
        let mut value: Value = serde_json::from_str(&text?).ok()?;
        if let Some(fields) = value.as_object_mut() {
            customers::above::redact(account, &path, fields);
        }
        Some(value)
    };
    Ok(Change {
        id: reader.id_of(row.number)?,
        at: Time::from_micros(row.at),
        before: details(row.before),
        after: details(row.after),
        actor: if actor_is_visible {
            Actor { kind: row.actor_kind, id: row.actor_id, name: row.actor_name }
        } else {
            Actor { kind: ActorKind::Above, id: None, name: None }
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
