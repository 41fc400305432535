//! The queries of customers. Subtrees are ranges of the path.

use std::collections::{HashMap, HashSet};

use api::customer::{AccountState, Kind, Profile, ServiceType};
use api::id::{CustomerId, StorageLocationId};
use api::{Code, Error, Level, Mode};
use db::{
    Assignments, Column as _, Engine, Kept, Raw, Row, Rows, Sql, Stored, Text, assign, columns, columns_of, list, sql,
};
use tree::{Attention, Own, Path};

use super::services::Offered;
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
        /// What the change log calls them.
        pub suspended_by: Option<String>,
        /// When it goes for good, if it is to.
        pub deletes_at: Option<i64>,
        pub deletion_scheduled_at: Option<i64>,
        pub deletion_from: Option<CustomerId> as Option<Text>,
        pub deletion_by: Option<String>,
        pub service_type: ServiceType as Text [logged],
        pub offered_service_types: Offered as Text [logged],
        pub trial_ends_at: Option<i64>,
        pub production_since: Option<i64>,
        pub country: Option<String> [logged],
        pub storage_location_id: Option<StorageLocationId> as Option<Text> [logged],
        pub max_devices: Option<i64> [logged],
        pub profile: Profile as ProfileColumns [logged],
        pub is_default: bool,
        /// Whether the account with the username may sign in.
        pub web_access: bool,
        /// Where whoever switched that off stands: decides who may switch it on again.
        pub web_access_off_from: Option<CustomerId> as Option<Text>,
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
        pub devices_pending: i64,
        pub devices_without_backup: i64,
        pub used_bytes: i64,
        pub allotted_bytes: Option<i64>,
        pub last_backup_at: Option<i64>,
        pub last_refused_at: Option<i64>,
        /// What the node's own limit still allows.
        pub devices_left: Option<i64>,
        pub attention: Attention as base::totals::AttentionColumns,
    }
}

impl Stored for CustomerRow {
    const TABLE: &'static str = "customers";

    /// What is compared and searched.
    fn derived(&self) -> Assignments {
        let fold = |text: &Option<String>| text.as_deref().map(base::text::fold);
        // What is to be deleted has given up its names: others may have them at once.
        let name = |text: &Option<String>| fold(text).filter(|_| self.deletes_at.is_none());
        assign! {
            name_folded: name(&self.name),
            username_folded: name(&self.username),
            company_folded: base::text::fold(&self.company_name),
            email_folded: fold(&self.email),
            search: base::text::search_column([
                Some(self.company_name.as_str()),
                self.name.as_deref(),
                self.username.as_deref(),
                self.email.as_deref(),
                self.profile.reference.as_deref(),
                self.profile.contact.as_deref(),
                self.profile.address.as_deref(),
                self.profile.city.as_deref(),
            ], self.profile.phone.as_deref()),
        }
    }
}

impl Stored for TotalsRow {
    const TABLE: &'static str = "totals";
}

impl CustomerRow {
    /// Whether somebody can sign in with the customer's username.
    pub fn has_web_access(&self) -> bool {
        self.username.is_some() && self.web_access
    }

    pub fn own_state(&self) -> Own {
        self.mode_with(self.suspend_mode).map_or(Own::Active, Own::Suspended)
    }

