//! What can be sold, and under which terms. The catalogue is the provider's to edit, and everybody's to read. What was
//! sold keeps its terms: others make a new revision, and what is retired only is no longer sold.

pub mod http;
mod shipped;
pub mod sql;

use std::collections::BTreeMap;

use api::change::ChangeAction;
use api::id::{PlanId, ProductId, TemplateId};
use api::page::Page;
use api::product::{Edition, Plan, PlanCreate, PlanUpdate, Product, ProductCreate, ProductUpdate, Terms, Unit};
use api::units::Time;
use api::{Code, Error, Level};
use base::authz::Account;
use base::change::{Entry, difference, snapshot};
use base::cx::{Cx, Tx};
use base::text::{Checks, line};
use base::version::IfMatch;
use db::{Assignments, Stored as _};
use serde_json::Value;

pub use shipped::{begin, seed};

use crate::catalogue::{actions, authorize, gone_since, page, refuse_taken, subject, taken};
use sql::{PlanRow, ProductRow, TermsRow, WholePlan};

/// Classes that weights are given for: what a device is, and what beside that is looked after on it.
const MOST_WEIGHTS: usize = 50;
const MOST_WEIGHT: i64 = 1000;

/// Of a full plan and of a trial.
const NOTICE_DAYS: i64 = 60;
const NOTICE_DAYS_OF_TRIAL: i64 = 14;

pub async fn list(cx: &mut Cx) -> Result<Page<Product>, Error> {
    let account = cx.account()?;
    let rows = sql::products(cx).await?;
    Ok(page(rows.into_iter().map(|row| product(&account, row)).collect()))
}

pub async fn show(cx: &mut Cx, id: &ProductId) -> Result<Product, Error> {
    let account = cx.account()?;
    let row = sql::find_product(cx, id).await?.ok_or_else(Error::not_found)?;
    Ok(product(&account, row))
}

fn product(account: &Account, row: ProductRow) -> Product {
    Product {
        weights: weights_of(&row),
        excludes: excludes_of(&row),
        id: row.id,
        version: row.version,
        name: row.name,
        unit: row.unit,
        usage_billed: row.usage_billed,
        managed_here: row.managed_here,
        has_templates: row.has_templates,
        has_firmware: row.has_firmware,
        retired_at: row.retired_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        actions: actions(account),
    }
}

/// How many units something takes, by its class.
pub fn weights_of(row: &ProductRow) -> BTreeMap<String, i64> {
    row.weights.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What must not stand beside it at a site.
pub fn excludes_of(row: &ProductRow) -> Vec<Unit> {
    row.excludes.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What a product excludes unless it is said: storage is sold for any number of endpoints, and endpoints one by one; and a
/// site has one storage.
fn excluded_by(unit: Unit, usage_billed: bool) -> Vec<Unit> {
    match unit {
        _ if usage_billed => Vec::new(),
        Unit::Tb => vec![Unit::Server, Unit::Workstation, Unit::Tb],
        Unit::Server | Unit::Workstation => vec![Unit::Tb],
        Unit::Device | Unit::Seat | Unit::Credit => Vec::new(),
    }
}

fn stored_excludes(excludes: &[Unit]) -> Result<Option<String>, Error> {
    let mut excludes = excludes.to_vec();
    excludes.sort_by_key(|unit| unit.as_ref().to_owned());
    excludes.dedup();
    if excludes.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&excludes).map(Some).map_err(Error::internal)
}

/// How many units all of these take together. A class without a weight takes one.
pub fn units_of<'a>(weights: &BTreeMap<String, i64>, classes: impl IntoIterator<Item = &'a str>) -> i64 {
    classes.into_iter().map(|class| weights.get(class).copied().unwrap_or(1)).sum()
}

