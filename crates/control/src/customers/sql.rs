//! The queries of customers. Subtrees are ranges of the path.

use api::customer::{AccountState, Kind};
use api::id::{CustomerId, StorageLocationId};
use api::{Code, Error, Level, Mode};
use db::{Sql, assign, columns, columns_of, insert, sql};
use tree::{Own, Path};

use base::cx::{Cx, Tx};
use base::lineage::{level, mode};
use base::list::{Key, Window};

db::record! {
    /// A customer as it is stored.
    #[derive(Clone, Debug)]
    pub struct CustomerRow {
        pub id: CustomerId as String => CustomerId::from_text,
        pub version: i64,
        pub parent_id: Option<CustomerId> as Option<String> => |id| id.map(CustomerId::from_text),
        pub path: Path as String => Path::from_stored,
        pub level: Level as String => level,
        pub name: Option<String>,
        pub username: Option<String>,
        pub company_name: String,
        pub email: Option<String>,
        pub kind: Option<Kind> as Option<String> => |word| word.map(kind).transpose(),
        pub suspend_mode: Option<Mode> as Option<String> => |word| word.map(mode).transpose(),
        pub suspend_reason: Option<String>,
        pub suspend_message: Option<String>,
        pub suspended_at: Option<i64>,
        /// Where whoever suspended it stands: decides who may read the reason.
        pub suspended_from: Option<CustomerId> as Option<String> => |id| id.map(CustomerId::from_text),
        pub country: Option<String>,
        pub storage_location_id: Option<StorageLocationId> as Option<String> => |id| id.map(StorageLocationId::from_text),
        pub max_devices: Option<i64>,
        pub address: Option<String>,
        pub city: Option<String>,
        pub phone: Option<String>,
        pub fax: Option<String>,
        pub notes: Option<String>,
        pub shared_notes: Option<String>,
        pub contact: Option<String>,
        pub reference: Option<String>,
        pub is_default: bool,
        pub created_at: i64,
    }
}

db::record! {
    /// Sums over a customer's subtree.
    #[derive(Clone, Copy, Debug)]
    pub struct TotalsRow {
        pub customers: i64,
        pub sites: i64,
        pub devices: i64,
        pub used_bytes: i64,
        pub last_backup_at: Option<i64>,
    }
}

fn kind(word: String) -> Result<Kind, String> {
    match word.as_str() {
        "managed" => Ok(Kind::Managed),
        "self_managed" => Ok(Kind::SelfManaged),
        _ => Err(word),
    }
}

pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Managed => "managed",
        Kind::SelfManaged => "self_managed",
    }
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

/// Which customers are wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub under: &'a Path,
    pub level: Option<Level>,
    pub search: Option<String>,
}

impl Wanted<'_> {
    fn condition(&self) -> Sql {
        let (from, to) = self.under.range();
        let mut sql = sql![
            " from customers c join totals t on t.customer_id = c.id where c.path >= ",
            from,
            " and c.path < ",
            to
        ];
        if let Some(level) = self.level {
            sql.append(sql![" and c.level = ", level.as_str()]);
        }
        if let Some(pattern) = &self.search {
            sql.append(sql![" and c.search like ", pattern.as_str(), " escape '\\'"]);
        }
        sql
    }
}

pub async fn count(cx: &mut Cx, wanted: &Wanted<'_>) -> Result<i64, Error> {
    cx.one(sql!["select count(*)", wanted.condition()]).await
}

