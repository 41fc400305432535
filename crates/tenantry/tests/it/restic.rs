//! The restic of two Debian releases, on a repository of a device or on any other.

use std::process::{ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::process::{Device, RUN, environment, until};

/// How long a restic that was refused has to end.
const TO_END: Duration = Duration::from_secs(20);

/// Whose restic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// 0.14: knows nothing of errors that are final.
    Debian12,
    /// 0.18 or later: stops at a 403.
    Debian13,
}

impl Release {
    pub(crate) fn program(self) -> String {
        static NEW: LazyLock<String> = LazyLock::new(|| {
            let program = environment("RESTIC").unwrap_or_else(|| "restic".to_owned());
            let is_new = |(major, minor)| (major, minor) >= (0, 18);
            checked(
                program,
                "RESTIC names no restic of 0.18 or later, nor is one on the PATH; ./test brings one",
                is_new,
            )
        });
        static OLD: LazyLock<String> = LazyLock::new(|| {
            let program = environment("RESTIC_014").unwrap_or_default();
            checked(program, "RESTIC_014 names no restic 0.14; ./test brings one", |version| version == (0, 14))
        });
        match self {
            Self::Debian12 => OLD.clone(),
            Self::Debian13 => NEW.clone(),
        }
    }
}

/// The program, if it is a restic of the right version.
fn checked(program: String, complaint: &str, is_right: impl Fn((u32, u32)) -> bool) -> String {
    let said = std::process::Command::new(&program).arg("version").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = said.strip_prefix("restic ").and_then(|rest| {
        let mut numbers = rest.split(['.', '-', ' ']);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    });
    assert!(version.is_some_and(is_right), "{complaint} ({program:?} says {said:?})");
    program
}

/// A restic with a cache of its own, for one repository.
pub(crate) struct Restic {
    program: String,
    repository: String,
    cache: TempDir,
}

/// What a run has said, and how it ended.
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    /// Both streams, one after the other.
    pub(crate) said: String,
    pub(crate) stdout: String,
}

impl Restic {
    /// With a device's credentials, through the server.
    pub(crate) fn of(release: Release, device: &Device) -> Self {
        Self::at(release, &device.restic_url())
    }

    /// On any repository that restic knows how to reach.
    pub(crate) fn at(release: Release, repository: &str) -> Self {
        Self { program: release.program(), repository: repository.to_owned(), cache: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("RESTIC_REPOSITORY", &self.repository)
            .env("RESTIC_PASSWORD", "a secret of the customer")
            .env("RESTIC_CACHE_DIR", self.cache.path())
            .env_remove("RESTIC_REST_USERNAME")
            .env_remove("RESTIC_REST_PASSWORD")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        Self::end_of(self.command(arguments).spawn().unwrap()).await
    }

    /// Waits for a run that was begun with [`command`](Self::command).
    pub(crate) async fn end_of(child: Child) -> Run {
        let output = timeout(RUN, child.wait_with_output()).await.expect("restic ends").unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        Run { status: output.status, said, stdout }
    }

    /// Runs what has to be refused in these words: within a minute restic says so. Where its last packs are refused at once,
    /// restic 0.18 then waits for itself for ever, which the person who has read it ends. Returns what it printed.
    pub(crate) async fn refused(&self, arguments: &[&str], sentence: &str) -> String {
        let output = tempfile::NamedTempFile::new().unwrap();
        let said = output.as_file();
        let mut command = self.command(arguments);
        command.stdout(said.try_clone().unwrap()).stderr(said.try_clone().unwrap());
        let mut running = command.spawn().unwrap();
        let read = || std::fs::read_to_string(output.path()).unwrap();
        until("restic is refused", async || read().contains(sentence)).await;
        match timeout(TO_END, running.wait()).await {
            Ok(status) => assert!(!status.unwrap().success(), "{}", read()),
            Err(_) => running.kill().await.unwrap(),
        }
        read()
    }

    /// Runs what must succeed, and returns what it printed.
    pub(crate) async fn pass(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments).await;
        assert!(run.status.success(), "restic {arguments:?}: {} {}", run.status, run.said);
        run.stdout
    }
}
