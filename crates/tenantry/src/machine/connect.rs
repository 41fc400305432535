//! `tenantry connect`: registers this machine with a pass key, and writes down what its backups need.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;

use api::device::{DeviceCredentials, DeviceKind, DeviceRegister, DeviceStatus};
use api::units::Secret;
use base::clock::Random;
use clap::Args;

use super::file::{self, DEVICE, Draft, PASSWORD_FILE, REPOSITORY, SECRET, SERVER};
use super::{facts, units};
use crate::serve::Failure;
use cli::{Session, secret, source, variable};

#[derive(Clone, Debug, Args)]
pub struct Connect {
    /// Where the server is; from `TENANTRY_SERVER` if that is set
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The pass key; better from `TENANTRY_PASS_KEY` or --pass-key-file, since others on the host see arguments
    #[arg(long, value_name = "KEY", value_parser = secret, conflicts_with = "pass_key_file")]
    pass_key: Option<Secret>,
    /// A file with the pass key, `-` for standard input
    #[arg(long, value_name = "FILE")]
    pass_key_file: Option<PathBuf>,
    /// The customer's username instead of a pass key, as appliances have it
    #[arg(long, conflicts_with_all = ["pass_key", "pass_key_file"], requires = "password_file")]
    username: Option<String>,
    /// A file with its password, `-` for standard input
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,
    /// What the machine is called; the name of the host unless given
    #[arg(long)]
    name: Option<String>,
    /// What kind of machine it is
    #[arg(long, value_name = "KIND", value_parser = ["agent", "appliance", "direct_to_cloud"], default_value = "agent")]
    kind: String,
    /// The site of the customer that it stands at
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// What tells it from other machines; made from the system's machine id unless given
    #[arg(long)]
    fingerprint: Option<String>,
    /// Where to write what backups need; /etc/tenantry/backup.env for root, else below ~/.config
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// A file with the repository's password; a new one is made beside the other file unless given
    #[arg(long, value_name = "FILE")]
    repository_password_file: Option<PathBuf>,
    /// Take the place of what was connected before
    #[arg(long)]
    replace: bool,
    /// Write a service and a timer for systemd that back up each night
    #[arg(long)]
    systemd: bool,
    /// Where to write them
    #[arg(long, value_name = "DIR", requires = "systemd")]
    unit_directory: Option<PathBuf>,
    /// When they back up, within the hour after
    #[arg(long, value_name = "HH:MM", requires = "systemd", default_value = "01:00", value_parser = units::time_of_day)]
    at: String,
    /// What their backups leave out; may be given several times
    #[arg(long, value_name = "PATTERN", requires = "systemd")]
    exclude: Vec<String>,
    /// What they back up; the home directories and /etc unless given
    #[arg(value_name = "PATH", requires = "systemd")]
    paths: Vec<PathBuf>,
}

impl Connect {
    /// By what the machine is let in.
    fn proof(&self) -> Result<DeviceRegister, Failure> {
        Ok(match (&self.username, &self.password_file) {
            (Some(username), Some(file)) => DeviceRegister {
                username: Some(username.clone()),
                password: Some(secret_in(file)?),
                ..DeviceRegister::default()
            },
            _ => DeviceRegister { pass_key: Some(self.key()?), ..DeviceRegister::default() },
        })
    }

    fn key(&self) -> Result<Secret, Failure> {
        if let Some(file) = &self.pass_key_file {
            return secret_in(file);
        }
        let given = self.pass_key.clone().or_else(|| variable("TENANTRY_PASS_KEY").map(Secret::new));
        given.ok_or_else(|| "The pass key is missing: set TENANTRY_PASS_KEY, or give --pass-key-file.".into())
    }

