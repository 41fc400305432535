//! `tenantry customer` and `tenantry site`.

use std::path::PathBuf;

use api::customer::Profile;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::asked::{Asked, List, One, Said, Suspend, segment};
use super::columns::{CUSTOMERS, CUSTOMERS_BY_SITE, REMOVED_CUSTOMERS, SITES};
use super::export::Export;
use super::many::Counts;
use super::password_in;
use crate::Failure;

#[derive(Debug, Subcommand)]
pub enum CustomerCommand {
    /// List customers
    List(Box<Customers>),
    /// Count customers by their values
    Counts(Counts),
    /// Show a customer
    Show {
        #[command(flatten)]
        one: One,
        /// A day in UTC, as 2026-03-31: with what it was at its end
        #[arg(long, value_name = "DAY")]
        as_of: Option<String>,
    },
    /// Add a customer, with its own account and sites if wanted
    Add(Box<NewCustomer>),
    /// Change a customer; what isn't given stays
    Edit(Box<Edited>),
    /// Set the password of a customer's own account anew
    Password {
        #[command(flatten)]
        one: One,
        /// A file with the new password, `-` for standard input
        #[arg(long, value_name = "FILE")]
        account_password_file: PathBuf,
    },
    /// Let a customer sign in to its own devices, or don't
    WebAccess {
        #[command(flatten)]
        one: One,
        /// Whether it may
        #[arg(value_enum)]
        access: OnOff,
        /// For one that has no username yet
        #[arg(long)]
        username: Option<String>,
        /// A file with its password, `-` for standard input
        #[arg(long, value_name = "FILE")]
        account_password_file: Option<PathBuf>,
    },
    /// Suspend a customer and all below it
    Suspend(Suspend),
    /// Lift a customer's own suspension
    Activate(One),
    /// Put a customer under another parent
    Move {
        #[command(flatten)]
        one: One,
        /// The new parent
        #[arg(long, value_name = "ID")]
        to: String,
        /// Say what would happen, and what is in the way
        #[arg(long)]
        dry_run: bool,
    },
    /// Begin production before a trial has ended, for good
    EndTrial(One),
    /// Schedule the deletion of a customer
    Delete(Deleted),
    /// Cancel the deletion of a customer
    Restore {
        #[command(flatten)]
        one: One,
        /// Even where others have its usernames or people's addresses by now; it comes back without them
        #[arg(long)]
        without_taken_usernames: bool,
    },
    /// List customers that were deleted for good
    Removed(List),
    /// Show a customer that was deleted for good
    ShowRemoved {
        #[command(flatten)]
        one: One,
        /// A day in UTC, as 2026-03-31: with what it was at its end
        #[arg(long, value_name = "DAY")]
        as_of: Option<String>,
    },
    /// Write the list out whole
    Export(Box<Export>),
}

/// Some of the list of customers.
#[derive(Clone, Debug, Args)]
pub struct Customers {
    #[command(flatten)]
    list: List,
    /// A row for each site of a customer; one without sites has one, too
    #[arg(long, value_enum)]
    rows: Option<Rows>,
    /// Only this: provider, distributor, `sub_distributor`, reseller, `end_customer`, site
    #[arg(long)]
    level: Option<String>,
}

/// Of what a list has a row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Rows {
    Customer,
    Site,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    On,
    Off,
}

/// How somebody gets a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Invite {
    Link,
    Mail,
}

/// What is said of a customer at its beginning, and later.
#[derive(Clone, Debug, Args)]
struct Terms {
    /// Its address for mail, which invitations and reports go to
    #[arg(long)]
    email: Option<String>,
    /// Where the country leaves a choice; once
    #[arg(long, value_name = "ID")]
    storage_location: Option<String>,
    /// managed or `self_managed`
    #[arg(long)]
    kind: Option<String>,
    /// `all_inclusive` or `software_only`
    #[arg(long)]
    service_type: Option<String>,
    /// What partners may offer; several with commas between them
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    offered_service_types: Vec<String>,
    /// So many devices at most; without it any number
    #[arg(long, value_name = "N")]
    max_devices: Option<i64>,
    #[command(flatten)]
    profile: Card,
}

/// Where and how to find it.
#[derive(Clone, Debug, Args)]
struct Card {
    /// Street and number, as on a letter
    #[arg(long)]
    address: Option<String>,
    /// Its city
    #[arg(long)]
    city: Option<String>,
    /// The person to talk to
    #[arg(long)]
    contact: Option<String>,
    /// As it is dialled
    #[arg(long)]
    phone: Option<String>,
    /// As it is dialled
    #[arg(long)]
    fax: Option<String>,
    /// Its number or name in another system
    #[arg(long)]
    reference: Option<String>,
    /// For those who look after it
    #[arg(long)]
    notes: Option<String>,
    /// Its own people read these too
    #[arg(long)]
    shared_notes: Option<String>,
}

