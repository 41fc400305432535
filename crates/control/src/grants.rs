//! Follows the change log and compiles the table that the gateway admits by. Nobody tells it what to refresh: it reads
//! what happened after the last change it has seen, so nothing can be forgotten, and other nodes need no message.

use std::path::PathBuf;
use std::time::Duration;

use api::grant::{Grant, Sentence, Standing};
use api::id::{DeviceId, RepositoryId};
use api::{Error, Level, Mode};
use db::sql;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tree::{Effective, Path};
use unicode_normalization::UnicodeNormalization as _;

use base::App;
use base::cx::{Caller, Cx};
use base::lineage::Lineage;

/// Commits of other processes are seen at least this often.
const POLL: Duration = Duration::from_millis(400);
/// How often the whole table is compiled anew, which must find no difference.
const FULL: Duration = Duration::from_mins(1);

/// Where the follower stands in the change log.
#[derive(Debug)]
pub struct Follower {
    app: App,
    seen: i64,
}

impl Follower {
    /// Compiles the whole table. Until this has succeeded the gateway admits nobody.
    pub async fn start(app: &App) -> Result<Self, Error> {
        let began = Instant::now();
        let mut cx = Cx::read(app, Caller::System).await?;
        let seen = last_number(&mut cx).await?;
        let grants = compile(&mut cx, None).await?;
        app.grants.replace(grants);
        app.grants.confirm(began);
        Ok(Self { app: app.clone(), seen })
    }

    /// Follows until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut woken = self.app.wake.subscribe();
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut full = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    self.app.followed.send_replace(None);
                    return;
                }
                _ = woken.changed() => {}
                _ = poll.tick() => {}
            }
            let began = Instant::now();
            let result = if began.duration_since(full) >= FULL {
                full = began;
                self.check().await
            } else {
                self.catch_up().await
            };
            match result {
                Ok(()) => {
                    self.app.grants.confirm(began);
                    self.app.followed.send_replace(Some(began));
                }
                // The table grows stale, and the gateway stops admitting uploads by it.
                Err(error) => tracing::warn!(cause = ?error.cause, "cannot follow the change log"),
            }
        }
    }

    /// Applies what happened since.
    pub async fn catch_up(&mut self) -> Result<(), Error> {
        let mut cx = Cx::read(&self.app, Caller::System).await?;
        let rows: Vec<(i64, String, String)> = cx
            .all(sql!["select number, subject_kind, path from changes where number > ", self.seen, " order by number"])
            .await?;
        let Some(last) = rows.last().map(|row| row.0) else { return Ok(()) };
        let mut places: Vec<Path> = rows
            .into_iter()
            .filter(|(_, kind, _)| matches!(kind.as_str(), "customer" | "device"))
            .map(|(_, _, path)| Path::from_stored(path))
            .collect();
        places.sort_unstable();
        places.dedup_by(|lower, upper| upper.contains(lower));
        let mut grants = Vec::new();
        for place in &places {
            grants.extend(compile(&mut cx, Some(place)).await?);
        }
        self.app.grants.update(grants, &[]);
        self.seen = last;
        Ok(())
    }

    /// Compiles everything and compares.
    async fn check(&mut self) -> Result<(), Error> {
        self.catch_up().await?;
        let mut cx = Cx::read(&self.app, Caller::System).await?;
        let before = last_number(&mut cx).await?;
        let grants = compile(&mut cx, None).await?;
        let after = last_number(&mut cx).await?;
        let differences = self.app.grants.replace(grants);
        // What was committed meanwhile is no difference.
        if differences > 0 && before == self.seen && after == before {
            tracing::error!(differences, "the grant table had drifted from the database");
        }
        Ok(())
    }
}

async fn last_number(cx: &mut Cx) -> Result<i64, Error> {
    cx.one(sql!["select last_number from change_counter where id = 1"]).await
}

db::record! {
    struct GrantRow {
        device: String,
        repository: String,
        path: Path as String => Path::from_stored,
        secret: [u8; 32] as String => |hex| digest(&hex),
        directory: String,
    }
}

fn digest(hex: &str) -> Result<[u8; 32], String> {
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).map_err(|error| error.to_string())?;
    bytes.try_into().map_err(|_| "is no SHA-256".to_owned())
}

/// The grants of all devices, or of those below a node.
async fn compile(cx: &mut Cx, below: Option<&Path>) -> Result<Vec<Grant>, Error> {
    let mut statement = sql![
        "select d.id as device, r.id as repository, d.path as path, d.secret_hash as secret, p.directory as directory
         from devices d join repositories r on r.device_id = d.id join storage_pools p on p.id = r.pool_id
         where d.status = 'authorised'"
    ];
    if let Some(below) = below {
        let (from, to) = below.range();
        statement.append(sql![" and d.path >= ", from, " and d.path < ", to]);
    }
    let rows: Vec<GrantRow> = cx.all(statement).await?;
    let lineage = Lineage::of(cx, rows.iter().map(|row| &row.path)).await?;
    Ok(rows.into_iter().map(|row| grant(&cx.app, &lineage, row)).collect())
}

fn grant(app: &App, lineage: &Lineage, row: GrantRow) -> Grant {
    let directory: PathBuf = crate::storage::absolute(app, &row.directory).join(&row.repository);
    Grant {
        username: row.device.clone(),
        device: DeviceId::from_text(row.device),
        repository: RepositoryId::from_text(row.repository),
        secret: row.secret,
        directory,
        standing: standing(lineage, &row.path),
    }
}

fn standing(lineage: &Lineage, path: &Path) -> Standing {
    match lineage.effective(path) {
        Effective::Active => Standing::Active,
        Effective::Suspended { mode, cause } => {
            let customer = path.ids().filter_map(|id| lineage.get(id)).find(|node| node.level == Level::EndCustomer);
            let name = customer.map_or("", |customer| customer.company_name.as_str());
            let message = lineage.get(cause).and_then(|cause| cause.suspend_message.as_deref());
            let sentence = sentence(name, message);
            match mode {
                Mode::StopBackups => Standing::BackupsStopped(sentence),
                Mode::FullStop => Standing::FullStop(sentence),
            }
        }
    }
}

/// What a refused client prints. It names the device's own customer even where somebody above is the cause: that a
/// reseller has not paid is not its customers' business.
fn sentence(customer: &str, message: Option<&str>) -> Sentence {
    const AROUND: usize = "Customer  is suspended".len();
    let tail = message.map(|message| format!(": {message}")).unwrap_or_default();
    // Accents fall off: better a plain letter than a question mark.
    let mut name: String = customer.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
    let room = Sentence::MAX.saturating_sub(AROUND + tail.len());
    if name.chars().count() > room {
        name = name.chars().take(room.saturating_sub(3)).collect::<String>().trim_end().to_owned() + "...";
    }
    Sentence::new(&format!("Customer {name} is suspended{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_customer_and_fits() {
        assert_eq!(sentence("acme", None).as_str(), "Customer acme is suspended");
        assert_eq!(sentence("Müller", Some("Ask Example IT")).as_str(), "Customer Muller is suspended: Ask Example IT");
        let long = sentence(&"n".repeat(255), Some(&"m".repeat(60)));
        assert!(long.as_str().len() <= Sentence::MAX);
        assert!(long.as_str().ends_with(&"m".repeat(60)));
    }
}
