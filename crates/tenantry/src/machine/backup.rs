//! `tenantry backup`: runs the restic that is installed, and reports what runs here.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use api::device::DeviceReport;
use api::id::DeviceId;
use api::units::Secret;
use clap::Args;
use tokio::process::Command;

use super::connect::secret_in;
use super::facts;
use super::file::{self, DEVICE, REPOSITORY, SECRET, SERVER};
use crate::client::{Session, variable};
use crate::serve::Failure;

#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// What `tenantry connect` has written; /etc/tenantry/backup.env for root, else below ~/.config
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// What to leave out, as restic takes it; may be given several times
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// What to back up
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

/// A restic that ended with another code than 0; it has said why.
#[derive(Debug)]
pub struct Ended(pub u8);

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            3 => f.write_str("restic could not read some files; the others are backed up"),
            code => write!(f, "restic ended with {code}"),
        }
    }
}

impl std::error::Error for Ended {}

/// Restic with what the file says.
struct Restic {
    program: OsString,
    environment: Vec<(String, String)>,
}

impl Restic {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value))).kill_on_drop(true);
        command
    }

    /// "restic 0.18.0 compiled with go1.24.4 on linux/amd64"
    async fn version(&self) -> Result<String, Failure> {
        let output = self.command(&["version"]).stdin(Stdio::null()).output().await;
        let output = output.map_err(|error| {
            format!("{} does not run ({error}). Install restic, or name one in RESTIC.", self.program.display())
        })?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        match said.split_whitespace().nth(1) {
            Some(version) if output.status.success() => Ok(version.to_owned()),
            _ => Err(format!("{} is no restic.", self.program.display()).into()),
        }
    }

    /// Makes the repository unless it is there.
    async fn prepare(&self) -> Result<(), Failure> {
        let looked = self.command(&["cat", "config", "--quiet"]).stdin(Stdio::null()).output().await?;
        if looked.status.success() {
            return Ok(());
        }
        let made = self.command(&["init"]).stdin(Stdio::null()).output().await?;
        if made.status.success() {
            return Ok(());
        }
        // What restic said first is what is wrong, where there is a repository already.
        let said =
            if String::from_utf8_lossy(&made.stderr).contains("already") { &looked.stderr } else { &made.stderr };
        Err(format!("The repository cannot be used: {}", String::from_utf8_lossy(said).trim()).into())
    }
}

impl Backup {
    /// Backs up, and reports to the server what runs here.
    ///
    /// # Errors
    /// [`Ended`] with restic's own code where it ended with another one than 0.
    pub async fn run(&self) -> Result<(), Failure> {
        let place = self.env_file.clone().map_or_else(file::place, Ok)?;
        let values = file::read(&place)?;
        if !values.contains_key(REPOSITORY) {
            return Err(format!("{} names no repository ({REPOSITORY}).", place.display()).into());
        }
        let environment = values.iter().filter(|(name, _)| name.starts_with("RESTIC_"));
        let restic = Restic {
            program: variable("RESTIC").unwrap_or_else(|| "restic".to_owned()).into(),
            environment: environment.map(|(name, value)| (name.clone(), value.clone())).collect(),
        };
        let version = restic.version().await?;
        if let (Some(server), Some(device), Some(secret)) = (values.get(SERVER), values.get(DEVICE), values.get(SECRET))
        {
            report(server, device, secret, version).await;
        }
        restic.prepare().await?;
        let mut command = restic.command(&["backup"]);
        for pattern in &self.exclude {
            command.arg("--exclude").arg(pattern);
        }
        let status = command.arg("--").args(&self.paths).stdin(Stdio::null()).status().await?;
        match status.code() {
            Some(0) => Ok(()),
            Some(code) => Err(Ended(u8::try_from(code).unwrap_or(1)).into()),
            None => Err("restic was killed".into()),
        }
    }
}

/// `tenantry renew`: the customer's password was set anew, and the server hears it from this machine.
#[derive(Clone, Debug, Args)]
pub struct Renew {
    /// What `tenantry connect` has written; /etc/tenantry/backup.env for root, else below ~/.config
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// A file with the new password, `-` for standard input
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
}

impl Renew {
    /// Returns what there is to say.
    pub async fn run(&self) -> Result<String, Failure> {
        let place = self.env_file.clone().map_or_else(file::place, Ok)?;
        let values = file::read(&place)?;
        let (Some(server), Some(device), Some(secret)) = (values.get(SERVER), values.get(DEVICE), values.get(SECRET))
        else {
            return Err(format!("{} names no server and device.", place.display()).into());
        };
        let report = DeviceReport { account_password: Some(secret_in(&self.password_file)?), ..of(device, secret) };
        Session::of_nobody(Some(server))?.post("/devices/report", &report).await?;
        Ok("The server knows that this machine has the new password.".to_owned())
    }
}

fn of(device: &str, secret: &str) -> DeviceReport {
    DeviceReport {
        device_id: DeviceId::from_text(device),
        password: Secret::new(secret),
        client: None,
        helper: Some(format!("tenantry {}", env!("CARGO_PKG_VERSION"))),
        os: Some(facts::system()),
        host_name: Some(facts::host_name()),
        account_password: None,
    }
}

/// Tells the server what runs here. No backup fails because nobody heard of it.
async fn report(server: &str, device: &str, secret: &str, restic_version: String) {
    let report = DeviceReport { client: Some(format!("restic {restic_version}")), ..of(device, secret) };
    let told = async { Session::of_nobody(Some(server))?.post("/devices/report", &report).await };
    if let Err(error) = told.await {
        tracing::warn!(%error, "the server could not be told what runs here");
    }
}
