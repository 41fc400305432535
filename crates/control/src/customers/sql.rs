//! The queries of customers. Subtrees are ranges of the path.

use std::collections::HashMap;

use api::customer::{AccountState, Kind, Profile};
use api::id::{CustomerId, StorageLocationId};
use api::{Code, Error, Level, Mode};
use db::{Assignments, Column as _, Kept, Row, Rows, Sql, Stored, Text, assign, columns, columns_of, list, sql};
use tree::{Own, Path};

use base::cx::{Cx, Tx};

db::record! {
    /// A customer as it is stored.
    #[derive(Clone, Debug)]
    pub struct CustomerRow {
        pub id: CustomerId as Text,
        pub version: i64,
        pub parent_id: Option<CustomerId> as Option<Text> [logged],
        pub path: Path as Text,
        pub level: Level as Text [logged],
        pub name: Option<String> [logged],
        pub username: Option<String> [logged],
        pub company_name: String [logged],
        pub email: Option<String> [logged],
        pub kind: Option<Kind> as Option<Text> [logged],
        pub suspend_mode: Option<Mode> as Option<Text>,
        pub suspend_reason: Option<String>,
        pub suspend_message: Option<String>,
        pub suspended_at: Option<i64>,
        /// Where whoever suspended it stands: decides who may read the reason.
        pub suspended_from: Option<CustomerId> as Option<Text>,
        pub country: Option<String> [logged],
        pub storage_location_id: Option<StorageLocationId> as Option<Text> [logged],
        pub max_devices: Option<i64> [logged],
        pub profile: Profile as ProfileColumns [logged],
        pub is_default: bool,
        pub created_at: i64,
    }
}

/// Each field of a profile is a column.
#[derive(Debug)]
pub struct ProfileColumns;

impl Kept<Profile> for ProfileColumns {
    fn columns(_: &'static str) -> Vec<&'static str> {
        Profile::FIELDS.to_vec()
    }

    fn load(row: &Row<'_>, _: &'static str) -> Result<Profile, db::Error> {
        let mut profile = Profile::default();
        for (name, text) in profile.fields_mut() {
            *text = row.read(name, Option::from_cell)?;
        }
        Ok(profile)
    }

    fn store(profile: &Profile) -> Vec<db::Value> {
        profile.fields().into_iter().map(|(_, text)| text.into()).collect()
    }
}

db::record! {
    /// Sums over a customer's subtree.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct TotalsRow {
        pub customers: i64,
        pub sites: i64,
        pub devices: i64,
        pub used_bytes: i64,
        pub last_backup_at: Option<i64>,
    }
}

impl Stored for CustomerRow {
    const TABLE: &'static str = "customers";

    /// What is compared and searched.
    fn derived(&self) -> Assignments {
        let fold = |text: &Option<String>| text.as_deref().map(base::text::fold);
        assign! {
            name_folded: fold(&self.name),
            username_folded: fold(&self.username),
            company_folded: base::text::fold(&self.company_name),
            email_folded: fold(&self.email),
            search: base::text::search_column([
                Some(self.company_name.as_str()),
                self.name.as_deref(),
                self.username.as_deref(),
                self.email.as_deref(),
                self.profile.reference.as_deref(),
            ]),
        }
    }
}

impl Stored for TotalsRow {
    const TABLE: &'static str = "totals";
}

impl CustomerRow {
    pub fn own_state(&self) -> Own {
        self.suspend_mode.map_or(Own::Active, Own::Suspended)
    }

    pub fn account_state(&self) -> AccountState {
        if self.suspend_mode.is_some() { AccountState::Suspended } else { AccountState::Active }
    }
}

/// Where the customer with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select path from customers where id = ", id]
}

/// Any customer, wherever it stands: for what no caller asks for. Callers get theirs by `customers::fetch`.
pub async fn find_anywhere(cx: &mut Cx, id: &CustomerId) -> Result<Option<CustomerRow>, Error> {
    cx.opt(sql!["select ", columns::<CustomerRow>(), " from customers where id = ", id.as_str()]).await
}

pub async fn totals(cx: &mut Cx, id: &CustomerId) -> Result<TotalsRow, Error> {
    cx.one(sql!["select ", columns::<TotalsRow>(), " from totals where customer_id = ", id.as_str()]).await
}

/// The customers with these ids, in no order.
pub async fn with_totals(cx: &mut Cx, ids: &[String]) -> Result<Vec<(CustomerRow, TotalsRow)>, Error> {
    cx.all(sql![
        "select ",
        columns_of::<CustomerRow>("c"),
        ", ",
        columns_of::<TotalsRow>("t"),
        " from customers c join totals t on t.customer_id = c.id where c.id in ",
        list(ids.iter().map(String::as_str))
    ])
    .await
}

