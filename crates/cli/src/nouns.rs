//! `tenantry <noun> <verb>`: what people and scripts ask a running server for most, each an operation of the API.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::Session;
use super::asked::{Asked, List, One, Said, Suspend, segment};
use super::columns::{CHANGES, DEVICES, SESSIONS, TOKENS, USERS};
use super::export::{Export, Written};
use super::many::Counts;
use crate::Failure;

const DAY_SECONDS: i64 = 24 * 60 * 60;

#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// List devices
    List(List),
    /// Count devices by their values
    Counts(Counts),
    /// Show a device
    Show(One),
    /// Let a device in that waits
    Approve(One),
    /// Suspend a device
    Suspend(Suspend),
    /// Lift a device's suspension
    Activate(One),
    /// Give a device new credentials; the old ones end
    Credentials(One),
    /// Call a device otherwise
    Rename {
        #[command(flatten)]
        one: One,
        /// What it is called from now on
        #[arg(long)]
        name: String,
    },
    /// Move a device with its backups to another customer or site
    Move {
        #[command(flatten)]
        one: One,
        /// The end customer or site
        #[arg(long, value_name = "ID")]
        to: String,
    },
    /// Give a machine up that is lost; another takes its place by registering
    Release(One),
    /// Delete a device; what it has backed up goes when the hold is over
    Delete {
        #[command(flatten)]
        one: One,
        /// Also where it has backups
        #[arg(long)]
        with_backups: bool,
    },
    /// Bring back a device that was deleted
    Restore(One),
    /// Write the list out whole
    Export(Box<Export>),
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List people's accounts
    List(List),
    /// Count people's accounts by their values
    Counts(Counts),
    /// Show an account
    Show(One),
    /// Add an account; its person sets a password by an invitation
    Add {
        /// The customer that it belongs to
        #[arg(long, value_name = "ID")]
        customer: String,
        /// To sign in with
        #[arg(long)]
        email: String,
        /// What the person is called
        #[arg(long)]
        name: String,
        /// As in docs/permissions.md
        #[arg(long)]
        role: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Change an account
    Edit {
        #[command(flatten)]
        one: One,
        /// What the person is called
        #[arg(long)]
        name: Option<String>,
        /// What the person may do: see docs/permissions.md
        #[arg(long)]
        role: Option<String>,
        /// Answers for keys, or no more
        #[arg(long, value_name = "true|false")]
        key_officer: Option<bool>,
        /// Whether it can be used
        #[arg(long, value_name = "true|false")]
        active: Option<bool>,
    },
    /// Print a link by which a person sets a password
    Invite(One),
    /// List where a person is signed in
    Sessions(One),
    /// Remove an account
    Delete(One),
    /// Write the list out whole
    Export(Box<Export>),
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// List tokens: one's own, and those of people below
    List(List),
    /// Make a token for oneself, and print it this once
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// It holds at this customer and below it; one's own unless given
        #[arg(long, value_name = "ID")]
        customer: Option<String>,
        /// What it may, as in docs/permissions.md; several with commas between them
        #[arg(long, value_name = "PERMISSION", value_delimiter = ',', required = true)]
        permissions: Vec<String>,
        /// It works for so many days; until it is revoked unless given
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=36500))]
        days: Option<i64>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Revoke a token
    Revoke(One),
}

#[derive(Clone, Debug, Args)]
pub struct Changes {
    /// The customer whose history it is, with all below it; one's own unless given
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    #[command(flatten)]
    list: List,
}

/// The history written out.
#[derive(Clone, Debug, Args)]
pub struct ChangesExport {
    /// The customer whose history it is, with all below it; one's own unless given
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    #[command(flatten)]
    written: Written,
}

