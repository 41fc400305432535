//! `tenantry setting`: what holds at a customer or a device, and what it is to be.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::asked::{One, Said, segment};
use super::columns::SETTINGS;
use crate::serve::Failure;

#[derive(Debug, Subcommand)]
pub enum SettingCommand {
    /// Show what holds at a customer or a device, and where it comes from
    Show(One),
    /// Set something at a customer or a device
    Set {
        #[command(flatten)]
        which: Which,
        /// As docs/settings.md has it: true, required, {"enabled": false}
        value: String,
        /// Nothing below may say otherwise
        #[arg(long)]
        locked: bool,
    },
    /// Take away what is set there: what is set above holds then
    Inherit(Which),
}

/// A setting of a customer or a device.
#[derive(Clone, Debug, Args)]
pub struct Which {
    #[command(flatten)]
    one: One,
    /// As docs/settings.md calls it
    name: String,
    /// Say how much would get another value
    #[arg(long)]
    dry_run: bool,
}

/// The list in which something of this id stands.
fn noun(id: &str) -> &'static str {
    if id.starts_with("dev_") { "devices" } else { "customers" }
}

impl Which {
    fn path(&self) -> String {
        let Self { one, name, dry_run } = self;
        format!("/{}/{}/settings/{}?dry_run={dry_run}", noun(&one.id), segment(&one.id), segment(name))
    }
}

impl SettingCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::Show(one) => {
                let path = format!("/{}/{}/effective", noun(&one.id), segment(&one.id));
                let held = one.asked.with(async |session| session.read(&path, &[]).await).await?;
                let rows = held["settings"].as_array().cloned().unwrap_or_default();
                Ok(Some(one.asked.table(SETTINGS, &rows)))
            }
            Self::Set { which, value, locked } => {
                let input = json!({ "value": read(value)?, "locked": locked });
                which.one.asked.one(Method::PUT, &which.path(), Some(input)).await
            }
            Self::Inherit(which) => which.one.asked.one(Method::DELETE, &which.path(), None).await,
        }
    }
}

/// JSON, or a word that needs no quotes.
fn read(value: &str) -> Result<Value, Failure> {
    match serde_json::from_str(value) {
        Ok(value) => Ok(value),
        Err(_) if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => Ok(json!(value)),
        Err(error) => Err(format!("The value is no JSON: {error}").into()),
    }
}
