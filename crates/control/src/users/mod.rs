//! User accounts: people who sign in with an email address and see the subtree of their customer.

pub(crate) mod bulk;
pub mod http;
pub mod sql;

use api::change::ActorKind;
use api::change::ChangeAction;
use api::id::{CustomerId, UserId};
use api::invitation::Invitation;
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::units::{Action, Time};
use api::user::{Role, User, UserCreate, UserUpdate};
use api::{Code, Error, Level};
use serde_json::Value;
use strum::VariantNames;
use tree::Path;
use utoipa::PartialSchema;

use self::sql::{CustomerOfUser, UserRow};
use crate::customers;
use crate::customers::sql::CustomerRow;
use base::authn::check_password;
use base::authz::{Account, AccountId, Permission};
use base::change::{Entry, Subject, snapshot};
use base::cx::{Cx, Tx};
use base::list::{Beside, Field, Found, Noun, Place, Population};
use base::text::{self, Checks};
use base::version::IfMatch;

static CUSTOMER: Beside = Beside { table: "customers c", on: "c.id = u.customer_id", id: None, place: None };

pub(crate) static NOUN: Noun = Noun {
    table: "users u",
    id: "u.id",
    place: Place { column: "c.path", beside: Some(&CUSTOMER) },
    parent: "u.customer_id",
    level: None,
    search: "u.search",
    grams: None,
    // People aren't totalled; there are about as many as nodes at most.
    population: |scope| Population { here: None, all: scope.all_nodes },
    fields: &[
        Field::text("name", "u.name_folded").sorted().searched(),
        Field::id("id", "u.id"),
        Field::id("customer_id", "u.customer_id"),
        Field::text("customer_name", "c.company_folded").of(&CUSTOMER),
        Field::text("email", "u.email_folded").sorted().searched(),
        Field::words("role", "u.role", Role::VARIANTS),
        Field::flag("has_password", "(u.password_hash is not null)"),
        Field::time("last_sign_in_at", "coalesce(u.last_sign_in_at, 0)").optional_as_zero().sorted(),
        Field::time("created_at", "u.created_at").sorted(),
    ],
};

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<User>, Error> {
    let account = cx.account()?;
    let found = find(cx, query).await?;
    let rows = found.arrange(sql::with_these_ids(cx, found.ids()).await?, |(row, _)| row.id.as_str());
    let items = rows.into_iter().map(|(row, home)| view(&account, row, &home)).collect();
    Ok(base::list::page(items, found.next, found.total))
}

/// The ids of a page of the list.
async fn find(cx: &mut Cx, query: &ListQuery) -> Result<Found, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadUsers, &account.path)?;
    base::list::find(cx, &account, query, &NOUN).await
}

/// How many accounts of the list have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadUsers, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

/// The account with this id, for a purpose, with its customer.
pub(crate) async fn fetch(
    cx: &mut Cx,
    account: &Account,
    id: &UserId,
    permission: Permission,
) -> Result<(UserRow, CustomerOfUser), Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |(_, home)| &home.path, permission)
}

pub async fn show(cx: &mut Cx, id: &UserId) -> Result<User, Error> {
    let account = cx.account()?;
    let (row, home) = fetch(cx, &account, id, Permission::ReadUsers).await?;
    Ok(view(&account, row, &home))
}

fn view(account: &Account, row: UserRow, home: &CustomerOfUser) -> User {
    let action = |name: &str| match account.refusal(Permission::ManageUsers, &home.path) {
        Some(reason) => Action::refused(name, Code::Forbidden, reason),
        None => Action::allowed(name),
    };
    let is_self = account.id == AccountId::User(row.id.clone());
    let delete = match action("delete") {
        allowed if allowed.allowed && is_self => {
            Action::refused("delete", Code::Forbidden, "Nobody removes the account they are signed in with.")
        }
        action => action,
    };
    User {
        version: row.version,
        customer_id: row.customer_id,
        customer_name: home.company_name.clone(),
        email: row.email,
        name: row.name,
        role: row.role,
        has_password: row.password_hash.is_some(),
        last_sign_in_at: row.last_sign_in_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        actions: vec![action("edit"), action("invite"), delete],
        id: row.id,
    }
}

pub(crate) fn subject(row: &UserRow, path: &Path) -> Subject {
    Subject {
        kind: "user",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: path.clone(),
    }
}

/// Fields that are acceptable by themselves, in their stored form.
#[derive(Clone, Debug, Default)]
pub struct CheckedUser {
    email: Option<String>,
    name: Option<String>,
}

impl CheckedUser {
    /// `T`: the request. `known`: what the account and its customer are called already.
    pub fn of<T: PartialSchema>(
        email: Option<&str>,
        name: Option<&str>,
        password: Option<&str>,
        known: &[String],
    ) -> Result<Self, Error> {
        let mut checks = Checks::of::<T>();
        let checked = Self {
            email: email.and_then(|email| checks.email("email", email)),
            name: name.and_then(|name| checks.line("name", name)),
        };
        if let Some(password) = password {
            let known: Vec<&str> = known.iter().map(String::as_str).chain(email).chain(name).collect();
            checks.take("password", check_password(password, &known));
        }
        checks.finish()?;
        Ok(checked)
    }
}

