//! Where people are signed in, and ending that: one's own sessions, and those of people below.

use api::change::ChangeAction;
use api::id::{CustomerId, SessionId, UserId};
use api::session::{SessionList, SessionShown, SessionsEnded};
use api::units::Time;
use api::{Code, Error};
use base::authz::{Account, AccountId, Permission};
use base::change::Entry;
use base::credentials::{IDLE, LONGEST, Session, account_with};
use base::cx::{Cx, Tx};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::sql::{self, ListedRow};

/// One's own.
pub(super) async fn own(cx: &mut Cx, current: Option<&Session>) -> Result<SessionList, Error> {
    let account = cx.account()?;
    of(cx, &account.id, current).await
}

pub(super) async fn of_user(cx: &mut Cx, id: &UserId, current: Option<&Session>) -> Result<SessionList, Error> {
    let account = cx.account()?;
    let (row, _) = crate::users::fetch(cx, &account, id, Permission::ManageUsers).await?;
    of(cx, &AccountId::User(row.id), current).await
}

pub(super) async fn of_customer(cx: &mut Cx, id: &CustomerId, current: Option<&Session>) -> Result<SessionList, Error> {
    let account = cx.account()?;
    let row = crate::customers::fetch(cx, &account, id, Permission::ManageUsers).await?;
    of(cx, &AccountId::Customer(row.id), current).await
}

async fn of(cx: &mut Cx, account: &AccountId, current: Option<&Session>) -> Result<SessionList, Error> {
    let now = cx.now;
    let rows = sql::of_account(cx, account, before(now, LONGEST).as_microsecond()).await?;
    let mut items: Vec<SessionShown> = rows.into_iter().filter_map(|row| view(cx, row, current)).collect();
    items.sort_by_key(|session| std::cmp::Reverse(session.last_seen_at));
    Ok(SessionList { items })
}

fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

/// Nothing where it has ended by itself.
fn view(cx: &Cx, row: ListedRow, current: Option<&Session>) -> Option<SessionShown> {
    let stored = Time::from_micros(row.last_seen_at).0;
    // The last use may not be stored yet.
    let seen = cx.app.seen.of(&row.token_hash).map_or(stored, |seen| stored.max(seen));
    let created = Time::from_micros(row.created_at).0;
    let after = |from: Timestamp, span| from.checked_add(span).unwrap_or(Timestamp::MAX);
    let expires_at = after(seen, IDLE).min(after(created, LONGEST));
    (expires_at > cx.now).then(|| SessionShown {
        is_current: current.is_some_and(|current| current.id == row.id),
        id: row.id,
        address: row.address,
        browser: row.browser,
        created_at: Time(created),
        last_seen_at: Time(seen),
        expires_at: Time(expires_at),
    })
}

fn owner_of(row: &ListedRow) -> AccountId {
    match (&row.user_id, &row.customer_id) {
        (Some(user), _) => AccountId::User(UserId::from_text(user.as_str())),
        (None, customer) => AccountId::Customer(CustomerId::from_text(customer.clone().unwrap_or_default())),
    }
}

/// Whoever may manage a person may end what is theirs, unless that person may more.
pub(crate) fn may_end(account: &Account, owner: &Account) -> Result<(), Error> {
    account.authorize(Permission::ManageUsers, &owner.path)?;
    crate::users::refuse_more(account, owner.permissions, &owner.path, true)
}

pub(super) async fn revoke(tx: &mut Tx, id: &SessionId) -> Result<(), Error> {
    let account = tx.account()?;
    let row = sql::find_anywhere(tx, id).await?.ok_or_else(Error::not_found)?;
    let owner = owner_of(&row);
    let owner = account_with(tx, &owner).await?.ok_or_else(Error::not_found)?;
    if owner.id != account.id {
        if !account.sees(&owner.path) {
            return Err(Error::not_found());
        }
        may_end(&account, &owner)?;
    }
    sql::delete(tx, &row.token_hash).await?;
    let from = json!({ "address": row.address, "browser": row.browser });
    tx.record(Entry::new(ChangeAction::SessionRevoked, super::subject(&owner)).before(from));
    Ok(())
}

pub(super) async fn revoke_others(tx: &mut Tx, current: Option<&Session>) -> Result<SessionsEnded, Error> {
    let account = tx.account()?;
    let Some(current) = current else {
        return Err(Error::new(Code::TokenNotAllowed, "Sign in to do this; an API token may not."));
    };
    let but = Some(current.token_hash.as_str());
    let ended = match &account.id {
        AccountId::User(id) => sql::delete_of_user(tx, id, but).await?,
        AccountId::Customer(id) => sql::delete_of_customer(tx, id, but).await?,
    };
    if ended > 0 {
        let entry = Entry::new(ChangeAction::SessionRevoked, super::subject(&account));
        tx.record(entry.before(json!({ "sessions": ended })));
    }
    Ok(SessionsEnded { ended })
}
