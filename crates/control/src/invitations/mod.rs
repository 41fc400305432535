//! Invitations: a link that lets one person set the password of an account, once and for a week. It is shown to whoever
//! invites, to be handed on; also the way back in for somebody who has lost a password.

pub mod http;

use api::change::ChangeAction;
use api::id::UserId;
use api::invitation::Invitation;
use api::units::{Secret, Time};
use api::{Code, Error};
use db::{insert, sql};
use jiff::{SignedDuration, Timestamp};

use crate::users;
use base::App;
use base::authn::{token, token_hash};
use base::authz::Permission;
use base::change::Entry;
use base::cx::{Cx, Tx};

const VALID_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Invites the owner of an account. Earlier links of the account end.
pub async fn create(tx: &mut Tx, id: &UserId) -> Result<Invitation, Error> {
    let account = tx.account()?;
    let (row, home) = users::fetch(tx, &account, id, Permission::ManageUsers).await?;
    users::refuse_self(&account, &row)?;
    let invitation = issue(tx, &row).await?;
    tx.record(Entry::new(ChangeAction::UserInvited, users::subject(&row, &home.path)));
    Ok(invitation)
}

/// Makes the link for an account that the caller may manage.
pub(crate) async fn issue(tx: &mut Tx, user: &users::sql::UserRow) -> Result<Invitation, Error> {
    let secret = token(tx.app.random)?;
    let expires_at = tx.now.checked_add(VALID_FOR).unwrap_or(Timestamp::MAX);
    delete_of(tx, &user.id).await?;
    tx.exec(insert! { "invitations",
        token_hash: token_hash(&secret),
        user_id: &user.id,
        expires_at: expires_at.as_microsecond(),
    })
    .await?;
    Ok(Invitation {
        user_id: user.id.clone(),
        email: user.email.clone(),
        url: Secret::new(format!("{}/invitation#token={secret}", tx.app.config.public_url)),
        expires_at: Time(expires_at),
    })
}

/// Ends the links of an account.
pub(crate) async fn delete_of(tx: &mut Tx, user: &UserId) -> Result<(), Error> {
    tx.exec(sql!["delete from invitations where user_id = ", user]).await?;
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
pub async fn find(cx: &mut Cx, secret: &str) -> Result<UserId, Error> {
    let now = cx.now.as_microsecond();
    let user: Option<String> = cx
        .opt(sql!["select user_id from invitations where token_hash = ", token_hash(secret), " and expires_at > ", now])
        .await?;
    let invalid =
        || Error::new(Code::InvitationInvalid, "The link is not valid, was used, or has expired. Ask for a new one.");
    user.map(UserId::from_text).ok_or_else(invalid)
}

/// Sets the account's password; its link and its sessions end.
pub async fn accept(tx: &mut Tx, secret: &str, password_hash: &str) -> Result<(), Error> {
    let user = find(tx, secret).await?;
    delete_of(tx, &user).await?;
    users::set_password_by_invitation(tx, &user, password_hash).await
}