    /// What is stopped here where it is suspended in this mode: what is to be deleted doesn't back up in any case.
    pub fn mode_with(&self, suspended: Option<Mode>) -> Option<Mode> {
        suspended.max(self.deletes_at.map(|_| Mode::StopBackups))
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

/// Customers below `path` that are suspended or to be deleted, with what lies under them.
pub async fn suspended_below(cx: &mut Cx, path: &Path) -> Result<Vec<(String, String, i64, i64, i64)>, Error> {
    let (from, to) = path.range();
    cx.all(sql![
        "select c.path, s.mode, t.customers, t.sites, t.devices from (",
        stopping(from, &to),
        ") s join customers c on c.path = s.path join totals t on t.customer_id = c.id where c.path > ",
        from,
        " order by c.path"
    ])
    .await
}

/// Nodes of a range that are suspended or to be deleted by themselves, each with what that stops: of both kinds an index
/// knows the few that there are.
fn stopping(from: &str, to: &str) -> Sql {
    sql![
        "select path, suspend_mode as mode from customers where suspend_mode is not null and path >= ",
        from,
        " and path < ",
        to,
        " union all select path, 'stop_backups' as mode from customers
         where deletes_at is not null and suspend_mode is null and path >= ",
        from,
        " and path < ",
        to
    ]
}

/// So many subtrees are looked at by a statement.
const TOPS_AT_ONCE: usize = 500;

/// How many devices below these disjoint places have backed up since, by the customer that they stand under.
pub async fn devices_with_backup_since(cx: &mut Cx, tops: &[Path], since: i64) -> Result<Vec<(Path, i64)>, Error> {
    let mut found = Vec::new();
    for some in tops.chunks(TOPS_AT_ONCE) {
        let mut statement = sql!["with tops (low, high) as (values "];
        for (at, top) in some.iter().enumerate() {
            let (from, to) = top.range();
            statement.push(if at == 0 { "(" } else { ", (" }).append(sql![from.to_owned(), ", ", to, ")"]);
        }
        // Place by place, whatever the database thinks of how much stands below each.
        let (head, tail) = match cx.engine() {
            Engine::Postgres => {
                ("s.path, s.found from tops cross join lateral (select r.path as path, count(*) as found from", ") s")
            }
            Engine::Sqlite => ("r.path, count(*) from tops cross join", ""),
        };
        statement.append(sql![
            ") select ",
            Raw(head),
            " repositories r where r.path >= tops.low and r.path < tops.high and r.last_backup_at >= ",
            since,
            " group by r.path",
            Raw(tail)
        ]);
        let rows: Vec<(String, i64)> = cx.all(statement).await?;
        found.extend(rows.into_iter().map(|(path, count)| (Path::from_stored(path), count)));
    }
    Ok(found)
}

/// The same below a large place: backup by backup, in the index that lists are sorted by.
pub async fn devices_with_backup_since_below(cx: &mut Cx, path: &Path, since: i64) -> Result<Vec<(Path, i64)>, Error> {
    let (from, to) = path.range();
    let rows: Vec<(String, i64)> = cx
        .all(sql![
            "select path, count(*) from repositories where coalesce(last_backup_at, 0) >= ",
            since,
            " and path >= ",
            from,
            " and path < ",
            to,
            " group by path"
        ])
        .await?;
    Ok(rows.into_iter().map(|(path, count)| (Path::from_stored(path), count)).collect())
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

/// What its sites are called, some of them.
pub(super) async fn names_of_sites(cx: &mut Cx, customer: &CustomerId, limit: usize) -> Result<Vec<String>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let names: Vec<Option<String>> = cx
        .all(sql![
            "select name from customers where level = 'site' and parent_id = ",
            customer.as_str(),
            " order by name_folded limit ",
            limit
        ])
        .await?;
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
            let stopped = stopped(row.mode_with(row.suspend_mode)).max(above.unwrap_or_default());
            customers.push(row.assignments().and(assign! { password_hash: password_hash.as_ref(), stopped: stopped }));
            let begun = TotalsRow { devices_left: row.max_devices, ..TotalsRow::default() };
            let measured_at = tx.now.as_second();
            totals.push(begun.assignments().and(assign! {
                customer_id: &row.id,
                path: &row.path,
                measured_at: measured_at,
            }));
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
    tx.update(before, after, beside).await.map_err(|error| taken(error, after))?;
    if before.max_devices != after.max_devices {
        base::totals::limit(tx, after.id.as_str(), after.max_devices).await?;
    }
    Ok(())
}

/// What stands at its customer's place and follows it, in the order in which rows are locked.
const PLACED: [&str; 9] =
    ["repositories", "devices", "totals", "customers", "tasks", "settings", "licences", "events", "removed_customers"];

/// Rows of a statement: databases bound how long one may take.
const PLACED_AT_ONCE: i64 = 2000;

/// Lets everything at and below one place stand at another. Each table is walked in its index of places, so this costs what
/// is there and nothing more.
pub async fn replace_paths(tx: &mut Tx, before: &Path, after: &Path) -> Result<(), Error> {
    let (from, to) = before.range();
    for table in PLACED {
        let mut from = from.to_owned();
        loop {
            let last: Option<String> = tx
                .opt(sql![
                    "select path from ",
                    Raw(table),
                    " where path >= ",
                    from.as_str(),
                    " and path < ",
                    to.as_str(),
                    " order by path limit 1 offset ",
                    PLACED_AT_ONCE
                ])
                .await?;
            // All that stands at one place is rewritten at once, so that the next begins behind it.
            let until = last.as_deref().unwrap_or(to.as_str());
            tx.exec(sql![
                "update ",
                Raw(table),
                " set path = ",
                after,
                " || substr(path, length(",
                before,
                ") + 1) where path >= ",
                from.as_str(),
                " and path ",
                Raw(if last.is_some() { "<= " } else { "< " }),
                until
            ])
            .await?;
            let Some(last) = last else { break };
            from = last;
        }
    }
    Ok(())
}

db::record! {
    /// What a node says of the devices that it may have.
    pub struct LimitRow {
        pub company_name: String,
        pub max_devices: i64,
        pub devices: i64,
    }
}

/// Those of these nodes that have a limit of devices, from the top down.
pub async fn limits_of(cx: &mut Cx, ids: &[&str]) -> Result<Vec<LimitRow>, Error> {
    cx.all(sql![
        "select c.company_name as company_name, c.max_devices as max_devices, t.devices - t.devices_pending as devices
         from customers c join totals t on t.customer_id = c.id where c.max_devices is not null and c.id in ",
        list(ids.iter().copied()),
        " order by c.path"
    ])
    .await
}

/// Where every installation keeps a customer: whether one of those stands there or below.
pub async fn has_default_below(cx: &mut Cx, path: &Path) -> Result<bool, Error> {
    let (from, to) = path.range();
    let found: Option<i64> = cx
        .opt(sql!["select 1 from customers where is_default and path >= ", from, " and path < ", to, " limit 1"])
        .await?;
    Ok(found.is_some())
}

/// The first customer below that is managed here.
pub async fn managed_below(cx: &mut Cx, path: &Path) -> Result<Option<String>, Error> {
    let (from, to) = path.range();
    cx.opt(sql![
        "select company_name from customers where kind = 'managed' and path > ",
        from,
        " and path < ",
        to,
        " order by path limit 1"
    ])
    .await
}

/// Customers below a place that have or offer a service type, and where they stand: `most` of each.
pub async fn users_of_service(
    cx: &mut Cx,
    path: &Path,
    kind: ServiceType,
    most: usize,
) -> Result<Vec<(String, Path)>, Error> {
    let (from, to) = path.range();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    // Written out, so that an index of the few is found.
    let (having, offering) = match kind {
        ServiceType::AllInclusive => ("service_type = 'all_inclusive'", "offered_service_types like 'all_inclusive%'"),
        ServiceType::SoftwareOnly => ("service_type = 'software_only'", "offered_service_types like '%software_only'"),
    };
    let mut found: Vec<(String, String)> = cx
        .all(sql![
            "select company_name, path from customers where level <> 'site' and path > ",
            from,
            " and path < ",
            to.as_str(),
            " and ",
            Raw(having),
            " order by path limit ",
            most
        ])
        .await?;
    // Partners are few.
    let offering: Vec<(String, String)> = cx
        .all(sql![
            "select company_name, path from customers where level in ('distributor', 'sub_distributor', 'reseller')
             and path > ",
            from,
            " and path < ",
            to,
            " and ",
            Raw(offering),
            " order by path limit ",
            most
        ])
        .await?;
    found.extend(offering);
    found.sort_by(|(_, a), (_, b)| a.cmp(b));
    found.dedup();
    Ok(found.into_iter().map(|(name, path)| (name, Path::from_stored(path))).collect())
}

/// Gives the sites of a customer its service type.
pub async fn spread_service(tx: &mut Tx, customer: &CustomerId, kind: ServiceType) -> Result<u64, Error> {
    tx.exec(sql![
        "update customers set service_type = ",
        kind.as_ref(),
        ", version = version + 1 where level = 'site' and parent_id = ",
        customer.as_str(),
        " and service_type <> ",
        kind.as_ref()
    ])
    .await
}

/// The names of the highest node above that is to be deleted.
pub async fn deleting_above(cx: &mut Cx, path: &Path) -> Result<Option<(String, Path)>, Error> {
    let mut above: Vec<&str> = path.ids().collect();
    above.pop();
    let found: Option<(String, String)> = cx
        .opt(sql![
            "select company_name, path from customers where deletes_at is not null and id in ",
            list(above),
            " order by path limit 1"
        ])
        .await?;
    Ok(found.map(|(name, path)| (name, Path::from_stored(path))))
}

/// Whether what stands at a place is to be deleted, by itself or with something above it.
pub async fn is_deleting(cx: &mut Cx, path: &Path) -> Result<bool, Error> {
    let found: Option<i64> = cx
        .opt(sql!["select 1 from customers where deletes_at is not null and id in ", list(path.ids()), " limit 1"])
        .await?;
    Ok(found.is_some())
}

/// Whose username, at or below a place, is given up because it is to be deleted, and not because something below is by itself.
fn given_up(path: &Path) -> Sql {
    sql!["c.username is not null and c.username_folded is null and ", comes_back(path)]
}

/// What comes back with the customer at a place whose deletion is cancelled: all below it that isn't to be deleted by itself.
pub fn comes_back(path: &Path) -> Sql {
    let (from, to) = path.range();
    sql![
        "c.path >= ",
        from,
        " and c.path < ",
        to,
        " and not exists (select 1 from customers d where d.deletes_at is not null and d.path > ",
        from,
        " and d.path <= c.path and c.path < d.path || '~')"
    ]
}

/// Lets others have the usernames of all that stands at and below a place.
pub async fn give_up_usernames(tx: &mut Tx, path: &Path) -> Result<u64, Error> {
    let (from, to) = path.range();
    tx.exec(sql![
        "update customers set username_folded = null where username_folded is not null and path >= ",
        from,
        " and path < ",
        to
    ])
    .await
}

/// Usernames at and below a place that others have meanwhile, some of them.
pub async fn usernames_given_away(cx: &mut Cx, path: &Path, limit: usize) -> Result<Vec<String>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    cx.all(sql![
        "select c.username from customers c where ",
        given_up(path),
        " and exists (select 1 from customers o where o.username_folded = fold(c.username)) order by c.username limit ",
        limit
    ])
    .await
}

/// Those at and below a place whose usernames others have meanwhile.
pub async fn with_usernames_given_away(cx: &mut Cx, path: &Path) -> Result<Vec<CustomerRow>, Error> {
    cx.all(sql![
        "select ",
        columns_of::<CustomerRow>("c"),
        " from customers c where ",
        given_up(path),
        " and exists (select 1 from customers o where o.username_folded = fold(c.username)) order by c.path"
    ])
    .await
}

/// Nobody signs in with it any more.
pub async fn forget_password(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    tx.exec(sql!["update customers set password_hash = null where id = ", id.as_str()]).await.map(drop)
}

/// Takes the usernames of all that stands at and below a place again.
pub async fn take_usernames_again(tx: &mut Tx, path: &Path) -> Result<u64, Error> {
    tx.exec(sql![
        "update customers set username_folded = fold(username) where id in (select c.id from customers c where ",
        given_up(path),
        ")"
    ])
    .await
}

/// Writes down what will be left of customers that are about to be removed, some of those at and below a place. Returns of how
/// many it was not yet.
pub async fn remember(tx: &mut Tx, path: &Path, limit: i64) -> Result<u64, Error> {
    let ((from, to), now) = (path.range(), tx.now.as_microsecond());
    tx.exec(sql![
        "insert into removed_customers (id, parent_id, path, level, name, company_name, created_at,
         deletion_scheduled_at, removed_at, devices, used_bytes, last_backup_at)
         select c.id, c.parent_id, c.path, c.level, c.name, c.company_name, c.created_at,
         c.deletion_scheduled_at, ",
        now,
        ", t.devices, t.used_bytes, t.last_backup_at from customers c join totals t on t.customer_id = c.id
         where c.path >= ",
        from,
        " and c.path < ",
        to,
        " and not exists (select 1 from removed_customers r where r.id = c.id) order by c.path limit ",
        limit
    ])
    .await
}

