//! The control plane: one folder per resource (`http.rs` speaks HTTP, `mod.rs` holds commands and rules, `sql.rs` the
//! queries), and what they share: context, sign-in, permissions, the change log, and the grants compiled from it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod authn;
pub mod authz;
pub mod change;
pub mod changes;
pub mod clock;
pub mod customers;
pub mod cx;
pub mod devices;
pub mod grants;
pub mod http;
mod idempotency;
pub mod invitations;
pub mod ledger;
mod list;
pub mod pass_keys;
pub mod sessions;
pub mod setup;
pub mod sites;
pub mod storage;
pub mod text;
pub mod users;
pub mod version;

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use api::Error;
use api::grant::{Grants, Meter};
use db::Database;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::authn::{Attempts, Passwords};
use crate::clock::{Clock, Random};

/// The migrations, oldest first.
pub const MIGRATIONS: db::Migrations = db::Migrations::new(&[db::Migration::new(
    "V1__first_slice.sql",
    include_str!("../../../migrations/V1__first_slice.sql"),
)]);

/// How long a command waits until the gateway knows of it.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(1);

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How clients reach this server, without a trailing slash: `https://backup.example.com`.
    pub public_url: String,
    /// Below it lie the pools with a relative directory. Absolute.
    pub data: PathBuf,
}

/// Everything that commands share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// See [`App`].
#[expect(missing_debug_implementations, reason = "seen through App only")]
pub struct Shared {
    pub db: Database,
    pub clock: Clock,
    pub random: Random,
    pub settings: Settings,
    pub passwords: Passwords,
    pub attempts: Attempts,
    /// What the gateway admits by.
    pub grants: Arc<Grants>,
    /// Rung after every commit that wrote to the change log.
    pub wake: watch::Sender<()>,
    /// Everything committed before this instant is among the grants; `None` while nobody follows.
    pub followed: watch::Sender<Option<Instant>>,
    meter: OnceLock<Arc<dyn Meter>>,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl App {
    pub fn new(db: Database, clock: Clock, settings: Settings) -> Result<Self, Error> {
        let random = Random;
        Ok(Self(Arc::new(Shared {
            db,
            clock,
            random,
            settings,
            passwords: Passwords::new(random)?,
            attempts: Attempts::default(),
            grants: Arc::new(Grants::default()),
            wake: watch::Sender::new(()),
            followed: watch::Sender::new(None),
            meter: OnceLock::new(),
        })))
    }

    /// Connects the gateway, whose counters are stored before totals are read. Once; a second call changes nothing.
    pub fn connect_meter(&self, meter: Arc<dyn Meter>) {
        let _ = self.meter.set(meter);
    }

    /// Waits until the gateway admits by what was committed before this call: a device uses its new credentials at once,
    /// and clients take a 401 for final. Not for long, since the change log is followed in any case.
    pub(crate) async fn until_followed(&self) {
        let committed = Instant::now();
        let mut followed = self.followed.subscribe();
        let is_known = |followed: &Option<Instant>| followed.is_none_or(|at| at >= committed);
        let _ = timeout(FOLLOWED_WITHIN, followed.wait_for(is_known)).await;
    }

    /// Makes stored totals true to the moment. Without a gateway they are.
    pub async fn settle_usage(&self) -> Result<(), Error> {
        let Some(meter) = self.meter.get() else { return Ok(()) };
        meter.flush().await.map_err(|_| {
            let mut error =
                Error::new(api::Code::Unavailable, "Used space cannot be read right now. Try again in a moment.");
            error.retry_after_seconds = Some(2);
            error
        })
    }
}