    /// Registers, and returns what there is to say.
    ///
    /// # Errors
    /// Where a file can't be written, before anything is registered; and whatever the server refuses.
    pub async fn run(&self) -> Result<String, Failure> {
        let place = match &self.env_file {
            Some(place) => std::path::absolute(place)?,
            None => file::place()?,
        };
        if place.exists() && !self.replace {
            let text =
                format!("{} is there: this machine is connected. Give --replace to connect it anew.", place.display());
            return Err(text.into());
        }
        let session = Session::of_nobody(self.server.as_deref())?;
        let proof = self.proof()?;
        // What can't be written must not be registered: its password is shown once.
        let draft = Draft::begin(&place)?;
        let (password_file, made) = self.repository_password(&place)?;
        let registration = DeviceRegister {
            name: self.name.clone().unwrap_or_else(facts::host_name),
            kind: Some(match self.kind.as_str() {
                "appliance" => DeviceKind::Appliance,
                "direct_to_cloud" => DeviceKind::DirectToCloud,
                _ => DeviceKind::Agent,
            }),
            fingerprint: self.fingerprint.clone().or_else(facts::fingerprint),
            os: Some(facts::system()),
            site: self.site.clone(),
            ..proof
        };
        let answer = session.post("/devices/register", &registration).await?;
        let credentials: DeviceCredentials = answer.json().await?;
        let repository = with_credentials(&credentials);
        let text = file::lines(&[
            (REPOSITORY, &repository),
            (PASSWORD_FILE, &password_file.to_string_lossy()),
            (SERVER, session.server()),
            (DEVICE, credentials.device_id.as_str()),
            (SECRET, credentials.password.expose()),
        ])?;
        draft.finish(&text)?;
        let mut said = format!("Connected as {} ({}).\n", registration.name, credentials.device_id);
        let _ = writeln!(said, "What backups need is in {}.", place.display());
        if made {
            let _ = writeln!(
                said,
                "The repository's password is in {}. Keep a copy elsewhere: without it nobody can restore, we neither.",
                password_file.display()
            );
        }
        if credentials.status == DeviceStatus::PendingApproval {
            said.push_str("It waits until it is approved; backups are refused until then.\n");
        }
        if self.systemd {
            let directory = self.unit_directory.clone().map_or_else(units::place, Ok)?;
            let start = units::write(&directory, &self.command(&place)?, &self.at)?;
            let _ = write!(said, "A service and a timer are in {}. Start them with: {start}", directory.display());
        } else {
            let option =
                if self.env_file.is_some() { format!(" --env-file {}", place.display()) } else { String::new() };
            let _ = write!(said, "Back up with: tenantry backup{option} PATH…");
        }
        Ok(said)
    }

    /// The file with the repository's password, and whether it was made just now.
    fn repository_password(&self, place: &std::path::Path) -> Result<(PathBuf, bool), Failure> {
        if let Some(given) = &self.repository_password_file {
            let given = std::path::absolute(given)?;
            if !given.is_file() {
                return Err(format!("{} is not there.", given.display()).into());
            }
            return Ok((given, false));
        }
        let file = place.with_file_name("repository-password");
        // What was backed up before can be read by the former one only.
        if file.exists() {
            return Ok((file, false));
        }
        let password = data_encoding::BASE32_NOPAD.encode(&Random.bytes::<20>()?).to_lowercase();
        Draft::begin(&file)?.finish(&format!("{password}\n"))?;
        Ok((file, true))
    }

    /// What the service runs.
    fn command(&self, place: &std::path::Path) -> Result<Vec<String>, Failure> {
        let program = std::env::current_exe()?;
        let mut command = vec![program.to_string_lossy().into_owned(), "backup".to_owned()];
        command.extend(["--env-file".to_owned(), place.to_string_lossy().into_owned()]);
        for pattern in &self.exclude {
            command.extend(["--exclude".to_owned(), pattern.clone()]);
        }
        command.push("--".to_owned());
        if self.paths.is_empty() {
            let usual = ["/etc", "/home", "/root"].into_iter().filter(|path| std::path::Path::new(path).is_dir());
            command.extend(usual.map(str::to_owned));
        }
        for path in &self.paths {
            command.push(std::path::absolute(path)?.to_string_lossy().into_owned());
        }
        Ok(command)
    }
}

/// A secret that stands in a file.
pub(super) fn secret_in(file: &std::path::Path) -> Result<Secret, Failure> {
    let mut text = String::new();
    source(file)?.take(4096).read_to_string(&mut text)?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// The repository's address as every version of restic takes it.
fn with_credentials(credentials: &DeviceCredentials) -> String {
    let url = &credentials.repository_url;
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    format!("rest:{scheme}://{}:{}@{rest}", credentials.username, credentials.password.expose())
}
