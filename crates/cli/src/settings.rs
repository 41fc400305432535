//! `tenantry setting` and `tenantry template`: what holds at a customer or a device, what it is to be, and what is given together.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::asked::{Asked, One, Said, segment};
use super::columns::{SETTINGS, TEMPLATES};
use crate::Failure;

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

#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// List the templates that can be assigned at a customer
    List(One),
    /// Show a template with what it sets
    Show(One),
    /// Make a template for a customer and those below it
    Create {
        /// The customer that it is of: all at and below may have it
        #[arg(long, value_name = "ID")]
        customer: String,
        /// What it is called
        #[arg(long)]
        name: String,
        /// Begin with what this customer sets itself
        #[arg(long, value_name = "ID")]
        from: Option<String>,
        /// What it sets, as `append_only=true`; several times for several
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// Those of them that nothing below may say otherwise; several with commas between them
        #[arg(long, value_name = "NAME", value_delimiter = ',')]
        locked: Vec<String>,
        /// Those who look after customers further down may use it too
        #[arg(long)]
        offered: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// Give a customer what a template sets, or give it to it again
    Assign {
        #[command(flatten)]
        one: One,
        /// The customer that gets it
        #[arg(long, value_name = "ID")]
        customer: String,
    },
    /// Take a customer's template away; what is set stays
    Detach {
        /// The customer that loses it
        #[arg(long, value_name = "ID")]
        customer: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Remove a template; customers keep what they set
    Delete(One),
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

impl TemplateCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(one) => one.list("customers", "/templates", TEMPLATES).await,
            Self::Show(one) => one.show("templates").await,
            Self::Create { customer, name, from, set, locked, offered, asked } => {
                let path = format!("/customers/{}/templates", segment(customer));
                let mut settings = Map::new();
                for setting in set {
                    let (name, value) = setting.split_once('=').ok_or("--set takes NAME=VALUE.")?;
                    let locked = locked.iter().any(|locked| locked == name);
                    settings.insert(name.to_owned(), json!({ "value": read(value)?, "locked": locked }));
                }
                let input = json!({
                    "name": name, "settings": settings, "from_customer_id": from, "offered": offered,
                });
                asked.one(Method::POST, &path, Some(input)).await
            }
            Self::Assign { one, customer } => {
                let path = format!("/customers/{}/template", segment(customer));
                one.asked.one(Method::PUT, &path, Some(json!({ "template_id": one.id }))).await
            }
            Self::Detach { customer, asked } => {
                asked.one(Method::DELETE, &format!("/customers/{}/template", segment(customer)), None).await
            }
            Self::Delete(one) => one.delete("templates", "").await,
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