impl Card {
    fn given(&self) -> Map<String, Value> {
        given([
            ("address", text(self.address.as_ref())),
            ("city", text(self.city.as_ref())),
            ("contact", text(self.contact.as_ref())),
            ("phone", text(self.phone.as_ref())),
            ("fax", text(self.fax.as_ref())),
            ("reference", text(self.reference.as_ref())),
            ("notes", text(self.notes.as_ref())),
            ("shared_notes", text(self.shared_notes.as_ref())),
        ])
    }
}

impl Terms {
    fn given(&self) -> Map<String, Value> {
        let profile = self.profile.given();
        given([
            ("profile", (!profile.is_empty()).then_some(Value::Object(profile))),
            ("email", text(self.email.as_ref())),
            ("storage_location_id", text(self.storage_location.as_ref())),
            ("kind", text(self.kind.as_ref())),
            ("service_type", text(self.service_type.as_ref())),
            ("offered_service_types", some(&self.offered_service_types)),
            ("max_devices", self.max_devices.map(Value::from)),
        ])
    }
}

/// A customer that is to be.
#[derive(Clone, Debug, Args)]
pub struct NewCustomer {
    /// The customer that it stands under
    #[arg(long, value_name = "ID")]
    parent: String,
    /// Its company name
    #[arg(long)]
    name: String,
    /// Its country, as DE
    #[arg(long)]
    country: String,
    /// Needed where more than one fits: distributor, `sub_distributor`, reseller, `end_customer`
    #[arg(long)]
    level: Option<String>,
    /// Of its own account
    #[arg(long, requires = "account_password_file")]
    username: Option<String>,
    /// A file with the password of its own account, `-` for standard input
    #[arg(long, value_name = "FILE", requires = "username")]
    account_password_file: Option<PathBuf>,
    /// A site; several with commas between them
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    sites: Vec<String>,
    #[command(flatten)]
    terms: Terms,
    /// A licence of one under this service plan
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// The settings of this template; its plan's unless given
    #[arg(long, value_name = "ID")]
    template: Option<String>,
    /// For 30 days
    #[arg(long)]
    trial: bool,
    /// Nothing backs up until it is activated
    #[arg(long)]
    suspended: bool,
    /// Make an account for its email address; the link by which its person sets a password is printed, or sent
    #[arg(long, value_enum, value_name = "HOW", requires = "email")]
    invite_administrator: Option<Invite>,
    #[command(flatten)]
    asked: Asked,
}

/// What a customer is to be from now on.
#[derive(Clone, Debug, Args)]
pub struct Edited {
    #[command(flatten)]
    one: One,
    /// Its company name
    #[arg(long)]
    name: Option<String>,
    /// As DE
    #[arg(long)]
    country: Option<String>,
    #[command(flatten)]
    terms: Terms,
    /// What is taken away: email, kind, `max_devices`, or what was said of where and how to find it, as phone; several with
    /// commas between them
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    clear: Vec<String>,
}

/// One that is to go.
#[derive(Clone, Debug, Args)]
pub struct Deleted {
    #[command(flatten)]
    one: One,
    /// With its devices, their backups and all below it
    #[arg(long)]
    remove_products: bool,
    /// Say what would go, and what is in the way
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// List sites
    List(List),
    /// Add a site to an end customer
    Add {
        /// The end customer
        #[arg(long, value_name = "ID")]
        customer: String,
        /// Letters, digits and underscores
        #[arg(long)]
        name: String,
        /// As DE; its customer's unless given
        #[arg(long)]
        country: Option<String>,
        /// Its customer's unless given
        #[arg(long, value_name = "ID")]
        storage_location: Option<String>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Show a site
    Show(One),
    /// Call a site otherwise
    Rename {
        #[command(flatten)]
        one: One,
        /// Letters, digits and underscores
        #[arg(long)]
        name: String,
    },
    /// Schedule the deletion of a site
    Delete(Deleted),
}

/// The fields that were given.
fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn text(value: Option<&String>) -> Option<Value> {
    value.map(|value| json!(value))
}

fn some(values: &[String]) -> Option<Value> {
    (!values.is_empty()).then(|| json!(values))
}

fn said(flag: bool) -> Option<Value> {
    flag.then_some(Value::Bool(true))
}

async fn on_a_day(one: &One, noun: &str, day: Option<&str>) -> Said {
    let at = day.map(|day| format!("?as_of={}", segment(day))).unwrap_or_default();
    one.asked.one(Method::GET, &format!("/{noun}/{}{at}", segment(&one.id)), None).await
}

impl CustomerCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(customers) => customers.run().await,
            Self::Counts(counts) => counts.run("customers").await,
            Self::Show { one, as_of } => on_a_day(one, "customers", as_of.as_deref()).await,
            Self::Removed(list) => list.run("/removed_customers", &[], REMOVED_CUSTOMERS).await,
            Self::ShowRemoved { one, as_of } => on_a_day(one, "removed_customers", as_of.as_deref()).await,
            Self::Add(new) => new.asked.one(Method::POST, "/customers", Some(new.input()?)).await,
            Self::Edit(edited) => edited.run().await,
            Self::Password { one, account_password_file } => {
                let input = json!({ "password": password_in(account_password_file)? });
                one.act("customers", "/password", Some(input)).await
            }
            Self::WebAccess { one, access, username, account_password_file } => {
                let password = account_password_file.as_deref().map(password_in).transpose()?;
                let input = given([
                    ("enabled", Some(json!(*access == OnOff::On))),
                    ("username", text(username.as_ref())),
                    ("password", password.map(Value::from)),
                ]);
                let path = format!("/customers/{}/web_access", segment(&one.id));
                one.asked.one(Method::PUT, &path, Some(Value::Object(input))).await
            }
            Self::Suspend(suspend) => suspend.one.act("customers", "/suspend", Some(suspend.input())).await,
            Self::Activate(one) => one.act("customers", "/activate", None).await,
            Self::Move { one, to, dry_run } => {
                let path = format!("/customers/{}/move?dry_run={dry_run}", segment(&one.id));
                one.asked.foretold(Method::POST, &path, Some(json!({ "parent_id": to }))).await
            }
            Self::EndTrial(one) => one.act("customers", "/end_trial", None).await,
            Self::Delete(deleted) => deleted.run().await,
            Self::Restore { one, without_taken_usernames } => {
                let verb = if *without_taken_usernames { "/restore?without_taken_usernames=true" } else { "/restore" };
                one.act("customers", verb, None).await
            }
            Self::Export(export) => export.run("customers").await,
        }
    }
}