pub(crate) async fn window(
    cx: &mut Cx,
    wanted: &Wanted<'_>,
    window: &Window,
) -> Result<Vec<((CustomerRow, TotalsRow), Key)>, Error> {
    let mut statement = sql![
        "select ",
        columns_of::<CustomerRow>("c"),
        ", ",
        columns_of::<TotalsRow>("t"),
        ", ",
        window.key_column(),
        wanted.condition()
    ];
    window.finish(&mut statement);
    let rows: Vec<(CustomerRow, TotalsRow, Option<Key>)> = cx.all(statement).await?;
    Ok(rows.into_iter().filter_map(|(row, totals, key)| key.map(|key| ((row, totals), key))).collect())
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

/// Columns that follow from others: what is compared and searched.
struct Folded {
    name: Option<String>,
    username: Option<String>,
    company: String,
    email: Option<String>,
    search: String,
}

impl Folded {
    fn of(row: &CustomerRow) -> Self {
        let fold = |text: &Option<String>| text.as_deref().map(base::text::fold);
        Self {
            name: fold(&row.name),
            username: fold(&row.username),
            company: base::text::fold(&row.company_name),
            email: fold(&row.email),
            search: base::text::search_column([
                Some(row.company_name.as_str()),
                row.name.as_deref(),
                row.username.as_deref(),
                row.email.as_deref(),
                row.reference.as_deref(),
            ]),
        }
    }
}

pub async fn insert(tx: &mut Tx, row: &CustomerRow, password_hash: Option<&str>) -> Result<(), Error> {
    let folded = Folded::of(row);
    tx.exec(insert! { "customers",
        id: &row.id,
        version: row.version,
        parent_id: row.parent_id.as_ref(),
        path: row.path.as_str(),
        level: row.level.as_str(),
        name: row.name.as_ref(),
        name_folded: folded.name,
        username: row.username.as_ref(),
        username_folded: folded.username,
        password_hash: password_hash,
        company_name: &row.company_name,
        company_folded: folded.company,
        email: row.email.as_ref(),
        email_folded: folded.email,
        kind: row.kind.map(kind_word),
        suspend_mode: row.suspend_mode.map(Mode::as_str),
        suspend_reason: row.suspend_reason.as_ref(),
        suspend_message: row.suspend_message.as_ref(),
        suspended_at: row.suspended_at,
        suspended_from: row.suspended_from.as_ref(),
        country: row.country.as_ref(),
        storage_location_id: row.storage_location_id.as_ref(),
        max_devices: row.max_devices,
        address: row.address.as_ref(),
        city: row.city.as_ref(),
        phone: row.phone.as_ref(),
        fax: row.fax.as_ref(),
        notes: row.notes.as_ref(),
        shared_notes: row.shared_notes.as_ref(),
        contact: row.contact.as_ref(),
        reference: row.reference.as_ref(),
        search: folded.search,
        is_default: row.is_default,
        created_at: row.created_at,
    })
    .await
    .map_err(|error| taken(error, row))?;
    tx.exec(sql![
        "insert into totals (customer_id, customers, sites, devices, used_bytes) values (",
        &row.id,
        ", 0, 0, 0, 0)"
    ])
    .await?;
    Ok(())
}

/// Writes what people edit; `row.version` is the version it was read with. Nothing is written if it has moved on.
pub async fn update(tx: &mut Tx, row: &CustomerRow, password_hash: Option<&str>) -> Result<u64, Error> {
    let folded = Folded::of(row);
    let values = assign! {
        username: row.username.as_ref(),
        username_folded: folded.username,
        company_name: &row.company_name,
        company_folded: folded.company,
        email: row.email.as_ref(),
        email_folded: folded.email,
        kind: row.kind.map(kind_word),
        country: row.country.as_ref(),
        storage_location_id: row.storage_location_id.as_ref(),
        max_devices: row.max_devices,
        address: row.address.as_ref(),
        city: row.city.as_ref(),
        phone: row.phone.as_ref(),
        fax: row.fax.as_ref(),
        notes: row.notes.as_ref(),
        shared_notes: row.shared_notes.as_ref(),
        contact: row.contact.as_ref(),
        reference: row.reference.as_ref(),
        search: folded.search,
    };
    let mut statement = sql!["update customers set version = version + 1, ", values];
    if let Some(hash) = password_hash {
        statement.append(sql![", password_hash = ", hash]);
    }
    statement.append(sql![" where id = ", &row.id, " and version = ", row.version]);
    tx.exec(statement).await.map_err(|error| taken(error, row))
}

/// Writes the account state; `row.version` as for [`update`].
pub async fn update_state(tx: &mut Tx, row: &CustomerRow) -> Result<u64, Error> {
    let values = assign! {
        suspend_mode: row.suspend_mode.map(Mode::as_str),
        suspend_reason: row.suspend_reason.as_ref(),
        suspend_message: row.suspend_message.as_ref(),
        suspended_at: row.suspended_at,
        suspended_from: row.suspended_from.as_ref(),
    };
    tx.exec(sql![
        "update customers set version = version + 1, ",
        values,
        " where id = ",
        &row.id,
        " and version = ",
        row.version
    ])
    .await
}

pub async fn set_password(tx: &mut Tx, id: &CustomerId, hash: &str) -> Result<u64, Error> {
    tx.exec(sql!["update customers set version = version + 1, password_hash = ", hash, " where id = ", id.as_str()])
        .await
}

pub async fn delete(tx: &mut Tx, row: &CustomerRow) -> Result<u64, Error> {
    tx.exec(sql!["delete from totals where customer_id = ", row.id.as_str()]).await?;
    tx.exec(sql!["delete from customers where id = ", row.id.as_str(), " and version = ", row.version]).await
}