impl DeviceCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(list) => list.run("/devices", &[], DEVICES).await,
            Self::Counts(counts) => counts.run("devices").await,
            Self::Show(one) => one.show("devices").await,
            Self::Approve(one) => one.act("devices", "/approve", None).await,
            Self::Suspend(suspend) => suspend.one.act("devices", "/suspend", Some(suspend.input())).await,
            Self::Activate(one) => one.act("devices", "/activate", None).await,
            Self::Credentials(one) => one.act("devices", "/credentials", None).await,
            Self::Rename { one, name } => one.change("devices", json!({ "name": name })).await,
            Self::Move { one, to } => one.change("devices", json!({ "customer_id": to })).await,
            Self::Release(one) => one.act("devices", "/release", None).await,
            Self::Delete { one, with_backups } => {
                one.delete("devices", if *with_backups { "?data=delete" } else { "?data=keep" }).await
            }
            Self::Restore(one) => one.act("devices", "/restore", None).await,
            Self::Export(export) => export.run("devices").await,
        }
    }
}

impl UserCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(list) => list.run("/users", &[], USERS).await,
            Self::Counts(counts) => counts.run("users").await,
            Self::Show(one) => one.show("users").await,
            Self::Add { customer, email, name, role, asked } => {
                let input = json!({ "customer_id": customer, "email": email, "name": name, "role": role });
                asked.one(Method::POST, "/users", Some(input)).await
            }
            Self::Edit { one, name, role, key_officer, active } => {
                let given = [
                    ("name", name.as_ref().map(|name| json!(name))),
                    ("role", role.as_ref().map(|role| json!(role))),
                    ("is_key_officer", key_officer.map(Value::from)),
                    ("is_active", active.map(Value::from)),
                ];
                let input: serde_json::Map<String, Value> =
                    given.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect();
                one.change("users", Value::Object(input)).await
            }
            Self::Invite(one) => one.act("users", "/invitation", None).await,
            Self::Sessions(one) => one.list("users", "/sessions", SESSIONS).await,
            Self::Delete(one) => one.delete("users", "").await,
            Self::Export(export) => export.run("users").await,
        }
    }
}

impl TokenCommand {
    pub async fn run(&self, now: jiff::Timestamp) -> Said {
        match self {
            Self::List(list) => list.run("/tokens", &[], TOKENS).await,
            Self::Create { name, customer, permissions, days, asked } => {
                let until = days.map(|days| now.checked_add(jiff::SignedDuration::from_secs(days * DAY_SECONDS)));
                let until = until.transpose()?.map(|until| until.to_string());
                let made = asked
                    .with(async |session| {
                        let customer = match customer {
                            Some(customer) => json!(customer),
                            None => session.read("/me", &[]).await?["customer_id"].clone(),
                        };
                        let input = json!({ "name": name, "customer_id": customer, "permissions": permissions,
                            "expires_at": until });
                        session.run(Method::POST, "/tokens", Some(&input)).await
                    })
                    .await?;
                // A script takes it as it is.
                let secret = made["token"].as_str().unwrap_or_default().to_owned();
                Ok(if asked.json { asked.tell(&made) } else { Some(secret) })
            }
            Self::Revoke(one) => one.delete("tokens", "").await,
        }
    }
}

impl Changes {
    pub async fn run(&self) -> Said {
        let customer = match &self.customer {
            Some(customer) => customer.clone(),
            None => text(&self.list.asked.with(async |session| own_customer(session).await.map(Value::from)).await?),
        };
        self.list.run(&format!("/customers/{}/changes", segment(&customer)), &[], CHANGES).await
    }
}

impl ChangesExport {
    pub async fn run(&self) -> Said {
        let path = async |session: &Session| {
            let customer = match &self.customer {
                Some(customer) => customer.clone(),
                None => own_customer(session).await?,
            };
            Ok(format!("/customers/{}/changes/export", segment(&customer)))
        };
        self.written.run(path, &[], None).await
    }
}

/// The customer that whoever asks belongs to.
async fn own_customer(session: &Session) -> Result<String, Failure> {
    Ok(text(&session.read("/me", &[]).await?["customer_id"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Who asks, and what they may.
pub async fn who(asked: &Asked) -> Said {
    let me = asked.with(async |session| session.read("/me", &[]).await).await?;
    if asked.json {
        return Ok(asked.tell(&me));
    }
    let told = ["name", "login", "role", "is_key_officer", "customer_name", "customer_id", "token_name", "permissions"];
    let me: serde_json::Map<String, Value> =
        told.iter().map(|field| ((*field).to_owned(), me[field].clone())).collect();
    Ok(asked.tell(&Value::Object(me)))
}