impl Customers {
    async fn run(&self) -> Said {
        let by_site = self.rows == Some(Rows::Site);
        let fixed = [by_site.then_some(("rows", "site")), self.level.as_deref().map(|level| ("level", level))];
        let fixed: Vec<(&str, &str)> = fixed.into_iter().flatten().collect();
        self.list.run("/customers", &fixed, if by_site { CUSTOMERS_BY_SITE } else { CUSTOMERS }).await
    }
}

impl NewCustomer {
    fn input(&self) -> Result<Value, Failure> {
        let password = self.account_password_file.as_deref().map(password_in).transpose()?;
        let mut input = given([
            ("parent_id", Some(json!(self.parent))),
            ("company_name", Some(json!(self.name))),
            ("country", Some(json!(self.country))),
            ("level", text(self.level.as_ref())),
            ("username", text(self.username.as_ref())),
            ("password", password.map(Value::from)),
            ("sites", some(&self.sites)),
            ("plan_id", text(self.plan.as_ref())),
            ("template_id", text(self.template.as_ref())),
            ("trial", said(self.trial)),
            ("account_state", self.suspended.then(|| json!("suspended"))),
            ("invite_administrator", said(self.invite_administrator.is_some())),
            ("invite_by_mail", said(self.invite_administrator == Some(Invite::Mail))),
        ]);
        input.extend(self.terms.given());
        Ok(Value::Object(input))
    }
}

impl Edited {
    async fn run(&self) -> Said {
        let mut input = given([("company_name", text(self.name.as_ref())), ("country", text(self.country.as_ref()))]);
        input.extend(self.terms.given());
        for field in &self.clear {
            let of = if Profile::FIELDS.contains(&field.as_str()) {
                input.entry("profile").or_insert_with(|| json!({})).as_object_mut()
            } else if ["email", "kind", "max_devices"].contains(&field.as_str()) {
                Some(&mut input)
            } else {
                None
            };
            let Some(of) = of else {
                let able = Profile::FIELDS.join(", ");
                return Err(format!("{field} cannot be taken away: email, kind, max_devices, {able} can.").into());
            };
            if of.insert(field.clone(), Value::Null).is_some() {
                return Err(format!("{field} cannot be given and taken away at once.").into());
            }
        }
        self.one.change("customers", Value::Object(input)).await
    }
}

impl Deleted {
    async fn run(&self) -> Said {
        let parameters = format!("?remove_products={}&dry_run={}", self.remove_products, self.dry_run);
        let path = format!("/customers/{}{parameters}", segment(&self.one.id));
        self.one.asked.foretold(Method::DELETE, &path, None).await
    }
}

impl SiteCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(list) => list.run("/customers", &[("level", "site")], SITES).await,
            Self::Show(one) => one.show("customers").await,
            Self::Add { customer, name, country, storage_location, asked } => {
                let path = format!("/customers/{}/sites", segment(customer));
                let input = given([
                    ("name", Some(json!(name))),
                    ("country", text(country.as_ref())),
                    ("storage_location_id", text(storage_location.as_ref())),
                ]);
                asked.one(Method::POST, &path, Some(Value::Object(input))).await
            }
            Self::Rename { one, name } => one.change("customers", json!({ "name": name })).await,
            Self::Delete(deleted) => deleted.run().await,
        }
    }
}
