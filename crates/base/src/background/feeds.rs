//! Feeds: what follows the change log, entry by entry and each entry once. How far one has come is kept with what it does,
//! in one transaction, so whatever dies in between is done once all the same, on whichever process.

use std::sync::Arc;
use std::time::Duration;

use api::Error;
use db::{insert, sql};
use futures_util::future::BoxFuture;

use super::{Reconciler, Round};
use crate::App;
use crate::cx::{Caller, Cx, Tx};

/// Entries of one transaction.
const AT_ONCE: i64 = 500;
/// A crowd of commands is followed by one transaction instead of one each.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Something that follows the change log.
pub trait Feed: Send + Sync + 'static {
    /// By which its place is kept.
    fn name(&self) -> &'static str;

    /// Does what follows from the entries after `after`, up to and with `until`. What it reads of them is committed.
    fn follow<'a>(&'a self, tx: &'a mut Tx, after: i64, until: i64) -> BoxFuture<'a, Result<(), Error>>;
}

/// The reconciler that leads one of them to the end of the change log.
pub struct Following(Arc<dyn Feed>);

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Following").field(&self.0.name()).finish()
    }
}

impl Following {
    pub fn new(feed: impl Feed) -> Self {
        Self(Arc::new(feed))
    }
}

impl Reconciler for Following {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn runs_at_end(&self) -> bool {
        true
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            while is_behind(app, self.0.name()).await? {
                mended += crate::beside!(app, |tx| step(tx, &*self.0).await)?;
            }
            Ok(Round { mended, again_in: LOOK_EVERY })
        })
    }
}

/// Looks without writing: most of the time there is nothing.
async fn is_behind(app: &App, name: &str) -> Result<bool, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let last: i64 = cx.one(sql!["select last_number from change_counter where id = 1"]).await?;
    let seen: Option<i64> = cx.opt(sql!["select number from feeds where name = ", name]).await?;
    Ok(last > seen.unwrap_or_default())
}

async fn step(tx: &mut Tx, feed: &dyn Feed) -> Result<u64, Error> {
    let lock = tx.locking("feeds");
    let seen: Option<i64> = tx.opt(sql!["select number from feeds where name = ", feed.name(), lock]).await?;
    let after = seen.unwrap_or_default();
    let last: i64 = tx.one(sql!["select last_number from change_counter where id = 1"]).await?;
    let until = last.min(after + AT_ONCE);
    if until <= after {
        return Ok(0);
    }
    feed.follow(tx, after, until).await?;
    match seen {
        // Two that begin at once collide here, and one of them runs again.
        None => tx.exec(insert! { "feeds", name: feed.name(), number: until }).await?,
        Some(_) => tx.exec(sql!["update feeds set number = ", until, " where name = ", feed.name()]).await?,
    };
    u64::try_from(until - after).map_err(Error::internal)
}