/// Where the customers with these ids stand.
pub async fn places(cx: &mut Cx, ids: &[String]) -> Result<Vec<(String, Path)>, Error> {
    let places: Vec<(String, String)> =
        cx.all(sql!["select id, path from customers where id in ", list(ids.iter().map(String::as_str))]).await?;
    Ok(places.into_iter().map(|(id, path)| (id, Path::from_stored(path))).collect())
}

/// Which of these customers have a site of this name.
pub async fn parents_of_site(cx: &mut Cx, ids: &[String], folded: &str) -> Result<Vec<String>, Error> {
    cx.all(sql![
        "select parent_id from customers where name_folded = ",
        folded,
        " and parent_id in ",
        list(ids.iter().map(String::as_str))
    ])
    .await
}

/// Suspended customers below `path`, with what lies under them.
pub async fn suspended_below(cx: &mut Cx, path: &Path) -> Result<Vec<(String, String, i64, i64, i64)>, Error> {
    let (from, to) = path.range();
    cx.all(sql![
        "select c.path, c.suspend_mode, t.customers, t.sites, t.devices from customers c
         join totals t on t.customer_id = c.id
         where c.path > ",
        from,
        " and c.path < ",
        to,
        " and c.suspend_mode is not null order by c.path"
    ])
    .await
}

/// How many devices below `path` have backed up since, by the customer that they stand under.
pub async fn devices_with_backup_since(cx: &mut Cx, path: &Path, since: i64) -> Result<Vec<(String, i64)>, Error> {
    let (from, to) = path.range();
    cx.all(sql![
        "select d.path, count(*) from devices d join repositories r on r.device_id = d.id
         where d.path >= ",
        from,
        " and d.path < ",
        to,
        " and r.last_backup_at >= ",
        since,
        " group by d.path"
    ])
    .await
}

/// Where the customer with this username stands.
pub async fn place_of_username(cx: &mut Cx, folded: &str) -> Result<Option<Path>, Error> {
    let path: Option<String> = cx.opt(sql!["select path from customers where username_folded = ", folded]).await?;
    Ok(path.map(Path::from_stored))
}

/// Says which name was taken, where somebody was faster.
fn taken(error: Error, row: &CustomerRow) -> Error {
    let error = base::cx::taken(error, "customers", &["username_folded"], || {
        let username = row.username.as_deref().unwrap_or_default();
        Error::field("username", Code::UsernameTaken, super::taken_username(username))
    });
    base::cx::taken(error, "customers", &["parent_id", "name_folded"], || {
        Error::field("name", Code::DuplicateSite, "The customer has a site of this name already.")
    })
}

