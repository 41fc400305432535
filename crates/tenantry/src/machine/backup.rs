//! `tenantry backup`: runs the restic that is installed, and reports what runs here.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use api::device::{DeviceOrders, DeviceReport};
use api::id::DeviceId;
use api::setting::{Keep, KeepRule};
use api::units::Secret;
use clap::Args;
use tokio::process::Command;

use super::connect::secret_in;
use super::facts;
use super::file::{self, DEVICE, REPOSITORY, SECRET, SERVER};
use crate::serve::Failure;
use cli::{Session, variable};

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

impl Restic {
    /// Forgets what no rule keeps, and removes what nothing else needs.
    async fn forget(&self, orders: &DeviceOrders) -> Result<(), Failure> {
        if orders.retention.is_empty() {
            return Ok(());
        }
        if !orders.may_delete {
            tracing::info!("nothing is forgotten: backups are append-only");
            return Ok(());
        }
        let mut command = self.command(&["forget", "--prune"]);
        for rule in &orders.retention {
            command.args(arguments(rule));
        }
        let status = command.stdin(Stdio::null()).status().await?;
        if status.success() {
            return Ok(());
        }
        Err("The backup is made, but what is not to be kept could not be removed; restic has said why.".into())
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
        let mut orders = None;
        if let (Some(server), Some(device), Some(secret)) = (values.get(SERVER), values.get(DEVICE), values.get(SECRET))
        {
            orders = report(server, device, secret, version).await;
        }
        if let Some(at) = orders.as_ref().and_then(|orders| orders.begins_at) {
            return Err(format!("No backup may begin now; the next one may at {:.0}.", at.0).into());
        }
        restic.prepare().await?;
        let mut command = restic.command(&["backup"]);
        let asked = orders.as_ref().map(|orders| orders.exclusions.as_slice()).unwrap_or_default();
        for pattern in self.exclude.iter().chain(asked) {
            command.arg("--exclude").arg(pattern);
        }
        let status = command.arg("--").args(&self.paths).stdin(Stdio::null()).status().await?;
        let ended = match status.code() {
            Some(0) => Ok(()),
            Some(code) => Err(Ended(u8::try_from(code).unwrap_or(1)).into()),
            None => Err(Failure::from("restic was killed")),
        };
        // Where some files could not be read, the others are backed up.
        if let Some(orders) = orders.filter(|_| matches!(status.code(), Some(0 | 3))) {
            restic.forget(&orders).await?;
        }
        ended
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

/// Tells the server what runs here, and hears what its customer's settings ask. No backup fails because nobody heard of it.
async fn report(server: &str, device: &str, secret: &str, restic_version: String) -> Option<DeviceOrders> {
    let report = DeviceReport { client: Some(format!("restic {restic_version}")), ..of(device, secret) };
    let told = async {
        let answer = Session::of_nobody(Some(server))?.post("/devices/report", &report).await?;
        let text = answer.bytes().await?;
        // One that is older than this asks for nothing.
        Ok::<_, Failure>(if text.is_empty() { None } else { Some(serde_json::from_slice(&text)?) })
    };
    told.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the server could not be told what runs here");
        None
    })
}

/// A rule as restic takes it.
fn arguments(rule: &KeepRule) -> [String; 2] {
    let of = match rule.keep {
        Keep::Within => rule.period.clone().unwrap_or_default(),
        _ => rule.count.unwrap_or_default().to_string(),
    };
    [format!("--keep-{}", rule.keep.as_ref()), of]
}
