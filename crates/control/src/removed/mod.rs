//! Customers that were deleted for good: a line of each stays, so that who was served when, and what that was by the change
//! log, can be told later. It stands where the customer stood, and moves with what it stood under.

pub mod http;
pub(crate) mod sql;

use api::customer::CustomerQuery;
use api::id::CustomerId;
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::removed::RemovedCustomer;
use api::units::Time;
use api::{Code, Error, Level};
use strum::VariantNames as _;
use tree::Path;

use self::sql::RemovedRow;
use crate::customers;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::list::{Field, Noun, Place, Population};

pub(crate) static NOUN: Noun = Noun {
    table: "gone_customers r",
    id: "r.id",
    place: Place { column: "r.path", beside: None },
    parent: "r.parent_id",
    level: Some("r.level"),
    search: "r.search",
    grams: None,
    // As many as there are customers, after some years.
    population: |scope| Population { here: None, all: scope.all_nodes },
    fields: &[
        Field::time("removed_at", "r.removed_at").sorted(),
        Field::id("id", "r.id"),
        Field::text("company_name", "r.company_folded").searched(),
        Field::text("name", "r.name_folded").optional().searched(),
        Field::words("level", "r.level", Level::VARIANTS),
        Field::id("parent_id", "r.parent_id")
            .optional()
            .seen(|asker| db::sql!["case when r.id <> ", &asker.account.customer_id, " then r.parent_id end"]),
        Field::time("created_at", "r.created_at"),
        Field::time("deletion_scheduled_at", "r.deletion_scheduled_at").optional(),
        Field::number("devices", "r.devices"),
        Field::bytes("used_bytes", "r.used_bytes"),
        Field::time("last_backup_at", "r.last_backup_at").optional(),
    ],
};

/// Those that stood below the caller.
pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<RemovedCustomer>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadCustomers, &account.path)?;
    if query.rows.is_some() {
        return Err(Error::field("rows", Code::Invalid, "Only the list of customers has a choice of rows."));
    }
    let found = base::list::find(cx, &account, query, &NOUN).await?;
    let rows = found.arrange(sql::with_these_ids(cx, found.ids()).await?, |row| row.id.as_str());
    Ok(base::list::page(rows.into_iter().map(|row| view(&account, row)).collect(), found.next, found.total))
}

/// How many of them have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadCustomers, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

/// One of them, with what it was on a day if that is asked for.
pub async fn show(cx: &mut Cx, id: &CustomerId, query: &CustomerQuery) -> Result<RemovedCustomer, Error> {
    let account = cx.account()?;
    let found = sql::find(cx, id).await?;
    let row = account.admit(found, |row| &row.path, Permission::ReadCustomers)?;
    let then = match &query.as_of {
        None => None,
        Some(day) => Some(customers::then::of_removed(cx, &account, &row, day).await?),
    };
    Ok(RemovedCustomer { then, ..view(&account, row) })
}

fn view(account: &Account, row: RemovedRow) -> RemovedCustomer {
    let is_below = account.path.is_above(&row.path);
    RemovedCustomer {
        level: row.level,
        name: row.name,
        company_name: row.company_name,
        parent_id: Path::parent(&row.path).filter(|_| is_below).map(|path| CustomerId::from_text(path.id().to_owned())),
        created_at: Time::from_micros(row.created_at),
        deletion_scheduled_at: row.deletion_scheduled_at.map(Time::from_micros),
        removed_at: Time::from_micros(row.removed_at),
        devices: row.devices,
        used_bytes: row.used_bytes,
        last_backup_at: row.last_backup_at.map(Time::from_micros),
        then: None,
        id: row.id,
    }
}