/// The last nodes at and below a place in the order of their paths: nothing stands below them but what is among them.
pub async fn last_below(cx: &mut Cx, path: &Path, limit: i64) -> Result<Vec<CustomerRow>, Error> {
    let (from, to) = path.range();
    cx.all(sql![
        "select ",
        columns::<CustomerRow>(),
        " from customers where path >= ",
        from,
        " and path < ",
        to,
        " order by path desc limit ",
        limit
    ])
    .await
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
    let own: Vec<(String, String)> =
        tx.all(sql!["select path, mode from (", stopping(from, &to), ") s order by path"]).await?;
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

/// Counts a change to what hangs on a customer.
pub async fn touch(tx: &mut Tx, row: &CustomerRow) -> Result<(), Error> {
    let counted = tx
        .exec(sql![
            "update customers set version = version + 1 where id = ",
            row.id.as_str(),
            " and version = ",
            row.version
        ])
        .await?;
    if counted == 1 { Ok(()) } else { Err(base::version::stale()) }
}

pub async fn set_password(tx: &mut Tx, id: &CustomerId, hash: &str) -> Result<u64, Error> {
    tx.exec(sql!["update customers set version = version + 1, password_hash = ", hash, " where id = ", id.as_str()])
        .await
}

pub async fn delete(tx: &mut Tx, row: &CustomerRow) -> Result<u64, Error> {
    base::totals::delete(tx, row.id.as_str()).await?;
    tx.exec(sql!["delete from customers where id = ", row.id.as_str(), " and version = ", row.version]).await
}

/// Those of these customers that have a licence of a product which is managed here.
pub(super) async fn managed_here<'a>(
    cx: &mut Cx,
    ids: impl Iterator<Item = &'a str>,
) -> Result<HashSet<String>, Error> {
    let these = list(ids);
    let holds = Raw(super::fields::MANAGED_HERE);
    let found: Vec<String> = cx.all(sql!["select c.id from customers c where c.id in ", these, " and ", holds]).await?;
    Ok(found.into_iter().collect())
}
