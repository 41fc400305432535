//! The queries of saved views and of defaults.

use std::str::FromStr;

use api::Error;
use api::id::{CustomerId, ViewId};
use api::view::{ManagedAccounts, ViewContent, ViewNoun};
use base::authz::Account;
use base::cx::{Cx, Tx};
use db::{Assignments, Raw, Sql, Stored, Text, assign, columns_of, insert, list, sql};

db::record! {
    /// A view as it is stored.
    #[derive(Clone, Debug)]
    pub struct ViewRow {
        pub id: ViewId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        /// Empty where it is shared.
        pub account_id: String,
        pub noun: ViewNoun as Text [logged],
        pub name: String [logged],
        pub filter: Option<String> [logged],
        pub q: Option<String> [logged],
        pub sort: Option<String> [logged],
        pub layout: Kept as Text,
        pub parameters: Kept as Text,
        pub created_at: i64,
    }
}

/// JSON in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept(String);

impl Kept {
    fn of(value: &impl serde::Serialize) -> Self {
        Self(serde_json::to_string(value).unwrap_or_default())
    }

    fn read<T: serde::de::DeserializeOwned + Default>(&self) -> T {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for Kept {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Kept {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl ViewRow {
    pub fn is_shared(&self) -> bool {
        self.account_id.is_empty()
    }

    pub fn content(&self) -> ViewContent {
        ViewContent {
            filter: self.filter.clone(),
            q: self.q.clone(),
            sort: self.sort.clone(),
            layout: self.layout.read(),
            parameters: self.parameters.read(),
        }
    }

    #[must_use]
    pub fn with(self, content: &ViewContent) -> Self {
        let (filter, q, sort) = (content.filter.clone(), content.q.clone(), content.sort.clone());
        Self { filter, q, sort, layout: Kept::of(&content.layout), parameters: Kept::of(&content.parameters), ..self }
    }
}

impl Default for ViewRow {
    fn default() -> Self {
        let content = ViewContent::default();
        Self {
            id: ViewId::from_text(""),
            version: 1,
            customer_id: CustomerId::from_text(""),
            account_id: String::new(),
            noun: ViewNoun::Customers,
            name: String::new(),
            filter: None,
            q: None,
            sort: None,
            layout: Kept::of(&content.layout),
            parameters: Kept::of(&content.parameters),
            created_at: 0,
        }
    }
}

impl Stored for ViewRow {
    const TABLE: &'static str = "views";

    fn derived(&self) -> Assignments {
        assign! { name_folded: base::text::fold(&self.name) }
    }
}

/// The account's own, those shared on the way down to it, and those shared below it.
fn seen(account: &Account) -> Sql {
    let (from, to) = account.path.range();
    sql![
        "(v.account_id = ",
        account.id.as_str(),
        " or (v.account_id = '' and (v.customer_id in ",
        list(account.path.ids()),
        " or (c.path >= ",
        from,
        " and c.path < ",
        to,
        "))))"
    ]
}

const JOINED: &str = " from views v join customers c on c.id = v.customer_id where ";

/// Of those that are there, what the account sees; of those that were deleted, what it has deleted itself.
fn known(account: &Account) -> Sql {
    sql!["(v.deleted_at is null and ", seen(account), " or v.deleted_by = ", account.id.as_str(), ")"]
}

/// What rights on a view are asked for at, if the account sees it: its own place, since who may use it, may.
pub fn place(account: &Account, id: &str) -> Sql {
    sql!["select cast(", account.path.as_str(), " as text)", Raw(JOINED), "v.id = ", id, " and ", known(account)]
}

/// The view with this id, if the account sees it.
pub async fn find(cx: &mut Cx, account: &Account, id: &ViewId) -> Result<Option<ViewRow>, Error> {
    one(cx, id, sql!["v.deleted_at is null and ", seen(account)]).await
}

/// The view with this id, if the account has deleted it since then, and still sees where it was.
pub async fn find_deleted(cx: &mut Cx, account: &Account, id: &ViewId, since: i64) -> Result<Option<ViewRow>, Error> {
    let by = sql!["v.deleted_by = ", account.id.as_str(), " and v.deleted_at > ", since];
    one(cx, id, sql![by, " and ", seen(account)]).await
}

async fn one(cx: &mut Cx, id: &ViewId, wanted: Sql) -> Result<Option<ViewRow>, Error> {
    cx.opt(sql!["select ", columns_of::<ViewRow>("v"), Raw(JOINED), "v.id = ", id.as_str(), " and ", wanted]).await
}

/// Those that the account uses: its own, and what is shared with it.
pub async fn used_by(cx: &mut Cx, account: &Account, noun: Option<ViewNoun>) -> Result<Vec<ViewRow>, Error> {
    let (id, above) = (account.id.as_str(), list(account.path.ids()));
    let own = sql!["(v.account_id = ", id, " or (v.account_id = '' and v.customer_id in ", above, "))"];
    listed(cx, own, noun).await
}

/// Those that are shared at this customer.
pub async fn shared_at(cx: &mut Cx, customer: &CustomerId, noun: Option<ViewNoun>) -> Result<Vec<ViewRow>, Error> {
    listed(cx, sql!["v.account_id = '' and v.customer_id = ", customer.as_str()], noun).await
}

async fn listed(cx: &mut Cx, wanted: Sql, noun: Option<ViewNoun>) -> Result<Vec<ViewRow>, Error> {
    let mut statement =
        sql!["select ", columns_of::<ViewRow>("v"), " from views v where v.deleted_at is null and ", wanted];
    if let Some(noun) = noun {
        let noun: &'static str = noun.into();
        statement.append(sql![" and v.noun = ", noun]);
    }
    statement.push(" order by v.name_folded, v.id");
    cx.all(statement).await
}

/// How many views there are beside this one that have its owner, and whether one of its noun has its name.
pub async fn others(cx: &mut Cx, row: &ViewRow) -> Result<(i64, bool), Error> {
    let noun: &'static str = row.noun.into();
    let is_twin = sql!["noun = ", noun, " and name_folded = ", base::text::fold(&row.name)];
    let (count, twins): (i64, i64) = cx
        .one(sql![
            "select count(*), cast(coalesce(sum(case when ",
            is_twin,
            " then 1 else 0 end), 0) as bigint) from views where customer_id = ",
            row.customer_id.as_str(),
            " and account_id = ",
            row.account_id.as_str(),
            " and deleted_at is null and id <> ",
            row.id.as_str()
        ])
        .await?;
    Ok((count, twins > 0))
}

fn taken(error: Error) -> Error {
    base::cx::taken(error, "views", &["customer_id", "account_id", "noun", "name_folded"], super::taken)
}

pub async fn insert(tx: &mut Tx, row: &ViewRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await.map_err(taken)?;
    Ok(())
}

pub async fn update(tx: &mut Tx, before: &ViewRow, after: &ViewRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await.map_err(taken)
}

/// Puts it aside. The lists that opened with it do so again if it comes back.
pub async fn put_aside(tx: &mut Tx, account: &Account, row: &ViewRow) -> Result<(), Error> {
    let (now, by) = (tx.now.as_microsecond(), account.id.as_str());
    tx.exec(sql!["update views set deleted_at = ", now, ", deleted_by = ", by, " where id = ", row.id.as_str()])
        .await?;
    Ok(())
}

pub async fn bring_back(tx: &mut Tx, row: &ViewRow) -> Result<(), Error> {
    let statement = sql!["update views set deleted_at = null, deleted_by = null where id = ", row.id.as_str()];
    tx.exec(statement).await.map_err(taken)?;
    Ok(())
}

/// Deletes for good what was put aside before this, so many at most. Returns how many.
pub async fn delete_old(tx: &mut Tx, before: i64, limit: i64) -> Result<u64, Error> {
    let old: Vec<String> =
        tx.all(sql!["select id from views where deleted_at <= ", before, " order by deleted_at limit ", limit]).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let ids = || list(old.iter().map(String::as_str));
    tx.exec(sql!["delete from view_defaults where view_id in ", ids()]).await?;
    tx.exec(sql!["delete from views where id in ", ids()]).await
}

/// What people had of it as their default, where it is one's own from now on.
pub async fn forget_defaults_of_others(tx: &mut Tx, row: &ViewRow, account: &Account) -> Result<(), Error> {
    let others = sql![" and account_id <> ", account.id.as_str()];
    tx.exec(sql!["delete from view_defaults where view_id = ", row.id.as_str(), others]).await?;
    Ok(())
}

/// The views with which this account's lists open, those that were put aside included.
pub async fn defaults_of(cx: &mut Cx, account: &Account) -> Result<Vec<String>, Error> {
    cx.all(sql!["select view_id from view_defaults where account_id = ", account.id.as_str()]).await
}

/// Lets the account's list open with the view, or with none.
pub async fn set_default(tx: &mut Tx, account: &Account, row: &ViewRow, is_default: bool) -> Result<(), Error> {
    let (id, noun): (&str, &'static str) = (account.id.as_str(), row.noun.into());
    let mut former = sql!["delete from view_defaults where account_id = ", id, " and noun = ", noun];
    if !is_default {
        // Another one stays.
        former.append(sql![" and view_id = ", row.id.as_str()]);
    }
    tx.exec(former).await?;
    if is_default {
        tx.exec(insert! { "view_defaults", account_id: id, noun: noun, view_id: row.id.as_str() }).await?;
    }
    Ok(())
}

pub async fn managed_accounts_of(cx: &mut Cx, account: &Account) -> Result<ManagedAccounts, Error> {
    let stored: Option<String> =
        cx.opt(sql!["select managed_accounts from view_settings where account_id = ", account.id.as_str()]).await?;
    Ok(stored.and_then(|stored| stored.parse().ok()).unwrap_or_default())
}

pub async fn set_managed_accounts(tx: &mut Tx, account: &Account, which: ManagedAccounts) -> Result<(), Error> {
    let (id, which): (&str, &'static str) = (account.id.as_str(), which.into());
    tx.exec(sql![
        "insert into view_settings (account_id, managed_accounts) values (",
        id,
        ", ",
        which,
        ") on conflict (account_id) do update set managed_accounts = excluded.managed_accounts"
    ])
    .await?;
    Ok(())
}

/// Deletes what an account has, which goes itself.
pub async fn delete_of_account(tx: &mut Tx, account: &str) -> Result<(), Error> {
    tx.exec(sql!["delete from view_settings where account_id = ", account]).await?;
    tx.exec(sql!["delete from view_defaults where account_id = ", account]).await?;
    tx.exec(sql!["delete from view_defaults where view_id in (select id from views where account_id = ", account, ")"])
        .await?;
    tx.exec(sql!["delete from views where account_id = ", account]).await?;
    Ok(())
}

/// Deletes what is shared at a customer, which goes itself, and what its own account has.
pub async fn delete_of_customer(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    let id = customer.as_str();
    delete_of_account(tx, id).await?;
    tx.exec(sql!["delete from view_defaults where view_id in (select id from views where customer_id = ", id, ")"])
        .await?;
    tx.exec(sql!["delete from views where customer_id = ", id]).await?;
    Ok(())
}