/// Creates a product.
pub async fn create(tx: &mut Tx, input: &ProductCreate) -> Result<Product, Error> {
    let account = authorize(tx)?;
    let mut checks = Checks::of::<ProductCreate>();
    let name = checks.line("name", &input.name);
    refuse_taken(tx, &mut checks, "products", name.as_deref(), None).await?;
    check_weights(&mut checks, input.unit, &input.weights);
    if input.usage_billed && input.unit == Unit::Credit {
        checks.add("usage_billed", Code::Invalid, "Credits are paid beforehand; they are not billed by use.");
    }
    checks.finish()?;
    let row = ProductRow {
        id: ProductId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        name: name.unwrap_or_default(),
        unit: input.unit,
        usage_billed: input.usage_billed,
        managed_here: input.managed_here,
        has_templates: input.has_templates,
        has_firmware: input.has_firmware,
        weights: stored_weights(&input.weights)?,
        excludes: stored_excludes(
            &input.excludes.clone().unwrap_or_else(|| excluded_by(input.unit, input.usage_billed)),
        )?,
        retired_at: None,
        created_at: tx.now.as_microsecond(),
    };
    tx.exec(row.insertion()).await.map_err(|error| taken(error, "products"))?;
    let entry = Entry::new(ChangeAction::ProductCreated, subject(&account, "product", row.id.as_str(), &row.name));
    tx.record(entry.after(Value::Object(snapshot(&row))));
    Ok(product(&account, row))
}

fn stored_weights(weights: &BTreeMap<String, i64>) -> Result<Option<String>, Error> {
    if weights.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(weights).map(Some).map_err(Error::internal)
}

fn check_weights(checks: &mut Checks, unit: Unit, weights: &BTreeMap<String, i64>) {
    if !weights.is_empty() && unit != Unit::Credit {
        checks.add("weights", Code::Invalid, "Only credits are taken by weight.");
    }
    if weights.len() > MOST_WEIGHTS {
        checks.add("weights", Code::TooLong, format!("At most {MOST_WEIGHTS} classes can be weighed."));
        return;
    }
    for (class, weight) in weights {
        let field = format!("weights.{class}");
        checks.take(&field, line(class, &(1..=50)));
        if !(1..=MOST_WEIGHT).contains(weight) {
            checks.add(&field, Code::OutOfRange, format!("Must be from 1 to {MOST_WEIGHT}."));
        }
    }
}

/// Edits a product, or takes it off the shelf.
pub async fn update(tx: &mut Tx, id: &ProductId, expected: IfMatch, input: &ProductUpdate) -> Result<Product, Error> {
    let account = authorize(tx)?;
    let row = sql::find_product(tx, id).await?.ok_or_else(Error::not_found)?;
    expected.check(row.version)?;
    let mut checks = Checks::of::<ProductUpdate>();
    let name = input.name.as_deref().and_then(|name| checks.line("name", name));
    refuse_taken(tx, &mut checks, "products", name.as_deref(), Some(row.id.as_str())).await?;
    checks.finish()?;
    let excludes = match &input.excludes {
        Some(excludes) => stored_excludes(excludes)?,
        None => row.excludes.clone(),
    };
    let mut changed = ProductRow {
        name: name.unwrap_or_else(|| row.name.clone()),
        excludes,
        managed_here: input.managed_here.unwrap_or(row.managed_here),
        has_templates: input.has_templates.unwrap_or(row.has_templates),
        has_firmware: input.has_firmware.unwrap_or(row.has_firmware),
        retired_at: gone_since(tx, row.retired_at, input.retired),
        ..row.clone()
    };
    let (mut before, mut after) = difference(&snapshot(&row), &snapshot(&changed));
    note_retired(&mut before, &mut after, row.retired_at, changed.retired_at);
    if before != after {
        tx.update(&row, &changed, Assignments::new()).await.map_err(|error| taken(error, "products"))?;
        changed.version += 1;
        let subject = subject(&account, "product", id.as_str(), &changed.name);
        tx.record(Entry::new(ChangeAction::ProductUpdated, subject).before(before).after(after));
    }
    Ok(product(&account, changed))
}

fn note_retired(before: &mut Value, after: &mut Value, was: Option<i64>, is: Option<i64>) {
    if was.is_some() != is.is_some() {
        before["retired"] = was.is_some().into();
        after["retired"] = is.is_some().into();
    }
}

pub async fn list_plans(cx: &mut Cx) -> Result<Page<Plan>, Error> {
    let account = cx.account()?;
    let rows = sql::plans(cx).await?;
    Ok(page(rows.into_iter().map(|row| plan(&account, row)).collect()))
}

pub async fn show_plan(cx: &mut Cx, id: &PlanId) -> Result<Plan, Error> {
    let account = cx.account()?;
    let row = sql::find_plan(cx, id).await?.ok_or_else(Error::not_found)?;
    with_former(cx, plan(&account, row)).await
}

