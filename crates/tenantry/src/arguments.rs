//! The command line: what there is to be said. `docs/cli.md` is generated from here.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::config::{self, Config};
use crate::machine::{Backup, Connect, Renew};
use crate::serve::Failure;
use cli::Access;
use cli::asked::Asked;
use cli::attention::{EventCommand, NotificationCommand, WebhookCommand};
use cli::credits::CreditCommand;
use cli::customers::{CustomerCommand, SiteCommand};
use cli::licences::{JobCommand, LicenceCommand};
use cli::many::{Bulk, TaskCommand, ViewCommand};
use cli::nouns::{Changes, ChangesExport, DeviceCommand, TokenCommand, UserCommand};
use cli::reports::ReportCommand;
use cli::settings::{SettingCommand, TemplateCommand};

#[derive(Debug, Parser)]
#[command(name = "tenantry", version, about = "Runs the customers of a provider of backup services")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the console, the API and the storage gateway
    Serve {
        #[command(flatten)]
        place: Place,
        /// Address and port, for example 127.0.0.1:8420
        #[arg(long, value_name = "ADDR:PORT")]
        listen: Option<std::net::SocketAddr>,
        /// Load a believable provider with real backups, into an empty database only
        #[arg(long)]
        demo: bool,
    },
    /// Make the first administrator without a browser
    Setup {
        #[command(flatten)]
        place: Place,
        /// The administrator's email address, which is also the login
        #[arg(long)]
        email: String,
        /// What the provider is called
        #[arg(long, default_value = control::setup::PROVIDER_NAME)]
        provider_name: String,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Make an administrator of the provider from the host, where the last one can't sign in any more
    Recover {
        #[command(flatten)]
        place: Place,
        /// The administrator's email address, which is also the login; an account of the provider with it gets the role
        #[arg(long)]
        email: String,
        /// Make a super user, whom no administrator may change
        #[arg(long)]
        super_user: bool,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Bring the database up to date
    Migrate {
        #[command(flatten)]
        place: Place,
    },
    /// Count anew what lies on the disks, with the server stopped
    Recount {
        #[command(flatten)]
        place: Place,
        /// Only this one; if its directory is gone, that is accepted
        #[arg(long, value_name = "ID")]
        repository: Option<String>,
    },
    /// Fill an empty installation: with a believable provider and real backups, or with so many made-up rows to measure with
    Demo {
        #[command(flatten)]
        place: Place,
        /// Nodes of the tree to make up: resellers, customers, sites
        #[arg(long, value_name = "N", requires = "devices", value_parser = clap::value_parser!(u64).range(10..=10_000_000))]
        customers: Option<u64>,
        /// Devices to make up; they have no backups
        #[arg(long, value_name = "M", requires = "customers", value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
        devices: Option<u64>,
    },
    /// Register this machine at a server, and write down what its backups need
    Connect(Connect),
    /// Back up this machine with the restic that is installed
    Backup(Backup),
    /// Tell the server the new password of the customer's account, from a machine that was let in by the former one
    Renew(Renew),
    /// Sign in to a running server, and stay so for the next commands
    Login {
        #[command(flatten)]
        access: Access,
    },
    /// End the session that `login` has kept
    Logout,
    /// Say who asks, and what they may
    Whoami(Asked),
    /// Customers of a running server
    Customer {
        #[command(subcommand)]
        command: CustomerCommand,
    },
    /// Sites of end customers of a running server
    Site {
        #[command(subcommand)]
        command: SiteCommand,
    },
    /// Devices of a running server
    Device {
        #[command(subcommand)]
        command: DeviceCommand,
    },
    /// Settings of customers and devices of a running server
    Setting {
        #[command(subcommand)]
        command: SettingCommand,
    },
    /// Reports that a running server sends to customers
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// Templates of a running server: settings that are given to customers together
    Template {
        #[command(subcommand)]
        command: TemplateCommand,
    },
    /// Licences of a running server
    Licence {
        #[command(subcommand)]
        command: LicenceCommand,
    },
    /// Units that are paid beforehand and taken month by month
    Credit {
        #[command(subcommand)]
        command: CreditCommand,
    },
    /// Backups, restores and deletions that a running server has seen
    Job {
        #[command(subcommand)]
        command: JobCommand,
    },
    /// Events of a running server: what needs attention
    Event {
        #[command(subcommand)]
        command: EventCommand,
    },
    /// Do the same to many at a running server: preview, and a task
    Bulk(Box<Bulk>),
    /// Tasks of a running server: what was begun for many
    Task {
        #[command(subcommand)]
        command: TaskCommand,
    },
    /// Saved views of lists of a running server
    View {
        #[command(subcommand)]
        command: ViewCommand,
    },
    /// Whom a running server tells of events by mail
    Notification {
        #[command(subcommand)]
        command: NotificationCommand,
    },
    /// Addresses that a running server tells what happens
    Webhook {
        #[command(subcommand)]
        command: WebhookCommand,
    },
    /// People's accounts of a running server
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// API tokens of a running server
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Look at the change log
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Print the API's description
    Openapi,
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print completions for a shell, to be read by it
    Completions {
        /// The shell that reads them
        shell: clap_complete::Shell,
    },
    /// Write the generated files of the repository
    #[command(hide = true)]
    Documents {
        /// The root of the repository
        root: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether the configuration is valid
    Check {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List what happened, the newest first, of a running server
    List(Changes),
    /// Write the change log out whole
    Export(Box<ChangesExport>),
    /// Say whether the change log is as it was written: nothing taken out, added or altered. Fails where it isn't
    Verify {
        #[command(flatten)]
        place: Place,
        /// A digest that a former run printed: the chain has to lead over it
        #[arg(long, value_name = "DIGEST")]
        over: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Place {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Path of a database file, or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// A configuration file instead of tenantry.toml in the data directory
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    /// What the configuration says.
    pub fn load(&self) -> Result<Config, Failure> {
        Ok(config::load(&self.data, self.config.as_deref())?)
    }

    /// Where the database is.
    pub fn database(&self, config: &Config) -> String {
        let given = self.database.as_deref().unwrap_or(&config.database.url);
        if given.is_empty() { self.data.join("tenantry.db").to_string_lossy().into_owned() } else { given.to_owned() }
    }
}

/// Completions of all commands for a shell.
pub fn completions(shell: clap_complete::Shell, out: &mut dyn std::io::Write) {
    clap_complete::generate(shell, &mut Arguments::command(), "tenantry", out);
}

const INTRODUCTION: &str = "\
# Command line

Generated from `crates/tenantry/src/arguments.rs` and `crates/cli`.

`serve`, `setup`, `recover`, `migrate`, `recount`, `demo`, `config` and `audit verify` work on the host, on a data directory. The
others ask a running server over its API, as whoever signs in; `connect` and `backup` run on a machine that is backed up.

## Who asks
In this order: `--token`, `--login` with a password, `TENANTRY_TOKEN`, `TENANTRY_LOGIN` with `TENANTRY_PASSWORD`, the session that
`tenantry login` has kept for that server. The server is `--server`, or `TENANTRY_SERVER`, or http://127.0.0.1:8420. Scripts take a token:
```
export TENANTRY_SERVER=https://backup.example.com
export TENANTRY_TOKEN=$(tenantry token create --name nightly --permissions read_customers,read_devices --days 90 --login mia@example.com)
tenantry device list --filter 'last_backup_at < now-2d' --json
```
`tenantry login` keeps the session in `$XDG_CONFIG_HOME/tenantry/session.json`, or below `~/.config`, readable by its owner alone. It ends
after 12 hours without use; `tenantry logout` ends it at once. A password is asked for where a person types, else it comes from
`--password-file` or `TENANTRY_PASSWORD`.

## What it prints
Tables for people; they may change. With `--json` what the API answers, lists as one array; that is part of the contract. What is wrong
goes to standard error, in the API's words, with its code in brackets.

| exit code | means |
|---|---|
| 0 | done |
| 1 | something on this side: a file, the configuration, the database |
| 2 | the command line was not understood |
| 3 | nobody is signed in, or the token is worth nothing (401) |
| 4 | not allowed (403) |
| 5 | there is no such thing, or it is not the caller's to see (404) |
| 6 | something given is not acceptable (400, 412, 422, 428) |
| 7 | the state of things stands in the way (409) |
| 8 | the server can't be reached or can't do it now (408, 429, 5xx); later it may |

## On a customer's machine
```
printf %s 'KEY' | sudo tenantry connect --server https://backup.example.com --pass-key-file - --systemd --exclude '*.tmp' /home /etc
sudo systemctl daemon-reload && sudo systemctl enable --now tenantry-backup.timer
```
`connect` registers the machine and writes `/etc/tenantry/backup.env`, readable by root alone, and beside it the repository's
password, which nobody else knows: keep a copy elsewhere. `backup` makes the repository if there is none, runs `restic backup`, and
ends with restic's exit code; the restic on the path, or the one that `RESTIC` names. It tells the server which version of restic
runs on which system, and no backup fails because that couldn't be told. Other commands of restic take the same file:
`set -a; . /etc/tenantry/backup.env; restic snapshots`. Where `connect` was given the customer's username and password instead of a pass
key, as appliances have them, `tenantry renew --password-file -` hands in the new password after it was changed.

## Completions
`tenantry completions bash > /etc/bash_completion.d/tenantry`, and so for `zsh`, `fish`, `elvish` and `powershell`.

## Commands
";

/// `docs/cli.md`.
pub fn document() -> String {
    let mut text = String::from(INTRODUCTION);
    let mut command = Arguments::command().term_width(100).disable_help_subcommand(true);
    command.build();
    describe(&mut text, &mut command, "tenantry");
    text
}

fn describe(text: &mut String, command: &mut clap::Command, name: &str) {
    let help = command.render_help().to_string();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(text, "\n### `{name}`\n```\n{}\n```\n", lines.join("\n"));
    for below in command.get_subcommands_mut().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        let name = format!("{name} {}", below.get_name());
        describe(text, below, &name);
    }
}

#[cfg(test)]
mod tests {
    use clap::Command;

    use super::*;

    fn unexplained(command: &Command, path: &str, found: &mut Vec<String>) {
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            if argument.get_help().is_none() {
                found.push(format!("{path} {}", argument.get_id()));
            }
        }
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            let path = format!("{path} {}", below.get_name());
            if below.get_about().is_none() {
                found.push(path.clone());
            }
            unexplained(below, &path, found);
        }
    }

    #[test]
    fn everything_that_can_be_given_is_explained() {
        let mut found = Vec::new();
        unexplained(&Arguments::command(), "tenantry", &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }
}
