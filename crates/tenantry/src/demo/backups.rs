//! Real backups: restic as a child process, writing made-up files through the gateway.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use api::device::DeviceCredentials;
use api::units::Time;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::REPOSITORY_PASSWORD;
use super::files::{Numbers, Tree};
use crate::serve::Failure;

/// The environment variable that says which restic to run.
const RESTIC: &str = "RESTIC";
/// So many machines back up at the same time.
const AT_ONCE: usize = 2;
/// A restic that takes longer than this hangs: it retries for many minutes what doesn't answer.
const LONGEST: Duration = Duration::from_mins(2);
const DAY: Duration = Duration::from_hours(24);

/// A restic that runs.
#[derive(Clone, Debug)]
pub(super) struct Restic {
    program: OsString,
    pub version: String,
}

impl Restic {
    /// The one that the environment names, else the one on the path.
    pub(super) async fn find() -> Result<Self, Failure> {
        #[expect(clippy::disallowed_methods, reason = "a tool's place on this host is no configuration of the server")]
        let program = std::env::var_os(RESTIC).filter(|program| !program.is_empty());
        Self::at(program.unwrap_or_else(|| "restic".into())).await
    }

    async fn at(program: OsString) -> Result<Self, Failure> {
        let output = Command::new(&program).arg("version").stdin(Stdio::null()).kill_on_drop(true).output().await;
        let version = match output {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
            _ => String::new(),
        };
        // "restic 0.18.0 compiled with go1.24.4 on linux/amd64"
        match version.split_whitespace().nth(1) {
            Some(version) => Ok(Self { program, version: version.to_owned() }),
            None => Err(format!(
                "the demonstration makes its backups with restic, and {} does not run. Install restic or name one in \
                 {RESTIC}; nothing was loaded.",
                program.display()
            )
            .into()),
        }
    }

    /// Runs restic on a device's repository.
    async fn run(&self, machine: &Machine, cache: &Path, arguments: &[&str]) -> Result<(), Failure> {
        let ran = Command::new(&self.program)
            .args(arguments)
            .arg("--quiet")
            .current_dir(&machine.directory)
            .env("RESTIC_REPOSITORY", format!("rest:{}", machine.credentials.repository_url))
            .env("RESTIC_REST_USERNAME", &machine.credentials.username)
            .env("RESTIC_REST_PASSWORD", machine.credentials.password.expose())
            .env("RESTIC_PASSWORD", REPOSITORY_PASSWORD)
            .env("RESTIC_CACHE_DIR", cache)
            // The times below are in UTC.
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(LONGEST, ran)
            .await
            .map_err(|_| format!("restic {} of {} does not come to an end.", arguments.join(" "), machine.name))??;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("restic {} of {} failed: {}", arguments.join(" "), machine.name, said.trim()).into())
    }
}

/// A registered device with something to back up.
#[derive(Debug)]
pub(super) struct Machine {
    pub name: String,
    pub owner: String,
    pub credentials: DeviceCredentials,
    pub seed: u64,
    pub megabytes: usize,
    pub snapshots: u32,
    /// Where its files are made.
    pub directory: PathBuf,
}

/// Backs all machines up, some at a time. `work` is a directory for their files and restic's cache.
pub(super) async fn make(
    restic: &Restic,
    machines: Vec<Machine>,
    work: &Path,
    now: Time,
    say: fn(&str),
) -> Result<(), Failure> {
    let total = machines.len();
    let mut waiting = machines.into_iter();
    let mut running = JoinSet::new();
    let mut done = 0;
    loop {
        while running.len() < AT_ONCE
            && let Some(machine) = waiting.next()
        {
            running.spawn(back_up(restic.clone(), machine, work.join("cache"), now));
        }
        let Some(finished) = running.join_next().await else { return Ok(()) };
        let machine = finished??;
        done += 1;
        let Machine { name, owner, snapshots, megabytes, .. } = machine;
        say(&format!("  backup {done} of {total}: {name} of {owner}, {snapshots} snapshots of {megabytes} MB"));
    }
}

async fn back_up(restic: Restic, machine: Machine, cache: PathBuf, now: Time) -> Result<Machine, Failure> {
    let (directory, seed, bytes) = (machine.directory.clone(), machine.seed, machine.megabytes * 1_000_000);
    let mut tree = off_thread(move || Tree::make(&directory, seed, bytes)).await?;
    restic.run(&machine, &cache, &["init"]).await?;
    let mut numbers = Numbers::new(machine.seed);
    for days_ago in (1..machine.snapshots).rev() {
        // Former nights: restic notes the time that it is told.
        let minutes = Duration::from_mins(numbers.below(90));
        let night = now.0.checked_sub(DAY * days_ago + minutes)?.strftime("%Y-%m-%d %H:%M:%S").to_string();
        restic.run(&machine, &cache, &["backup", "--host", &machine.name, "--time", &night, "."]).await?;
        tree = off_thread(move || {
            tree.change(bytes / 12)?;
            Ok(tree)
        })
        .await?;
    }
    restic.run(&machine, &cache, &["backup", "--host", &machine.name, "."]).await?;
    tokio::fs::remove_dir_all(&machine.directory).await?;
    Ok(machine)
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    Ok(tokio::task::spawn_blocking(work).await??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_restic_is_said_clearly() {
        let error = Restic::at("/nowhere/restic".into()).await.unwrap_err().to_string();
        assert!(error.contains("/nowhere/restic does not run") && error.contains("nothing was loaded"), "{error}");
    }
}
