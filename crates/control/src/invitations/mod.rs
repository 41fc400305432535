//! Invitations: a link that lets one person set the password of an account, once and for a week. It is shown to whoever
//! invites, to be handed on; also the way back in for somebody who has lost a password.

pub mod http;

use std::collections::HashMap;

use api::change::ChangeAction;
use api::id::{CustomerId, UserId};
use api::invitation::{CustomerInvitation, Invitation, InvitationCreate};
use api::units::{Secret, Time};
use api::{Code, Error};
use db::{Sql, insert, list, sql};
use jiff::{SignedDuration, Timestamp};

use crate::customers::sql::CustomerRow;
use crate::{customers, mail, users};
use base::App;
use base::authn::{token, token_hash};
use base::authz::{Account, AccountId, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};

pub(crate) const VALID_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A link for a lost password is used at once.
pub(crate) const LOST_VALID_FOR: SignedDuration = SignedDuration::from_hours(1);

pub(crate) const NO_ADDRESS: &str = "The customer has no email address.";

/// Invites the owner of an account. Earlier links of the account end.
pub async fn create(tx: &mut Tx, id: &UserId, how: InvitationCreate) -> Result<Invitation, Error> {
    let account = tx.account()?;
    let (row, home) = users::fetch(tx, &account, id, Permission::ManageUsers).await?;
    users::refuse_self(&account, &row)?;
    users::refuse_who_holds_more(&account, &row, &home.path)?;
    if row.password_hash.is_some() || row.last_sign_in_at.is_some() {
        account.refuse_token()?;
    }
    if !row.is_active {
        return Err(Error::new(Code::Forbidden, users::INACTIVE));
    }
    let invitation = issue_so(tx, &account, &row, how).await?;
    tx.record(Entry::new(ChangeAction::UserInvited, users::subject(&row, &home.path)));
    Ok(invitation)
}

/// Makes the link for an account that the caller may manage, and sends it where it is to be sent.
pub(crate) async fn issue_so(
    tx: &mut Tx,
    by: &Account,
    user: &users::sql::UserRow,
    how: InvitationCreate,
) -> Result<Invitation, Error> {
    let mut invitation = issue(tx, user).await?;
    if how.by_mail
        && let Some(url) = invitation.url.take()
    {
        send(tx, by, &user.customer_id, &user.email, &user.email, &url).await?;
    }
    Ok(invitation)
}

/// Makes the link for an account that the caller may manage.
pub(crate) async fn issue(tx: &mut Tx, user: &users::sql::UserRow) -> Result<Invitation, Error> {
    let owner = AccountId::User(user.id.clone());
    delete_of(tx, &owner).await?;
    let (url, expires_at) = link(tx, &owner, VALID_FOR).await?;
    Ok(Invitation { user_id: user.id.clone(), email: user.email.clone(), url: Some(url), expires_at })
}

/// Invites whoever holds a customer's own account. Earlier links of the account end.
pub async fn create_for_customer(
    tx: &mut Tx,
    id: &CustomerId,
    how: InvitationCreate,
) -> Result<CustomerInvitation, Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::SetPasswords).await?;
    let (username, url, expires_at) = link_for_customer(tx, &account, &row).await?;
    let url = if how.by_mail {
        let Some(email) = &row.email else {
            return Err(Error::field("by_mail", Code::Required, NO_ADDRESS));
        };
        send(tx, &account, &row.id, email, &username, &url).await?;
        None
    } else {
        Some(url)
    };
    Ok(CustomerInvitation { customer_id: row.id, username, url, expires_at })
}

/// The link with which whoever holds a customer's own account sets its password, with the username. Earlier links of the
/// account end.
pub(crate) async fn link_for_customer(
    tx: &mut Tx,
    account: &Account,
    row: &CustomerRow,
) -> Result<(String, Secret, Time), Error> {
    let Some(username) = row.username.clone() else { return Err(customers::no_username(".")) };
    if !row.has_web_access() {
        return Err(Error::field(".", Code::Invalid, "Web access of the customer is switched off."));
    }
    // Whoever has a username has a password.
    account.refuse_token()?;
    let owner = AccountId::Customer(row.id.clone());
    delete_of(tx, &owner).await?;
    let (url, expires_at) = link(tx, &owner, VALID_FOR).await?;
    tx.record(Entry::new(ChangeAction::CustomerInvited, customers::subject(row)));
    Ok((username, url, expires_at))
}

/// Whether people can be invited in this way at all.
///
/// # Errors
/// `mail_off`.
pub(crate) async fn check(cx: &mut Cx, how: InvitationCreate) -> Result<(), Error> {
    if how.by_mail { mail::require(cx).await } else { Ok(()) }
}

