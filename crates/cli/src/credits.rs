//! `tenantry credit`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::json;

use super::asked::{One, Said, segment};
use super::columns::{CREDIT_ENTRIES, CREDIT_MONTHS, CREDITS};

#[derive(Debug, Subcommand)]
pub enum CreditCommand {
    /// List what a customer's accounts hold, and for how long that lasts
    List(One),
    /// List an account's months: opening balance, additions, use, closing balance
    Months {
        #[command(flatten)]
        one: One,
        /// What it is a month of
        #[arg(long, value_name = "ID")]
        product: String,
        /// The first month; eleven before the last unless given
        #[arg(long, value_name = "YYYY-MM")]
        from: Option<String>,
        /// The last month; this one unless given
        #[arg(long, value_name = "YYYY-MM")]
        to: Option<String>,
    },
    /// List the last entries of a customer's accounts
    Entries {
        #[command(flatten)]
        one: One,
        /// Only of this month
        #[arg(long, value_name = "YYYY-MM")]
        month: Option<String>,
        /// So many at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    /// Add units to a customer's account: from the one above, or bought where there is none
    Add {
        #[command(flatten)]
        one: One,
        /// What it is a month of
        #[arg(long, value_name = "ID")]
        product: String,
        /// Below zero: back
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        units: i64,
        /// Such as the number of an order
        #[arg(long)]
        note: Option<String>,
    },
    /// Take an entry back by another one
    Counter {
        #[command(flatten)]
        one: One,
        /// The entry that is taken back
        #[arg(long, value_name = "ID")]
        entry: String,
        /// Why
        #[arg(long)]
        note: String,
    },
}

impl CreditCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(one) => one.list("customers", "/credits", CREDITS).await,
            Self::Months { one, product, from, to } => {
                let mut query = vec![("product_id", product.clone())];
                query.extend(from.iter().map(|month| ("from", month.clone())));
                query.extend(to.iter().map(|month| ("to", month.clone())));
                let path = format!("/customers/{}/credits/months", segment(&one.id));
                let list = one.asked.with(async |session| session.read(&path, &query).await).await?;
                let months = list["items"][0]["months"].as_array().cloned().unwrap_or_default();
                Ok(Some(one.asked.table(CREDIT_MONTHS, &months)))
            }
            Self::Entries { one, month, limit } => {
                let mut query = vec![("limit", limit.to_string())];
                query.extend(month.iter().map(|month| ("month", month.clone())));
                let path = format!("/customers/{}/credits/entries", segment(&one.id));
                let list = one.asked.with(async |session| session.read(&path, &query).await).await?;
                let entries = list["items"].as_array().cloned().unwrap_or_default();
                Ok(Some(one.asked.table(CREDIT_ENTRIES, &entries)))
            }
            Self::Add { one, product, units, note } => {
                let path = format!("/customers/{}/credits/entries", segment(&one.id));
                let input = json!({ "product_id": product, "units": units, "note": note });
                one.asked.one(Method::POST, &path, Some(input)).await
            }
            Self::Counter { one, entry, note } => {
                let path = format!("/customers/{}/credits/counter", segment(&one.id));
                one.asked.one(Method::POST, &path, Some(json!({ "entry_id": entry, "note": note }))).await
            }
        }
    }
}
