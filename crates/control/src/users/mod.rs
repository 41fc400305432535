//! User accounts: people who sign in with an email address and see the subtree of their customer.

pub(crate) mod bulk;
mod export;
mod holding;
pub mod http;
pub mod sql;

use api::change::ActorKind;
use api::change::ChangeAction;
use api::id::{CustomerId, UserId};
use api::invitation::{Invitation, InvitationCreate};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::units::{Action, Time};
use api::user::{Role, User, UserCreate, UserUpdate};
use api::{Code, Error, Level};
use serde_json::Value;
use strum::VariantNames;
use tree::Path;
use utoipa::PartialSchema;

pub(crate) use self::holding::{INACTIVE, refuse_more, refuse_who_holds_more};
use self::holding::{SELF_DEACTIVATED, WhoCount, is_first_officer, keep_who_counts, refuse_grant};
use self::sql::{CustomerOfUser, UserRow};
use crate::customers::sql::CustomerRow;
use crate::{customers, invitations};
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
        Field::flag("is_key_officer", "u.is_key_officer"),
        Field::flag("is_active", "u.is_active"),
        Field::flag("has_password", "(u.password_hash is not null)"),
        Field::flag("has_second_factor", crate::factors::OF_USER),
        Field::time("invitation_expires_at", "u.id").optional().seen(|asker| invitations::open_until(asker.now)),
        Field::time("last_sign_in_at", "coalesce(u.last_sign_in_at, 0)").optional_as_zero().sorted(),
        Field::time("created_at", "u.created_at").sorted(),
    ],
};

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<User>, Error> {
    let account = cx.account()?;
    let found = find(cx, query).await?;
    let rows = found.arrange(sql::with_these_ids(cx, found.ids()).await?, |(row, _)| row.id.as_str());
    let items = rows.into_iter().map(|(row, home)| view(&account, row, &home)).collect();
    Ok(base::list::page(invited(cx, items).await?, found.next, found.total))
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
    one_invited(cx, view(&account, row, &home)).await
}

/// The same accounts, with how long their links hold, who signs in with a second factor, and who has to stay.
async fn invited(cx: &mut Cx, mut users: Vec<User>) -> Result<Vec<User>, Error> {
    let open = invitations::open_of(cx, users.iter().map(|user| user.id.as_str())).await?;
    for user in &mut users {
        user.invitation_expires_at = open.get(user.id.as_str()).copied().map(Time::from_micros);
    }
    crate::factors::mark(cx, &mut users).await?;
    WhoCount::with(cx, &users).await?.mark(&mut users);
    Ok(users)
}

async fn one_invited(cx: &mut Cx, user: User) -> Result<User, Error> {
    let mut users = invited(cx, vec![user]).await?;
    users.pop().ok_or_else(|| Error::internal("an account was lost"))
}