async fn with_former(cx: &mut Cx, plan: Plan) -> Result<Plan, Error> {
    let former = sql::terms_of(cx, &plan.id).await?;
    let former = former.into_iter().filter(|row| row.revision != plan.terms.revision).map(terms).collect();
    Ok(Plan { former_terms: Some(former), ..plan })
}

fn terms(row: TermsRow) -> Terms {
    Terms {
        revision: row.revision,
        term_months: row.term_months,
        term_days: row.term_days,
        auto_renew: row.auto_renew,
        expiry_notice_days: row.expiry_notice_days,
        since: Time::from_micros(row.since),
    }
}

fn plan(account: &Account, (row, product_name, present): WholePlan) -> Plan {
    Plan {
        id: row.id,
        version: row.version,
        name: row.name,
        product_id: row.product_id,
        product_name,
        edition: row.edition,
        terms: terms(present),
        former_terms: None,
        // The provider's own; others are told of those that are offered to them.
        template_id: row.template_id.filter(|_| account.level == Level::Provider),
        retired_at: row.retired_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        actions: actions(account),
    }
}

/// Creates a plan for a product that is sold.
pub async fn create_plan(tx: &mut Tx, input: &PlanCreate) -> Result<Plan, Error> {
    let account = authorize(tx)?;
    let mut checks = Checks::of::<PlanCreate>();
    let name = checks.line("name", &input.name);
    refuse_taken(tx, &mut checks, "plans", name.as_deref(), None).await?;
    let edition = input.edition.unwrap_or(Edition::Full);
    let notice = match edition {
        Edition::Trial => NOTICE_DAYS_OF_TRIAL,
        Edition::Full => NOTICE_DAYS,
    };
    let terms = TermsRow {
        revision: 1,
        term_months: input.term_months.and_then(|months| checks.number("term_months", months)),
        term_days: input.term_days.and_then(|days| checks.number("term_days", days)),
        auto_renew: input.auto_renew,
        expiry_notice_days: input
            .expiry_notice_days
            .and_then(|days| checks.number("expiry_notice_days", days))
            .unwrap_or(notice),
        since: tx.now.as_microsecond(),
    };
    check_terms(&mut checks, edition, &terms);
    let product = sql::find_product(tx, &input.product_id).await?;
    match &product {
        None => checks.add("product_id", Code::ReferenceNotFound, "There is no such product."),
        Some(product) if product.retired_at.is_some() => {
            checks.add("product_id", Code::Invalid, "The product was retired; it is no longer sold.");
        }
        Some(_) => {}
    }
    checks.finish()?;
    if let (Some(template), Some(product)) = (&input.template_id, &product) {
        refuse_template(tx, product, template).await?;
    }
    let row = PlanRow {
        id: PlanId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        product_id: input.product_id.clone(),
        name: name.unwrap_or_default(),
        edition,
        revision: 1,
        template_id: input.template_id.clone(),
        retired_at: None,
        created_at: tx.now.as_microsecond(),
    };
    tx.exec(row.insertion()).await.map_err(|error| taken(error, "plans"))?;
    sql::insert_terms(tx, &row.id, &terms).await?;
    let mut after = snapshot(&row);
    after.extend(snapshot(&terms));
    let entry = Entry::new(ChangeAction::PlanCreated, subject(&account, "plan", row.id.as_str(), &row.name));
    tx.record(entry.after(Value::Object(after)));
    let product_name = product.map(|product| product.name).unwrap_or_default();
    with_former(tx, plan(&account, (row, product_name, terms))).await
}

/// Refuses a template that a plan of this product is not to come with.
async fn refuse_template(tx: &mut Tx, product: &ProductRow, template: &TemplateId) -> Result<(), Error> {
    if !product.has_templates {
        let detail = format!("{} has no templates.", product.name);
        return Err(Error::field("template_id", Code::ProductWithoutTemplates, detail));
    }
    crate::templates::of_provider(tx, template).await.map(drop)
}

/// What customers are given that begin with a licence of this plan. What the product has meanwhile ceased to have is nothing.
pub(crate) async fn template_of(cx: &mut Cx, plan: &PlanId) -> Result<Option<TemplateId>, Error> {
    let Some((plan, ..)) = sql::find_plan(cx, plan).await? else { return Ok(None) };
    let product = sql::find_product(cx, &plan.product_id).await?;
    Ok(plan.template_id.filter(|_| product.is_some_and(|product| product.has_templates)))
}

