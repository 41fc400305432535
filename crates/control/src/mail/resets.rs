//! Forgotten passwords. Whoever asks is answered alike whether there is such an account or not, and in the same time: only
//! the request is written down, and what follows from it is found out afterwards.

use std::time::Duration;

use api::mail::PasswordResetRequest;
use api::{Code, Error};
use base::App;
use base::authz::AccountId;
use base::background::{Reconciler, Round};
use base::cx::{Cx, Tx};
use base::text;
use db::{insert, sql};
use futures_util::future::BoxFuture;

use super::sql::seal;
use super::{outbox, words};

/// So many may wait; who asks for more is asked to come back. Each is dealt with within seconds.
const WAITING: i64 = 1000;
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// No login is longer than an email address.
const LONGEST: usize = 254;

/// Writes down that somebody has lost a password.
pub async fn request(tx: &mut Tx, input: &PasswordResetRequest) -> Result<(), Error> {
    super::require(tx).await?;
    let waiting: i64 = tx
        .one(sql!["select count(*) from (select 1 as one from password_resets limit ", WAITING, ") as waiting"])
        .await?;
    if waiting >= WAITING {
        let mut busy = Error::new(Code::Unavailable, "Too many are asking at once. Try again in a minute.");
        busy.retry_after_seconds = Some(60);
        return Err(busy);
    }
    let login: String = text::fold(&input.login).chars().take(LONGEST + 1).collect();
    let id = tx.app.random.uuid(tx.now)?.to_string();
    let login = seal(tx).await?.close(login.as_bytes())?;
    let now = tx.now.as_microsecond();
    tx.exec(insert! { "password_resets", id: id, login: login, created_at: now }).await?;
    Ok(())
}

/// Sends links to those who have lost a password and have an account.
#[derive(Debug)]
pub struct Resets;

impl Reconciler for Resets {
    fn name(&self) -> &'static str {
        "lost passwords"
    }

    fn follows_changes(&self) -> bool {
        true
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            while answer_one(app).await? {
                mended += 1;
            }
            Ok(Round { mended, again_in: LOOK_EVERY })
        })
    }
}

/// Deals with the one that waits longest. False if none does.
async fn answer_one(app: &App) -> Result<bool, Error> {
    let mut cx = Cx::apart(app).await?;
    let waits: Option<i64> = cx.opt(sql!["select 1 from password_resets limit 1"]).await?;
    drop(cx);
    if waits.is_none() {
        return Ok(false);
    }
    base::run!(app, base::cx::Caller::System, base::cx::Origin::default(), |tx| async {
        let next: Option<(String, String)> =
            tx.opt(sql!["select id, login from password_resets order by created_at, id limit 1"]).await?;
        let Some((id, login)) = next else { return Ok(false) };
        tx.exec(sql!["delete from password_resets where id = ", id.as_str()]).await?;
        let login = seal(tx).await?.open(&login).and_then(|login| String::from_utf8(login).ok());
        if let Some(login) = login.filter(|login| login.chars().count() <= LONGEST)
            && super::is_on(tx).await?
        {
            send_link(tx, &login).await?;
        }
        Ok(true)
    }
    .await)
}

/// A person's link goes to the address that the person signs in with, a customer's to its contact's.
async fn send_link(tx: &mut Tx, login: &str) -> Result<(), Error> {
    let Some(owner) = crate::sessions::sql::owner_of(tx, login).await? else { return Ok(()) };
    let (customer, to) = match &owner {
        AccountId::User(id) => match crate::users::sql::find_anywhere(tx, id).await? {
            Some((row, _)) => (row.customer_id, Some(row.email)),
            None => return Ok(()),
        },
        AccountId::Customer(id) => match crate::customers::sql::find_anywhere(tx, id).await? {
            Some(row) => (row.id, row.email),
            None => return Ok(()),
        },
    };
    let Some(to) = to else { return Ok(()) };
    let link = crate::invitations::link_for_lost(tx, &owner).await?;
    let letter = words::reset(&tx.app.config.public_url, link.expose());
    outbox::post(tx, &customer, &to, &letter).await
}