fn view(account: &Account, row: UserRow, home: &CustomerOfUser) -> User {
    let holds_more = refuse_who_holds_more(account, &row, &home.path).err();
    let action = |name: &str| match (account.refusal(Permission::ManageUsers, &home.path), &holds_more) {
        (Some(reason), _) => Action::refused(name, Code::Forbidden, reason),
        (None, Some(refused)) => Action::refused(name, refused.code, refused.detail.clone()),
        (None, None) => Action::allowed(name),
    };
    let is_self = account.id == AccountId::User(row.id.clone());
    let to_others = |name: &str, why: &str| match action(name) {
        allowed if allowed.allowed && is_self => Action::refused(name, Code::Forbidden, why),
        action => action,
    };
    let delete = to_others("delete", "Nobody removes the account they are signed in with.");
    let reset = to_others("reset_factors", "Your own are removed one by one, in your account.");
    let invite = match to_others("invite", OWN_PASSWORD) {
        allowed if allowed.allowed && !row.is_active => Action::refused("invite", Code::Forbidden, INACTIVE),
        action => action,
    };
    let switch = to_others(if row.is_active { "deactivate" } else { "activate" }, SELF_DEACTIVATED);
    let end_sessions = action("end_sessions");
    User {
        version: row.version,
        customer_id: row.customer_id,
        customer_name: home.company_name.clone(),
        email: row.email,
        name: row.name,
        role: row.role,
        is_key_officer: row.is_key_officer,
        is_active: row.is_active,
        has_password: row.password_hash.is_some(),
        has_second_factor: false,
        last_sign_in_at: row.last_sign_in_at.map(Time::from_micros),
        invitation_expires_at: None,
        created_at: Time::from_micros(row.created_at),
        actions: vec![action("edit"), invite, switch, end_sessions, reset, delete],
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
    let is_key_officer = match input.is_key_officer {
        Some(given) => given,
        None => is_first_officer(tx, &customer.id, input.role).await?,
    };
    refuse_grant(&account, input.role, input.is_key_officer.unwrap_or(false))?;
    let row = new_row(tx, &customer.id, checked, input.role, is_key_officer, password_hash).await?;
    let home = CustomerOfUser { company_name: customer.company_name, path: customer.path };
    Ok(view(&account, row, &home))
}

/// The first administrator of a customer that was just made: invited, with no password yet.
pub async fn invite_first(
    tx: &mut Tx,
    by: &Account,
    customer: &CustomerId,
    email: &str,
    how: InvitationCreate,
) -> Result<Invitation, Error> {
    let checked = CheckedUser { email: Some(email.to_owned()), name: Some(email.to_owned()) };
    let is_key_officer = is_first_officer(tx, customer, Role::Administrator).await?;
    let row = new_row(tx, customer, &checked, Role::Administrator, is_key_officer, None).await?;
    crate::invitations::issue_so(tx, by, &row, how).await
}

/// What the owner of an account does with an invitation.
pub(crate) async fn set_password_by_invitation(tx: &mut Tx, id: &UserId, hash: &str) -> Result<(), Error> {
    let (row, home) = sql::find_anywhere(tx, id).await?.ok_or_else(Error::not_found)?;
    sql::set_password(tx, id, hash).await?;
    crate::sessions::sql::delete_of_user(tx, id, None).await?;
    crate::tokens::sql::delete_of_user(tx, id).await?;
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
    role: Role,
) -> Result<(), Error> {
    let checked = CheckedUser { email: Some(email.to_owned()), name: Some(email.to_owned()) };
    new_row(tx, &provider.id, &checked, role, true, Some(password_hash.to_owned())).await?;
    Ok(())
}

/// Lets the provider's account with this address be an administrator and key officer, with a new password. False if there is none.
pub(crate) async fn restore_administrator(
    tx: &mut Tx,
    provider: &customers::sql::CustomerRow,
    email: &str,
    password_hash: &str,
    role: Role,
) -> Result<bool, Error> {
    let Some(id) = sql::id_at(tx, &provider.id, &text::fold(email)).await? else { return Ok(false) };
    let (row, home) = sql::find_anywhere(tx, &id).await?.ok_or_else(Error::not_found)?;
    let role = if row.role == Role::SuperUser { row.role } else { role };
    let changed = UserRow { role, is_active: true, is_key_officer: true, ..row.clone() };
    if (changed.role, changed.is_active, changed.is_key_officer) != (row.role, row.is_active, row.is_key_officer) {
        sql::update(tx, &row, &changed).await?;
        let (before, after) = base::change::difference(&snapshot(&row), &snapshot(&changed));
        tx.record(Entry::new(ChangeAction::UserUpdated, subject(&changed, &home.path)).before(before).after(after));
    }
    sql::set_password(tx, &id, password_hash).await?;
    crate::invitations::delete_of(tx, &AccountId::User(id.clone())).await?;
    crate::sessions::sql::delete_of_user(tx, &id, None).await?;
    crate::factors::reset_from_host(tx, subject(&changed, &home.path)).await?;
    crate::tokens::sql::delete_of_user(tx, &id).await?;
    tx.record(Entry::new(ChangeAction::UserPasswordSet, subject(&changed, &home.path)));
    Ok(true)
}

async fn new_row(
    tx: &mut Tx,
    customer: &CustomerId,
    checked: &CheckedUser,
    role: Role,
    is_key_officer: bool,
    password_hash: Option<String>,
) -> Result<UserRow, Error> {
    let email = checked.email.clone().unwrap_or_default();
    let home = customers::sql::find_anywhere(tx, customer).await?.ok_or_else(Error::not_found)?;
    refuse_taken(tx, &email, None).await?;
    let row = UserRow {
        id: UserId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        customer_id: customer.clone(),
        login: Some(text::fold(&email)),
        email,
        name: checked.name.clone().unwrap_or_default(),
        role,
        is_key_officer,
        is_active: true,
        password_hash,
        last_sign_in_at: None,
        created_at: tx.now.as_microsecond(),
    };
    sql::insert(tx, &row).await?;
    tx.record(Entry::new(ChangeAction::UserCreated, subject(&row, &home.path)).after(Value::Object(snapshot(&row))));
    Ok(row)
}

/// What is to be deleted keeps nobody from an address: its account can't be signed in to by it any more, and has it again if
/// it comes back and the address is free by then.
async fn refuse_taken(tx: &mut Tx, email: &str, but: Option<&UserId>) -> Result<(), Error> {
    let owner = sql::other_with_login(tx, &text::fold(email), but).await?;
    if let Some((id, path)) = &owner
        && customers::sql::is_deleting(tx, path).await?
    {
        sql::give_up_login(tx, id).await?;
        crate::sessions::sql::delete_of_user(tx, id, None).await?;
        return Ok(());
    }
    if base::attempts::tell_taken(tx, owner.as_ref().map(|(_, path)| path))? { Err(taken()) } else { Ok(()) }
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

/// Whether this would be another address of the caller's own.
pub(crate) async fn is_own_address(cx: &mut Cx, id: &UserId, email: &str) -> Result<bool, Error> {
    let account = cx.account()?;
    if account.id != AccountId::User(id.clone()) || account.token.is_some() {
        return Ok(false);
    }
    let (row, _) = fetch(cx, &account, id, Permission::ManageUsers).await?;
    Ok(row.email != email.trim())
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
    refuse_who_holds_more(&account, &row, &home.path)?;
    expected.check(row.version)?;
    let mut changed = row.clone();
    if let Some(email) = &checked.email {
        refuse_taken(tx, email, Some(id)).await?;
        changed.login = Some(text::fold(email));
        if changed.email != *email {
            // A link for a lost password would go to the new one.
            if row.password_hash.is_some() || row.last_sign_in_at.is_some() {
                account.refuse_token()?;
            }
            // The link went to the address that was wrong.
            crate::invitations::delete_of(tx, &AccountId::User(id.clone())).await?;
        }
        changed.email.clone_from(email);
    }
    if let Some(name) = &checked.name {
        changed.name.clone_from(name);
    }
    changed.role = input.role.unwrap_or(row.role);
    changed.is_key_officer = match input.is_key_officer {
        Some(given) => given,
        // Whose new role can't be one isn't one any more.
        None => row.is_key_officer && changed.role.may_be_key_officer(),
    };
    let is_first = input.role.is_some() && is_first_officer(tx, &row.customer_id, changed.role).await?;
    changed.is_key_officer |= is_first && input.is_key_officer.is_none();
    if (changed.role, changed.is_key_officer) != (row.role, row.is_key_officer) {
        let is_granted = changed.is_key_officer && !is_first;
        refuse_grant(&account, changed.role, is_granted)?;
    }
    changed.is_active = input.is_active.unwrap_or(row.is_active);
    keep_who_counts(tx, &row, Some(&changed)).await?;
    if !changed.is_active && row.is_active {
        if account.id == AccountId::User(row.id.clone()) {
            return Err(Error::new(Code::Forbidden, SELF_DEACTIVATED));
        }
        crate::sessions::sql::delete_of_user(tx, id, None).await?;
        crate::invitations::delete_of(tx, &AccountId::User(id.clone())).await?;
    }
    let sets_password = password_hash.is_some();
    if sets_password {
        account.refuse_token()?;
        refuse_self(&account, &row)?;
    }
    if sets_password {
        changed.password_hash = password_hash;
        crate::sessions::sql::delete_of_user(tx, id, None).await?;
        // Whoever had the account has no programs left in it.
        crate::tokens::sql::delete_of_user(tx, id).await?;
        crate::invitations::delete_of(tx, &AccountId::User(id.clone())).await?;
    }
    let (before, after) = base::change::difference(&snapshot(&row), &snapshot(&changed));
    if before == after && !sets_password {
        return one_invited(tx, view(&account, row, &home)).await;
    }
    sql::update(tx, &row, &changed).await?;
    changed.version += 1;
    if before != after {
        tx.record(Entry::new(ChangeAction::UserUpdated, subject(&changed, &home.path)).before(before).after(after));
    }
    if sets_password {
        tx.record(Entry::new(ChangeAction::UserPasswordSet, subject(&changed, &home.path)));
    }
    one_invited(tx, view(&account, changed, &home)).await
}

/// One's own password is set with the present one, so that a stolen session doesn't become the account.
const OWN_PASSWORD: &str = "Your own password is set with the present one, in your account.";

pub(crate) fn refuse_self(account: &Account, row: &UserRow) -> Result<(), Error> {
    if account.id == AccountId::User(row.id.clone()) {
        return Err(Error::new(Code::Forbidden, OWN_PASSWORD));
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
    refuse_who_holds_more(&account, &row, &home.path)?;
    keep_who_counts(tx, &row, None).await?;
    remove(tx, &row, &home.path).await
}

async fn remove(tx: &mut Tx, row: &UserRow, path: &Path) -> Result<(), Error> {
    delete_with_all(tx, &row.id).await?;
    tx.record(Entry::new(ChangeAction::UserDeleted, subject(row, path)).before(Value::Object(snapshot(row))));
    Ok(())
}

/// Removes those at and below a place by whose addresses others sign in meanwhile.
pub(crate) async fn remove_given_away(tx: &mut Tx, path: &Path) -> Result<(), Error> {
    for (row, home) in sql::with_logins_given_away(tx, path, usize::MAX).await? {
        remove(tx, &row, &home.path).await?;
    }
    Ok(())
}

/// Deletes an account with its sessions, tokens, invitations and factors.
async fn delete_with_all(tx: &mut Tx, id: &UserId) -> Result<(), Error> {
    crate::sessions::sql::delete_of_user(tx, id, None).await?;
    crate::invitations::delete_of(tx, &AccountId::User(id.clone())).await?;
    crate::tokens::sql::delete_of_user(tx, id).await?;
    crate::views::delete_of_account(tx, id.as_str()).await?;
    crate::factors::delete_of(tx, id.as_str()).await?;
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
