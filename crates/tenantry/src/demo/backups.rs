//! Real backups: restic as a child process, writing made-up files through the gateway.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use api::device::DeviceCredentials;
use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::task::JoinSet;

use super::REPOSITORY_PASSWORD;
use super::data::Habit;
use super::files::Tree;
use crate::serve::Failure;

/// The environment variable that says which restic to run.
const RESTIC: &str = "RESTIC";
/// So many machines back up at the same time; each waits for the other side half of its time.
const AT_ONCE: usize = 4;
/// A restic that takes longer than this hangs: it retries for many minutes what doesn't answer.
const LONGEST: Duration = Duration::from_mins(2);
/// And so long it may take to end after it was refused.
const TO_END: Duration = Duration::from_secs(3);
/// Bytes of files where nothing is said.
const SMALL: usize = 300_000;
const MEGABYTE: usize = 1_000_000;

/// The nights of the history, by how many there are from each to the last one.
pub(super) const NIGHTS: [u32; 4] = [6, 3, 1, 0];

/// A restic that runs.
#[derive(Clone, Debug)]
pub(super) struct Restic {
    program: OsString,
    pub version: String,
}

impl Restic {
    /// The one that the environment names, else the one on the path; or what is missing without it.
    pub(super) async fn find() -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "a tool's place on this host is no configuration of the server")]
        let program = std::env::var_os(RESTIC).filter(|program| !program.is_empty());
        Self::at(program.unwrap_or_else(|| "restic".into())).await
    }

    async fn at(program: OsString) -> Result<Self, String> {
        let output = Command::new(&program).arg("version").stdin(Stdio::null()).kill_on_drop(true).output().await;
        let version = match output {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
            _ => String::new(),
        };
        // "restic 0.18.0 compiled with go1.24.4 on linux/amd64"
        match version.split_whitespace().nth(1) {
            Some(version) => Ok(Self { program, version: version.to_owned() }),
            None => Err(format!(
                "{} does not run, so no device of the demonstration has a backup: sizes, last backups and charts stay \
                 empty. Install restic or name one in {RESTIC} for the next attempt.",
                program.display()
            )),
        }
    }

    /// Restic on a device's repository.
    fn command(&self, machine: &Machine, cache: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
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
            .kill_on_drop(true);
        command
    }

    async fn run(&self, machine: &Machine, cache: &Path, arguments: &[&str]) -> Result<(), Failure> {
        let ran = self.command(machine, cache, arguments).output();
        let output = tokio::time::timeout(LONGEST, ran).await.map_err(|_| hangs(machine, arguments))??;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("restic {} of {} failed: {}", arguments.join(" "), machine.name, said.trim()).into())
    }

    /// The same where it has to be refused: ends as soon as restic has printed why. After that it may hang.
    async fn run_refused(&self, machine: &Machine, cache: &Path, arguments: &[&str]) -> Result<(), Failure> {
        let mut child = self.command(machine, cache, arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("restic has no standard error")?).lines();
        let is_refused = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains("is suspended") {
                    return Ok(true);
                }
            }
            Ok::<_, std::io::Error>(false)
        };
        let is_refused = tokio::time::timeout(LONGEST, is_refused).await.map_err(|_| hangs(machine, arguments))??;
        if !is_refused {
            return Err(format!("{} of {} was not refused", machine.name, machine.owner).into());
        }
        // It takes its lock away, if it comes to that.
        let _ = tokio::time::timeout(TO_END, child.wait()).await;
        Ok(())
    }
}

fn hangs(machine: &Machine, arguments: &[&str]) -> String {
    format!("restic {} of {} does not come to an end.", arguments.join(" "), machine.name)
}

/// A registered device with something to back up.
#[derive(Debug)]
pub(super) struct Machine {
    pub name: String,
    pub owner: String,
    pub credentials: DeviceCredentials,
    pub seed: u64,
    pub megabytes: Option<usize>,
    pub habit: Habit,
    /// Where its files are made.
    pub directory: PathBuf,
    /// What it has by now; nothing before its first night.
    pub tree: Option<Tree>,
    /// Whether its customer is suspended by now.
    pub is_refused: bool,
}

impl Machine {
    fn bytes(&self) -> usize {
        self.megabytes.map_or(SMALL, |megabytes| megabytes * MEGABYTE)
    }

    /// What has much is looked after every night; the others miss one or two.
    fn backs_up(&self, night: u32) -> bool {
        let is_first_or_last = night == NIGHTS[0] || night == 0;
        match self.habit {
            Habit::Never => false,
            Habit::Silent => night >= 3,
            Habit::Growing => true,
            Habit::Steady => self.megabytes.is_some() || is_first_or_last || u64::from(night) == self.seed % 4,
        }
    }

    fn grows_by(&self) -> usize {
        if self.habit == Habit::Growing { self.bytes() } else { self.bytes() / 12 }
    }
}

/// A night of all machines, some at a time. `cache` is a directory of restic's. How many have backed up, and how many were
/// refused.
pub(super) async fn night(
    restic: &Restic,
    machines: &mut Vec<Machine>,
    night: u32,
    cache: &Path,
    now: Timestamp,
) -> Result<(usize, usize), Failure> {
    let (mut waiting, mut rest): (Vec<_>, Vec<_>) = machines.drain(..).partition(|machine| machine.backs_up(night));
    // The largest first: so those that run last are about as long.
    waiting.sort_by_key(|machine| std::cmp::Reverse(machine.bytes()));
    let refused = waiting.iter().filter(|machine| machine.is_refused).count();
    let done = waiting.len() - refused;
    let mut waiting = waiting.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(machine) = waiting.next()
        {
            running.spawn(back_up(restic.clone(), machine, cache.to_owned(), now));
        }
        let Some(finished) = running.join_next().await else { break };
        rest.push(finished??);
    }
    *machines = rest;
    Ok((done, refused))
}

async fn back_up(restic: Restic, mut machine: Machine, cache: PathBuf, now: Timestamp) -> Result<Machine, Failure> {
    let grows_by = machine.grows_by();
    if let Some(mut tree) = machine.tree.take() {
        machine.tree = Some(
            off_thread(move || {
                tree.change(grows_by)?;
                Ok(tree)
            })
            .await?,
        );
    } else {
        let (directory, seed, bytes) = (machine.directory.clone(), machine.seed, machine.bytes());
        machine.tree = Some(off_thread(move || Tree::make(&directory, seed, bytes)).await?);
        restic.run(&machine, &cache, &["init"]).await?;
    }
    // restic would note the host's time.
    let time = now.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let arguments = ["backup", "--host", &machine.name, "--time", &time, "."];
    if machine.is_refused {
        restic.run_refused(&machine, &cache, &arguments).await?;
    } else {
        restic.run(&machine, &cache, &arguments).await?;
    }
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
        let error = Restic::at("/nowhere/restic".into()).await.unwrap_err();
        assert!(error.contains("/nowhere/restic does not run") && error.contains("no device"), "{error}");
    }
}