pub async fn site_names(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<String>, Error> {
    let names: Vec<Option<String>> =
        cx.all(sql!["select name_folded from customers where parent_id = ", customer.as_str()]).await?;
    Ok(names.into_iter().flatten().collect())
}

/// The site of a customer with this name, ignoring case.
pub async fn find_site(cx: &mut Cx, customer: &CustomerId, folded: &str) -> Result<Option<CustomerRow>, Error> {
    cx.opt(sql![
        "select ",
        columns::<CustomerRow>(),
        " from customers where parent_id = ",
        customer.as_str(),
        " and name_folded = ",
        folded
    ])
    .await
}

/// Whether another child of the parent has this company name; whether one has this email.
pub async fn twins(
    cx: &mut Cx,
    parent: &CustomerId,
    company_folded: &str,
    email_folded: Option<&str>,
) -> Result<(bool, bool), Error> {
    let name: Option<i64> = cx
        .opt(sql![
            "select 1 from customers where parent_id = ",
            parent.as_str(),
            " and company_folded = ",
            company_folded,
            " limit 1"
        ])
        .await?;
    let Some(email) = email_folded else { return Ok((name.is_some(), false)) };
    let email: Option<i64> = cx
        .opt(sql![
            "select 1 from customers where parent_id = ",
            parent.as_str(),
            " and email_folded = ",
            email,
            " limit 1"
        ])
        .await?;
    Ok((name.is_some(), email.is_some()))
}

/// A node to write, and the hash of its account's password.
pub type NewCustomer = (CustomerRow, Option<String>);

/// How many rows of this width a statement takes: databases limit its parameters.
const AT_ONCE: usize = 500;

/// Writes nodes whose parents exist, with totals of nothing.
pub async fn insert(tx: &mut Tx, new: &[NewCustomer]) -> Result<(), Error> {
    for some in new.chunks(AT_ONCE) {
        let parents: Vec<&str> =
            some.iter().filter_map(|(row, _)| row.parent_id.as_ref()).map(CustomerId::as_str).collect();
        let above: HashMap<String, i64> = tx
            .all::<(String, i64)>(sql!["select id, stopped from customers where id in ", list(parents)])
            .await?
            .into_iter()
            .collect();
        let (mut customers, mut totals) = (Rows::new(CustomerRow::TABLE), Rows::new(TotalsRow::TABLE));
        for (row, password_hash) in some {
            let above = row.parent_id.as_ref().and_then(|parent| above.get(parent.as_str())).copied();
            let stopped = stopped(row.suspend_mode).max(above.unwrap_or_default());
            customers.push(row.assignments().and(assign! { password_hash: password_hash.as_ref(), stopped: stopped }));
            totals.push(TotalsRow::default().assignments().and(assign! { customer_id: &row.id, path: &row.path }));
        }
        let first = some.first().map(|(row, _)| row);
        tx.exec(customers.into_sql()).await.map_err(|error| match first {
            Some(row) => taken(error, row),
            None => error,
        })?;
        tx.exec(totals.into_sql()).await?;
    }
    Ok(())
}

/// `password_hash`: of the account that the update gives a username.
pub async fn update(
    tx: &mut Tx,
    before: &CustomerRow,
    after: &CustomerRow,
    password_hash: Option<&str>,
) -> Result<(), Error> {
    let mut beside = Assignments::new();
    if let Some(hash) = password_hash {
        beside.push("password_hash", hash);
    }
    tx.update(before, after, beside).await.map_err(|error| taken(error, after))
}

/// What is stopped by a mode, as the column `stopped` has it: the stricter, the greater.
fn stopped(mode: Option<Mode>) -> i64 {
    match mode {
        None => 0,
        Some(Mode::StopBackups) => 1,
        Some(Mode::FullStop) => 2,
    }
}

/// So many subtrees are left out of one that is written.
const LEFT_OUT: usize = 200;

/// Writes down what is in force at a node and everywhere below it, from what is in force above it. Only what changes is
/// written, so it costs what the change touches.
pub async fn spread_state(tx: &mut Tx, path: &Path, above: Option<Mode>) -> Result<(), Error> {
    let (from, to) = path.range();
    let own: Vec<(String, String)> = tx
        .all(sql![
            "select path, suspend_mode from customers where path >= ",
            from,
            " and path < ",
            to.as_str(),
            " and suspend_mode is not null order by path"
        ])
        .await?;
    let own: Vec<(Path, i64)> =
        own.into_iter().map(|(path, word)| (Path::from_stored(path), stopped(word.parse().ok()))).collect();
    let mut strictest = stopped(above);
    // What stands at the top, then each that is stricter than all above it: those that come later lie below or beside.
    if let Some((first, mode)) = own.first()
        && first == path
    {
        strictest = strictest.max(*mode);
    }
    let mut spread = vec![(path.clone(), strictest)];
    for (at, mode) in own {
        let above = spread.iter().rev().find(|(top, _)| top.contains(&at)).map_or(0, |(_, mode)| *mode);
        if mode > above {
            spread.push((at, mode));
        }
    }
    // What is to keep another value is left out, so that no row is written twice.
    for (at, (top, mode)) in spread.iter().enumerate() {
        let (from, to) = top.range();
        let mut statement = sql![
            "update customers set stopped = ",
            *mode,
            " where path >= ",
            from,
            " and path < ",
            to,
            " and stopped <> ",
            *mode
        ];
        // Databases bound what a condition may consist of. What isn't left out is put right by its own statement after this.
        for (below, _) in spread[at + 1..].iter().filter(|(below, _)| top.contains(below)).take(LEFT_OUT) {
            let (from, to) = below.range();
            statement.append(sql![" and not (path >= ", from, " and path < ", to, ")"]);
        }
        tx.exec(statement).await?;
    }
    Ok(())
}

pub async fn set_password(tx: &mut Tx, id: &CustomerId, hash: &str) -> Result<u64, Error> {
    tx.exec(sql!["update customers set version = version + 1, password_hash = ", hash, " where id = ", id.as_str()])
        .await
}

pub async fn delete(tx: &mut Tx, row: &CustomerRow) -> Result<u64, Error> {
    tx.exec(sql!["delete from totals where customer_id = ", row.id.as_str()]).await?;
    tx.exec(sql!["delete from customers where id = ", row.id.as_str(), " and version = ", row.version]).await
}