/// Sends a link instead of showing it: so only the owner of the address has it.
async fn send(
    tx: &mut Tx,
    by: &Account,
    customer: &CustomerId,
    to: &str,
    login: &str,
    link: &Secret,
) -> Result<(), Error> {
    let home = customers::sql::find_anywhere(tx, &by.customer_id).await?.ok_or_else(Error::not_found)?;
    let letter = mail::invitation(&home.company_name, &tx.app.config.public_url, login, link.expose());
    mail::post(tx, customer, to, &letter).await
}

/// A link for somebody who has lost a password. The ones before it stay: whoever asks for it may be somebody else.
pub(crate) async fn link_for_lost(tx: &mut Tx, owner: &AccountId) -> Result<Secret, Error> {
    Ok(link(tx, owner, LOST_VALID_FOR).await?.0)
}

async fn link(tx: &mut Tx, owner: &AccountId, valid_for: SignedDuration) -> Result<(Secret, Time), Error> {
    let secret = token(tx.app.random)?;
    let expires_at = tx.now.checked_add(valid_for).unwrap_or(Timestamp::MAX);
    let (user_id, customer_id) = match owner {
        AccountId::User(id) => (Some(id), None),
        AccountId::Customer(id) => (None, Some(id)),
    };
    tx.exec(insert! { "invitations",
        token_hash: token_hash(&secret),
        user_id: user_id,
        customer_id: customer_id,
        expires_at: expires_at.as_microsecond(),
    })
    .await?;
    let url = Secret::new(format!("{}/invitation#token={secret}", tx.app.config.public_url));
    Ok((url, Time(expires_at)))
}

/// Until when the link of a user `u` holds; nothing where there is none.
pub(crate) fn open_until(now: Timestamp) -> Sql {
    let now = now.as_microsecond();
    sql!["(select max(i.expires_at) from invitations i where i.user_id = u.id and i.expires_at > ", now, ")"]
}

/// The same of these accounts, in microseconds.
pub(crate) async fn open_of(cx: &mut Cx, users: impl Iterator<Item = &str>) -> Result<HashMap<String, i64>, Error> {
    let now = cx.now.as_microsecond();
    let rows: Vec<(String, i64)> = cx
        .all(sql![
            "select user_id, expires_at from invitations where expires_at > ",
            now,
            " and user_id in ",
            list(users)
        ])
        .await?;
    Ok(rows.into_iter().collect())
}

/// Ends the links of an account.
pub(crate) async fn delete_of(tx: &mut Tx, owner: &AccountId) -> Result<(), Error> {
    tx.exec(match owner {
        AccountId::User(id) => sql!["delete from invitations where user_id = ", id],
        AccountId::Customer(id) => sql!["delete from invitations where customer_id = ", id],
    })
    .await?;
    Ok(())
}

/// Forgets links that have expired. Returns how many.
pub(crate) async fn forget_expired(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| async {
        let now = tx.now.as_microsecond();
        let limit = base::background::PIECE.cast_signed();
        tx.exec(sql![
            "delete from invitations where token_hash in (select token_hash from invitations where expires_at <= ",
            now,
            " order by token_hash limit ",
            limit,
            ")"
        ])
        .await
    }
    .await)
}

/// The account that a link is for.
pub async fn find(cx: &mut Cx, secret: &str) -> Result<AccountId, Error> {
    let now = cx.now.as_microsecond();
    let owner: Option<(Option<String>, Option<String>)> = cx
        .opt(sql![
            "select user_id, customer_id from invitations where token_hash = ",
            token_hash(secret),
            " and expires_at > ",
            now
        ])
        .await?;
    match owner {
        Some((Some(user), _)) => Ok(AccountId::User(UserId::from_text(user))),
        Some((_, Some(customer))) => Ok(AccountId::Customer(CustomerId::from_text(customer))),
        _ => {
            let detail = "The link is not valid, was used, or has expired. Ask for a new one.";
            Err(Error::new(Code::InvitationInvalid, detail))
        }
    }
}

/// What the owner of an account is called: nothing to make a password of.
pub async fn names_of(cx: &mut Cx, owner: &AccountId) -> Result<Vec<String>, Error> {
    match owner {
        AccountId::User(id) => users::names_of_invited(cx, id).await,
        AccountId::Customer(id) => customers::names_of_invited(cx, id).await,
    }
}

/// Sets the account's password; its link and its sessions end.
pub async fn accept(tx: &mut Tx, secret: &str, password_hash: &str) -> Result<(), Error> {
    let owner = find(tx, secret).await?;
    delete_of(tx, &owner).await?;
    match &owner {
        AccountId::User(id) => users::set_password_by_invitation(tx, id, password_hash).await,
        AccountId::Customer(id) => customers::set_password_by_invitation(tx, id, password_hash).await,
    }
}
