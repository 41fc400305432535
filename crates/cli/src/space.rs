//! `tenantry space`: space, limits of devices and licence pools of a whole subtree, looked at together and changed together.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::asked::{Asked, One, Said, segment};
use super::columns::ALLOTMENTS;
use super::licences::{Quantity, quantity};
use super::source;
use crate::Failure;

/// Rows of one answer.
const AT_ONCE: usize = 500;

#[derive(Debug, Subcommand)]
pub enum SpaceCommand {
    /// Show what space a customer has, has handed on and uses
    Show(One),
    /// List what a customer and all below it have, down to devices
    List(One),
    /// Give a customer or a device space, a limit of devices, or units to hand out
    Set(Box<Set>),
    /// Make several changes together or not at all, in whatever order they fit
    Apply {
        /// JSON as the API has it, a list of changes; `-` for standard input
        file: PathBuf,
        #[command(flatten)]
        asked: Asked,
    },
}

#[derive(Clone, Debug, Args)]
pub struct Set {
    #[command(flatten)]
    one: One,
    /// As `2TB` or in bytes; `none`: it draws on the nearest customer above that has space
    #[arg(long, value_name = "SIZE", value_parser = size)]
    space: Option<Number>,
    /// How many devices there may be; `none`: without a limit of its own
    #[arg(long, value_name = "N", value_parser = number)]
    max_devices: Option<Number>,
    /// Units of a product to hand out, or `auto`; more than once for several products
    #[arg(long = "pool", value_name = "PRODUCT=N", value_parser = pool)]
    pools: Vec<Pool>,
}

/// A number, or none.
#[derive(Clone, Debug)]
struct Number(Option<i64>);

/// So much of a product.
#[derive(Clone, Debug)]
struct Pool {
    product: String,
    quantity: Quantity,
}

fn number(text: &str) -> Result<Number, String> {
    if text == "none" {
        return Ok(Number(None));
    }
    text.parse().map(|number| Number(Some(number))).map_err(|_| "Give a whole number, or none.".to_owned())
}

/// Units as those who sell disks have them: `GB` is a thousand millions, `GiB` is two to the thirtieth.
fn size(text: &str) -> Result<Number, String> {
    const UNITS: [(&str, i64); 11] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("PiB", 1 << 50),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("PB", 1_000_000_000_000_000),
        ("B", 1),
    ];
    if text == "none" {
        return Ok(Number(None));
    }
    let unit = UNITS.iter().find(|(name, _)| text.to_lowercase().ends_with(&name.to_lowercase()));
    let (digits, unit) = match unit {
        Some((name, unit)) => (text[..text.len() - name.len()].trim_end(), *unit),
        None => (text, 1),
    };
    let wrong = || "Give a size as 2TB, 1.5GiB or in bytes, or none.".to_owned();
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !(part.is_empty() || is_number(part)) || part.len() > 9 {
        return Err(wrong());
    }
    let whole: i128 = whole.parse().map_err(|_| wrong())?;
    let scale = 10_i128.pow(u32::try_from(part.len()).unwrap_or_default());
    let part: i128 = if part.is_empty() { 0 } else { part.parse().map_err(|_| wrong())? };
    let bytes = whole.saturating_mul(unit.into()).saturating_add(part.saturating_mul(unit.into()) / scale);
    i64::try_from(bytes).map(|bytes| Number(Some(bytes))).map_err(|_| wrong())
}

fn pool(text: &str) -> Result<Pool, String> {
    let (product, held) = text.split_once('=').ok_or("Give the id of a product and a number, as prd_…=5.")?;
    Ok(Pool { product: product.to_owned(), quantity: quantity(held)? })
}

impl Set {
    fn change(&self) -> Value {
        let named = if self.one.id.starts_with("dev_") { "device_id" } else { "customer_id" };
        let mut change = Map::from_iter([(named.to_owned(), json!(self.one.id))]);
        for (name, given) in [("allotted_bytes", &self.space), ("max_devices", &self.max_devices)] {
            if let Some(Number(number)) = given {
                change.insert(name.to_owned(), json!(number));
            }
        }
        let pools =
            self.pools.iter().map(|pool| json!({ "product_id": pool.product, "quantity": pool.quantity.value() }));
        change.insert("pools".to_owned(), pools.collect());
        Value::from(change)
    }
}

impl SpaceCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::Show(one) => {
                let noun = if one.id.starts_with("dev_") { "devices" } else { "customers" };
                one.asked.one(Method::GET, &format!("/{noun}/{}/space", segment(&one.id)), None).await
            }
            Self::List(one) => list(one).await,
            Self::Set(set) => apply(&set.one.asked, json!([set.change()])).await,
            Self::Apply { file, asked } => apply(asked, changes_in(file)?).await,
        }
    }
}

async fn apply(asked: &Asked, changes: Value) -> Said {
    asked.one(Method::POST, "/allotments", Some(json!({ "changes": changes }))).await
}

/// A list of changes, or an object that has one as `changes`.
fn changes_in(file: &std::path::Path) -> Result<Value, Failure> {
    let mut value: Value =
        serde_json::from_reader(source(file)?).map_err(|error| format!("{} is no JSON: {error}", file.display()))?;
    Ok(if value.is_object() { value["changes"].take() } else { value })
}

async fn list(one: &One) -> Said {
    let path = format!("/customers/{}/allotments", segment(&one.id));
    let rows = one
        .asked
        .with(async |session| {
            let mut rows: Vec<Value> = Vec::new();
            loop {
                let query = [("limit", AT_ONCE.to_string()), ("offset", rows.len().to_string())];
                let page = session.read(&path, &query).await?;
                let some = page["items"].as_array().cloned().unwrap_or_default();
                let is_last = some.len() < AT_ONCE;
                rows.extend(some);
                if is_last {
                    return Ok(Value::from(rows));
                }
            }
        })
        .await?;
    let mut rows = rows.as_array().cloned().unwrap_or_default();
    if !one.asked.json {
        for row in &mut rows {
            let depth = usize::try_from(row["depth"].as_i64().unwrap_or_default()).unwrap_or_default();
            let id = if row["device_id"].is_null() { row["customer_id"].take() } else { row["device_id"].take() };
            row["id"] = id;
            row["name"] = json!(format!("{}{}", "  ".repeat(depth), row["name"].as_str().unwrap_or_default()));
        }
    }
    Ok(Some(one.asked.table(ALLOTMENTS, &rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, expected) in [
            ("2TB", Some(2_000_000_000_000)),
            ("2 tb", Some(2_000_000_000_000)),
            ("1.5GiB", Some(1_610_612_736)),
            ("4096", Some(4096)),
            ("4096B", Some(4096)),
            ("none", None),
        ] {
            assert_eq!(size(text).unwrap().0, expected, "{text}");
        }
        for text in ["", "TB", "-1", "1,5TB", "1.TB2", "2 XB", "99999999PB", "1.0000000001GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