pub async fn create(
    tx: &mut Tx,
    input: &UserCreate,
    checked: &CheckedUser,
    password_hash: Option<String>,
) -> Result<User, Error> {
    let account = tx.account()?;
    let customer = home_of_new(tx, &account, &input.customer_id).await?;
    if customer.level == Level::Site {
        return Err(Error::field(
            "customer_id",
            Code::Invalid,
            "People belong to the customer, not to one of its sites.",
        ));
    }
    let row = new_row(tx, &customer.id, checked, input.role, password_hash).await?;
    let home = CustomerOfUser { company_name: customer.company_name, path: customer.path };
    Ok(view(&account, row, &home))
}

/// The first administrator of a customer that was just made: invited, with no password yet.
pub async fn invite_first(tx: &mut Tx, customer: &CustomerId, email: &str) -> Result<Invitation, Error> {
    let checked = CheckedUser { email: Some(email.to_owned()), name: Some(email.to_owned()) };
    let row = new_row(tx, customer, &checked, Role::Administrator, None).await?;
    crate::invitations::issue(tx, &row).await
}

/// What the owner of an account does with an invitation.
pub(crate) async fn set_password_by_invitation(tx: &mut Tx, id: &UserId, hash: &str) -> Result<(), Error> {
    let (row, home) = sql::find_anywhere(tx, id).await?.ok_or_else(Error::not_found)?;
    sql::set_password(tx, id, hash).await?;
    crate::sessions::sql::delete_of_user(tx, id, None).await?;
    let mut entry = Entry::new(ChangeAction::UserPasswordSet, subject(&row, &home.path));
    entry.actor = Some((ActorKind::User, row.id.to_string(), row.name.clone()));
    tx.record(entry);
    Ok(())
}

/// The first administrator, of the provider.
pub async fn make_first(
    tx: &mut Tx,
    provider: &customers::sql::CustomerRow,
    email: &str,
    password_hash: &str,
) -> Result<(), Error> {
    let checked = CheckedUser { email: Some(email.to_owned()), name: Some(email.to_owned()) };
    new_row(tx, &provider.id, &checked, Role::Administrator, Some(password_hash.to_owned())).await?;
    Ok(())
}

/// Gives the provider's account with this address the administrator's role and a new password. False if there is none.
pub(crate) async fn restore_administrator(
    tx: &mut Tx,
    provider: &customers::sql::CustomerRow,
    email: &str,
    password_hash: &str,
) -> Result<bool, Error> {
    let Some(id) = sql::id_at(tx, &provider.id, &text::fold(email)).await? else { return Ok(false) };
    let (row, home) = sql::find_anywhere(tx, &id).await?.ok_or_else(Error::not_found)?;
    let changed = UserRow { role: Role::Administrator, ..row.clone() };
    if changed.role != row.role {
        sql::update(tx, &row, &changed).await?;
        let (before, after) = base::change::difference(&snapshot(&row), &snapshot(&changed));
        tx.record(Entry::new(ChangeAction::UserUpdated, subject(&changed, &home.path)).before(before).after(after));
    }
    sql::set_password(tx, &id, password_hash).await?;
    crate::invitations::delete_of(tx, &id).await?;
    crate::sessions::sql::delete_of_user(tx, &id, None).await?;
    tx.record(Entry::new(ChangeAction::UserPasswordSet, subject(&changed, &home.path)));
    Ok(true)
}

async fn new_row(
    tx: &mut Tx,
    customer: &CustomerId,
    checked: &CheckedUser,
    role: Role,
    password_hash: Option<String>,
) -> Result<UserRow, Error> {
    let email = checked.email.clone().unwrap_or_default();
    refuse_taken(tx, &email, None).await?;
    let row = UserRow {
        id: UserId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        customer_id: customer.clone(),
        email,
        name: checked.name.clone().unwrap_or_default(),
        role,
        password_hash,
        last_sign_in_at: None,
        created_at: tx.now.as_microsecond(),
    };
    sql::insert(tx, &row).await?;
    let home = customers::sql::find_anywhere(tx, customer).await?.ok_or_else(Error::not_found)?;
    tx.record(Entry::new(ChangeAction::UserCreated, subject(&row, &home.path)).after(Value::Object(snapshot(&row))));
    Ok(row)
}

async fn refuse_taken(tx: &mut Tx, email: &str, but: Option<&UserId>) -> Result<(), Error> {
    let owner = sql::place_of_email(tx, &text::fold(email), but).await?;
    if base::attempts::tell_taken(tx, owner.as_ref())? { Err(taken()) } else { Ok(()) }
}

fn taken() -> Error {
    Error::field("email", Code::EmailTaken, "Another account signs in with this address.")
}

/// What an account and its customer are called: nothing to make a password of.
pub async fn names(cx: &mut Cx, id: &UserId) -> Result<Vec<String>, Error> {
    let account = cx.account()?;
    let (row, _) = fetch(cx, &account, id, Permission::ManageUsers).await?;
    names_with_home(cx, row).await
}

