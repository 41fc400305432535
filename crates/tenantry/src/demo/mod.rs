//! `serve --demo`: a believable provider to look around in. It is loaded into an empty installation only, through the
//! very API that the console uses, so that rules hold and the change log has real actors; and its backups are made by
//! the real restic through the gateway, on several nights: the clock begins some days behind and goes on from one to the next.

mod backups;
mod client;
mod data;
mod files;
mod load;
pub mod synthetic;

use std::path::Path;
use std::time::Duration;

use base::App;
use base::cx::{Caller, Cx};
use tokio::signal::unix::{SignalKind, signal};

use crate::serve::Failure;
use backups::{NIGHTS, Restic};

/// The password of every repository of the demonstration, as restic asks for it.
pub const REPOSITORY_PASSWORD: &str = "demo";

/// The demonstration's passwords, by role.
const ADMINISTRATOR_PASSWORD: &str = "amber kettle ninth orchard";
const SUPPORTER_PASSWORD: &str = "willow ferry copper almanac";
const CUSTOMER_PASSWORD: &str = "harbour thistle paper comet";

/// How far the clock is behind when it begins to load: what happens on each night happens then, for whoever looks at a
/// clock, and the last night was a few hours ago.
pub const HISTORY: Duration = Duration::from_hours(NIGHTS[0] as u64 * 24 + SINCE_LAST_NIGHT);
/// In hours.
const SINCE_LAST_NIGHT: u64 = 3;

/// Below the data directory, while it loads: the files that are backed up, and restic's cache.
const WORK: &str = "demo-files";

/// Loads the demonstration and prints its logins. The server has to be listening already: restic reaches it by its
/// public URL. Its clock is behind by [`HISTORY`], and is right when this ends.
///
/// # Errors
/// Before anything is loaded: the installation isn't empty. Later: whatever went wrong, with the advice to remove the data
/// directory.
pub async fn load(app: &App, is_empty: bool, say: fn(&str)) -> Result<(), Failure> {
    load_some(app, is_empty, None, say).await
}

/// The same with these customers only.
///
/// # Errors
/// As [`load`].
pub async fn load_some(app: &App, is_empty: bool, only: Option<&[&str]>, say: fn(&str)) -> Result<(), Failure> {
    refuse_unless_empty(app, is_empty).await?;
    let provider = data::Provider::read()?;
    let provider = if let Some(only) = only { provider.only(only) } else { provider };
    let restic = Restic::find().await;
    let work = app.config.data.join(WORK);
    let loaded = tokio::select! {
        loaded = load::everything(app, provider, restic, &work, say) => loaded,
        ended = interruption() => ended,
    };
    remove(&work).await;
    loaded.map_err(|error| {
        let data = app.config.data.display();
        format!(
            "the demonstration could not be loaded: {error}\nWhat there is of it is incomplete. Remove the data \
             directory {data} (and the database, if it lies elsewhere) before the next attempt."
        )
        .into()
    })
}

async fn refuse_unless_empty(app: &App, has_no_administrator: bool) -> Result<(), Failure> {
    let mut cx = Cx::read(app, Caller::System).await?;
    // Setup makes the provider, and everything else stands below it.
    let has_no_customers = !control::setup::has_tree(&mut cx).await?;
    if has_no_administrator && has_no_customers {
        return Ok(());
    }
    Err("this installation already has data, and the demonstration loads into an empty one only. Start without --demo, \
         or give --data another directory."
        .into())
}

/// Ends when the process is asked to.
async fn interruption() -> Result<(), Failure> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Err("it was interrupted.".into())
}

async fn remove(work: &Path) {
    match tokio::fs::remove_dir_all(work).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(directory = %work.display(), %error, "the demonstration's files could not be removed");
        }
        _ => {}
    }
}
