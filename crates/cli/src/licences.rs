//! `tenantry licence` and `tenantry job`.

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::asked::{Asked, List, One, Said, segment};
use super::columns::{HELD, JOBS, LICENCE_MONTHS, LICENCES, POOLS};

#[derive(Debug, Subcommand)]
pub enum LicenceCommand {
    /// List licences
    List(List),
    /// Show a licence, with what its sites have of it
    Show(One),
    /// Grant an end customer a licence under a plan
    Grant {
        /// The end customer
        #[arg(long, value_name = "ID")]
        customer: String,
        /// The plan that it is of
        #[arg(long, value_name = "ID")]
        plan: String,
        /// So many units
        #[arg(long, value_name = "N")]
        quantity: i64,
        #[command(flatten)]
        asked: Asked,
    },
    /// Assign some of a licence to a site
    Assign(Share),
    /// Take some of a licence from a site
    Revoke(Share),
    /// Renew a licence for another term
    Renew {
        #[command(flatten)]
        one: One,
        /// From when on the new term counts
        #[arg(long, value_enum, default_value_t = Basis::FromExpiry)]
        basis: Basis,
    },
    /// End a licence now, with what is assigned of it
    Cancel(One),
    /// List what was held at a customer and below it at the end of a day
    AsOf {
        #[command(flatten)]
        one: One,
        /// Today unless given
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<String>,
    },
    /// List the most that was held of each product in each of the last twelve months
    Months(One),
    /// List what a customer may hand out of each product, and what is free of that
    Pools(One),
    /// Give a customer so many units of a product to hand out
    SetPool {
        #[command(flatten)]
        one: One,
        /// What it is a number of
        #[arg(long, value_name = "ID")]
        product: String,
        /// A number, or `auto`: then it draws on the nearest customer above that has one
        #[arg(long, value_name = "N", value_parser = quantity)]
        quantity: Quantity,
    },
}

/// A number of units, or `auto`.
#[derive(Clone, Debug)]
pub struct Quantity(Value);

fn quantity(text: &str) -> Result<Quantity, String> {
    if text == "auto" {
        return Ok(Quantity(json!("auto")));
    }
    let number: i64 = text.parse().map_err(|_| "is a whole number or auto".to_owned())?;
    Ok(Quantity(json!(number)))
}

/// So much of a licence, of a site or for it.
#[derive(Clone, Debug, Args)]
pub struct Share {
    #[command(flatten)]
    one: One,
    /// The site of the customer
    #[arg(long, value_name = "ID")]
    site: String,
    /// So many units
    #[arg(long, value_name = "N")]
    quantity: i64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Basis {
    /// From the end of the former term
    FromExpiry,
    /// From now
    FromNow,
    /// From now where it has ended, else from its end
    FromNowIfExpired,
}

impl Basis {
    fn word(self) -> &'static str {
        match self {
            Self::FromExpiry => "from_expiry",
            Self::FromNow => "from_now",
            Self::FromNowIfExpired => "from_now_if_expired",
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// List what clients did
    List(List),
    /// List what a device is about, and its last jobs
    Device(One),
}

impl Share {
    async fn act(&self, verb: &str) -> Said {
        let input = json!({ "site_id": self.site, "quantity": self.quantity });
        self.one.act("licences", verb, Some(input)).await
    }
}

impl LicenceCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(list) => list.run("/licences", &[], LICENCES).await,
            Self::Show(one) => one.show("licences").await,
            Self::Grant { customer, plan, quantity, asked } => {
                let path = format!("/customers/{}/licences", segment(customer));
                let input = json!({ "plan_id": plan, "quantity": quantity });
                asked.one(Method::POST, &path, Some(input)).await
            }
            Self::Assign(share) => share.act("/assign").await,
            Self::Revoke(share) => share.act("/revoke").await,
            Self::Renew { one, basis } => one.act("licences", "/renew", Some(json!({ "basis": basis.word() }))).await,
            Self::Cancel(one) => one.delete("licences", "").await,
            Self::AsOf { one, day } => {
                let query: Vec<_> = day.iter().map(|day| ("as_of", day.clone())).collect();
                let path = format!("/customers/{}/licences", segment(&one.id));
                let list = one.asked.with(async |session| session.read(&path, &query).await).await?;
                Ok(Some(one.asked.table(HELD, list["items"].as_array().map_or(&[], Vec::as_slice))))
            }
            Self::Months(one) => {
                let path = format!("/customers/{}/licence_months", segment(&one.id));
                let list = one.asked.with(async |session| session.read(&path, &[]).await).await?;
                let rows: Vec<Value> = list["items"].as_array().into_iter().flatten().flat_map(months_of).collect();
                Ok(Some(one.asked.table(LICENCE_MONTHS, &rows)))
            }
            Self::Pools(one) => one.list("customers", "/licence_pools", POOLS).await,
            Self::SetPool { one, product, quantity: Quantity(quantity) } => {
                let path = format!("/customers/{}/licence_pools/{}", segment(&one.id), segment(product));
                one.asked.one(Method::PUT, &path, Some(json!({ "quantity": quantity }))).await
            }
        }
    }
}

/// A product's months, each with what it is of.
fn months_of(product: &Value) -> Vec<Value> {
    let months = product["months"].as_array().cloned().unwrap_or_default();
    months
        .into_iter()
        .map(|mut month| {
            month["product_name"] = product["product_name"].clone();
            month
        })
        .collect()
}

impl JobCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(list) => list.run("/jobs", &[], JOBS).await,
            Self::Device(one) => one.list("devices", "/jobs", JOBS).await,
        }
    }
}