async fn names_with_home(cx: &mut Cx, row: UserRow) -> Result<Vec<String>, Error> {
    let home = customers::sql::find_anywhere(cx, &row.customer_id).await?;
    let home = home.into_iter().flat_map(|home| customers::names_of(&home));
    Ok([row.name, row.email].into_iter().chain(home).collect())
}

/// The same of an account that is to be made at a customer.
pub async fn names_of_home(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<String>, Error> {
    let account = cx.account()?;
    Ok(customers::names_of(&home_of_new(cx, &account, customer).await?))
}

/// The customer of an account that is to be made.
async fn home_of_new(cx: &mut Cx, account: &Account, customer: &CustomerId) -> Result<CustomerRow, Error> {
    customers::fetch_reference(cx, account, customer, Permission::ManageUsers).await?.ok_or_else(|| {
        let detail = "There is no such customer, or it is not yours to see.";
        Error::field("customer_id", Code::ReferenceNotFound, detail)
    })
}

/// The same for the holder of the account's invitation.
pub(crate) async fn names_of_invited(cx: &mut Cx, id: &UserId) -> Result<Vec<String>, Error> {
    match sql::find_anywhere(cx, id).await? {
        Some((row, _)) => names_with_home(cx, row).await,
        None => Ok(Vec::new()),
    }
}

pub async fn update(
    tx: &mut Tx,
    id: &UserId,
    expected: IfMatch,
    input: &UserUpdate,
    checked: &CheckedUser,
    password_hash: Option<String>,
) -> Result<User, Error> {
    let account = tx.account()?;
    let (row, home) = fetch(tx, &account, id, Permission::ManageUsers).await?;
    expected.check(row.version)?;
    let mut changed = row.clone();
    if let Some(email) = &checked.email {
        refuse_taken(tx, email, Some(id)).await?;
        if changed.email != *email {
            // The link went to the address that was wrong.
            crate::invitations::delete_of(tx, id).await?;
        }
        changed.email.clone_from(email);
    }
    if let Some(name) = &checked.name {
        changed.name.clone_from(name);
    }
    if let Some(role) = input.role
        && role != row.role
    {
        keep_an_administrator(tx, &row, &home).await?;
        changed.role = role;
    }
    let sets_password = password_hash.is_some();
    if sets_password {
        refuse_self(&account, &row)?;
    }
    if sets_password {
        changed.password_hash = password_hash;
        crate::sessions::sql::delete_of_user(tx, id, None).await?;
        crate::invitations::delete_of(tx, id).await?;
    }
    let (before, after) = base::change::difference(&snapshot(&row), &snapshot(&changed));
    if before == after && !sets_password {
        return Ok(view(&account, row, &home));
    }
    sql::update(tx, &row, &changed).await?;
    changed.version += 1;
    if before != after {
        tx.record(Entry::new(ChangeAction::UserUpdated, subject(&changed, &home.path)).before(before).after(after));
    }
    if sets_password {
        tx.record(Entry::new(ChangeAction::UserPasswordSet, subject(&changed, &home.path)));
    }
    Ok(view(&account, changed, &home))
}

/// One's own password is set with the present one, so that a stolen session doesn't become the account.
pub(crate) fn refuse_self(account: &Account, row: &UserRow) -> Result<(), Error> {
    if account.id == AccountId::User(row.id.clone()) {
        return Err(Error::new(Code::Forbidden, "Your own password is set with the present one, in your account."));
    }
    Ok(())
}

/// Somebody must be left who can sign in at the top.
async fn keep_an_administrator(cx: &mut Cx, row: &UserRow, home: &CustomerOfUser) -> Result<(), Error> {
    let is_provider = home.path.ids().count() == 1;
    if is_provider
        && row.role == Role::Administrator
        && sql::other_administrators(cx, &row.customer_id, &row.id).await? == 0
    {
        return Err(Error::new(Code::LastAdministrator, "The provider's last administrator stays one."));
    }
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: &UserId, expected: Option<IfMatch>) -> Result<(), Error> {
    let account = tx.account()?;
    let (row, home) = fetch(tx, &account, id, Permission::ManageUsers).await?;
    IfMatch::check_if_given(expected, row.version)?;
    if account.id == AccountId::User(row.id.clone()) {
        return Err(Error::new(Code::Forbidden, "Nobody removes the account they are signed in with."));
    }
    keep_an_administrator(tx, &row, &home).await?;
    delete_with_all(tx, id).await?;
    tx.record(Entry::new(ChangeAction::UserDeleted, subject(&row, &home.path)).before(Value::Object(snapshot(&row))));
    Ok(())
}

/// Deletes an account with its sessions and invitations.
async fn delete_with_all(tx: &mut Tx, id: &UserId) -> Result<(), Error> {
    crate::sessions::sql::delete_of_user(tx, id, None).await?;
    crate::invitations::delete_of(tx, id).await?;
    sql::delete(tx, id).await?;
    Ok(())
}

/// Deletes all accounts of a customer that goes.
pub(crate) async fn delete_of(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    for id in sql::ids_of(tx, customer).await? {
        delete_with_all(tx, &id).await?;
    }
    Ok(())
}