fn check_terms(checks: &mut Checks, edition: Edition, terms: &TermsRow) {
    match (terms.term_months, terms.term_days) {
        (Some(_), Some(_)) => checks.add("term_days", Code::Invalid, "Give months or days, not both."),
        (None, None) if edition == Edition::Trial => {
            checks.add("term_days", Code::Required, "A trial ends: say after how many days or months.");
        }
        (None, None) if terms.auto_renew => {
            checks.add("auto_renew", Code::Invalid, "What has no end is not renewed.");
        }
        _ => {}
    }
    if edition == Edition::Trial && terms.auto_renew {
        checks.add("auto_renew", Code::Invalid, "A trial is not renewed by itself.");
    }
}

/// Edits a plan. Other terms make a new revision: what was sold keeps its own.
pub async fn update_plan(tx: &mut Tx, id: &PlanId, expected: IfMatch, input: &PlanUpdate) -> Result<Plan, Error> {
    let account = authorize(tx)?;
    let (row, product_name, present) = sql::find_plan(tx, id).await?.ok_or_else(Error::not_found)?;
    expected.check(row.version)?;
    let mut checks = Checks::of::<PlanUpdate>();
    let name = input.name.as_deref().and_then(|name| checks.line("name", name));
    refuse_taken(tx, &mut checks, "plans", name.as_deref(), Some(row.id.as_str())).await?;
    let mut number = |field: &str, wanted: Option<Option<i64>>, before: Option<i64>| match wanted {
        None => before,
        Some(number) => number.and_then(|number| checks.number(field, number)),
    };
    let mut terms = TermsRow {
        term_months: number("term_months", input.term_months, present.term_months),
        term_days: number("term_days", input.term_days, present.term_days),
        auto_renew: input.auto_renew.unwrap_or(present.auto_renew),
        expiry_notice_days: number("expiry_notice_days", input.expiry_notice_days.map(Some), None)
            .unwrap_or(present.expiry_notice_days),
        ..present
    };
    check_terms(&mut checks, row.edition, &terms);
    checks.finish()?;
    let mut changed = PlanRow {
        name: name.unwrap_or_else(|| row.name.clone()),
        template_id: input.template_id.clone().unwrap_or_else(|| row.template_id.clone()),
        retired_at: gone_since(tx, row.retired_at, input.retired),
        ..row.clone()
    };
    if let Some(template) = changed.template_id.as_ref().filter(|_| changed.template_id != row.template_id) {
        let product = sql::find_product(tx, &row.product_id).await?.ok_or_else(Error::not_found)?;
        refuse_template(tx, &product, template).await?;
    }
    let (mut was, mut is) = (snapshot(&row), snapshot(&changed));
    was.extend(snapshot(&present));
    is.extend(snapshot(&terms));
    if snapshot(&terms) != snapshot(&present) {
        (terms.revision, terms.since) = (present.revision + 1, tx.now.as_microsecond());
        changed.revision = terms.revision;
        is.insert("revision".to_owned(), terms.revision.into());
        sql::insert_terms(tx, id, &terms).await?;
    }
    let (mut before, mut after) = difference(&was, &is);
    note_retired(&mut before, &mut after, row.retired_at, changed.retired_at);
    if before != after {
        tx.update(&row, &changed, Assignments::new()).await.map_err(|error| taken(error, "plans"))?;
        changed.version += 1;
        let subject = subject(&account, "plan", id.as_str(), &changed.name);
        tx.record(Entry::new(ChangeAction::PlanUpdated, subject).before(before).after(after));
    }
    with_former(tx, plan(&account, (changed, product_name, terms))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monthly_licences_are_taken_by_weight() {
        let weights: BTreeMap<String, i64> =
            shipped::WEIGHTS.iter().map(|(class, weight)| ((*class).to_owned(), *weight)).collect();
        let months = |classes: &[&str], months| units_of(&weights, classes.iter().copied()) * months;
        assert_eq!(months(&["workstation"; 10], 12), 120);
        assert_eq!(months(&["server"; 5], 12), 120);
        assert_eq!(
            months(
                &[
                    "workstation",
                    "workstation",
                    "workstation",
                    "workstation",
                    "workstation",
                    "workstation",
                    "server",
                    "server"
                ],
                12
            ),
            120
        );
        assert_eq!(units_of(&weights, ["server", "ms_sql"]), 4);
        assert_eq!(units_of(&weights, ["server", "exchange_mailbox"]), 3);
        assert_eq!(units_of(&weights, ["something new"]), 1);
    }
}
