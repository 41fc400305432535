//! Plans: what somebody charges those below it. What a plan charges is never changed, only followed by another revision.

use std::collections::HashMap;

use api::change::ChangeAction;
use api::customer::Kind;
use api::id::{CustomerId, InvoicePlanId};
use api::invoice::{
    Charged, InvoicePlan, InvoicePlanCreate, InvoicePlanList, InvoicePlanRevision, InvoicePlanUpdate, PlanItem,
    PricingKind,
};
use api::units::{Action, Decimal, Time};
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::text::{Checks, line};
use base::version::IfMatch;
use db::{Assignments, Stored as _};
use serde_json::{Map, Value, json};
use tree::Path;
use tree::prices::{Charge, MOST_QUANTITY, MOST_RATE, Pricing, Slab, SlabFault, check_slabs, places};

use super::sql::{self, Charges, PlanRow, WholePlan};
use crate::customers;

/// So many a customer has.
const MOST: usize = 100;
/// So many are listed.
const LISTED: i64 = 500;
/// So many former revisions are shown.
const SHOWN: i64 = 50;
const MOST_ITEMS: usize = 20;
const PAYMENT_DAYS: i64 = 14;
const TAKEN: &str = "Another plan of the customer has this name.";
const ABOVE: &str = "Only somebody who looks after the customer above may do this.";

pub(super) async fn list(cx: &mut Cx) -> Result<InvoicePlanList, Error> {
    let account = cx.account()?;
    account.authorize_somewhere(Permission::ReadInvoices)?;
    let found = sql::plans_seen(cx, &account, LISTED).await?;
    let assigned = assigned(cx, &found).await?;
    Ok(InvoicePlanList { items: found.into_iter().map(|whole| view(&account, whole, &assigned)).collect() })
}

async fn assigned(cx: &mut Cx, found: &[WholePlan]) -> Result<HashMap<String, i64>, Error> {
    let ids: Vec<String> = found.iter().map(|(row, ..)| row.id.to_string()).collect();
    sql::assigned(cx, &ids).await
}

pub(super) async fn show(cx: &mut Cx, id: &InvoicePlanId) -> Result<InvoicePlan, Error> {
    let account = cx.account()?;
    let whole = sql::find_plan(cx, id).await?.ok_or_else(Error::not_found)?;
    if account.sees(&whole.1.path) {
        account.authorize(Permission::ReadInvoices, &whole.1.path)?;
    } else if !sql::invoices_account(cx, &account, id).await? {
        return Err(Error::not_found());
    }
    shown(cx, &account, whole).await
}

async fn shown(cx: &mut Cx, account: &Account, whole: WholePlan) -> Result<InvoicePlan, Error> {
    let former = if account.sees(&whole.1.path) {
        let former = sql::former(cx, &whole.0, SHOWN).await?;
        let revision = |(revision, since, items)| InvoicePlanRevision {
            revision,
            since: Time::from_micros(since),
            items: Charges { items }.list(),
        };
        Some(former.into_iter().map(revision).collect())
    } else {
        None
    };
    let assigned = assigned(cx, std::slice::from_ref(&whole)).await?;
    Ok(InvoicePlan { former, ..view(account, whole, &assigned) })
}

fn view(account: &Account, (row, home, charges): WholePlan, assigned: &HashMap<String, i64>) -> InvoicePlan {
    let is_below = account.sees(&home.path);
    let refused = if is_below { account.refusal(Permission::ManageInvoices, &home.path) } else { Some(ABOVE) };
    let action =
        |name| refused.map_or_else(|| Action::allowed(name), |why| Action::refused(name, Code::Forbidden, why));
    let mut actions = vec![action("edit"), action("delete")];
    if row.is_default && refused.is_none() {
        actions[1] = Action::refused("delete", Code::DefaultPlanStays, STAYS);
    }
    InvoicePlan {
        items: charges.list(),
        customer_name: home.company_name,
        assigned: assigned.get(row.id.as_str()).copied().filter(|_| is_below).unwrap_or_default(),
        former: None,
        created_at: Time::from_micros(row.created_at),
        actions,
        id: row.id,
        version: row.version,
        customer_id: row.customer_id,
        name: row.name,
        currency: row.currency,
        is_default: row.is_default,
        revision: row.revision,
        schedule: row.schedule,
        issues_itself: row.issues_itself,
        payment_days: row.payment_days,
    }
}

const STAYS: &str = "It holds for everybody who has no other. Make another plan the default first.";

fn subject(row: &PlanRow, path: &Path) -> Subject {
    Subject {
        kind: "invoice_plan",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: path.clone(),
    }
}

fn told(row: &PlanRow, items: &[PlanItem]) -> Map<String, Value> {
    let mut told = snapshot(row);
    told.insert("items".to_owned(), json!(items));
    told
}

fn slab(slab: &api::invoice::PriceSlab) -> Slab {
    Slab { from: slab.from.0, to: slab.to.map(|to| to.0), rate: slab.rate.0 }
}

/// An item as it is reckoned with.
pub(super) fn charge(item: &PlanItem) -> Charge {
    let slabs = || item.slabs.iter().map(slab).collect();
    let rate = item.rate.unwrap_or_default().0;
    let pricing = match item.pricing {
        PricingKind::Each if item.charged == Charged::Flat => Pricing::Flat(rate),
        PricingKind::Each => Pricing::Each(rate),
        PricingKind::Uniform => Pricing::Uniform(slabs()),
        PricingKind::Fixed => Pricing::Fixed(slabs()),
        PricingKind::Sliding => Pricing::Sliding(slabs()),
    };
    Charge { pricing, included: item.included.0, minimum: item.minimum.0, priced_for: item.priced_for }
}

/// Looks at everything that is charged; each field that is wrong is named.
fn check_items(checks: &mut Checks, items: &[PlanItem]) -> Vec<PlanItem> {
    if !(1..=MOST_ITEMS).contains(&items.len()) {
        checks.add("items", Code::OutOfRange, format!("A plan charges for 1 to {MOST_ITEMS} things."));
        return Vec::new();
    }
    let mut checked = items.to_vec();
    for (at, item) in checked.iter_mut().enumerate() {
        let field = |name: &str| format!("items.{at}.{name}");
        if let Some(name) = checks.take(&field("name"), line(&item.name, &(1..=100))) {
            item.name = name;
        }
        let mut within = |name: String, value: Decimal, most: i64| {
            if value.0 > most {
                checks.add(&name, Code::OutOfRange, format!("Must be at most {}.", Decimal(most)));
            }
        };
        within(field("included"), item.included, MOST_QUANTITY);
        within(field("minimum"), item.minimum, MOST_RATE);
        within(field("rate"), item.rate.unwrap_or_default(), MOST_RATE);
        for (slab_at, slab) in item.slabs.iter().enumerate() {
            within(format!("items.{at}.slabs.{slab_at}.rate"), slab.rate, MOST_RATE);
            within(format!("items.{at}.slabs.{slab_at}.to"), slab.to.unwrap_or_default(), MOST_QUANTITY);
        }
        if item.pricing == PricingKind::Each {
            if item.rate.is_none() {
                checks.add(&field("rate"), Code::Required, "Say what a unit costs.");
            }
            if !item.slabs.is_empty() {
                checks.add(&field("slabs"), Code::Invalid, "Where each unit costs the same there are no slabs.");
            }
            continue;
        }
        if item.rate.is_some() {
            checks.add(&field("rate"), Code::Invalid, "The slabs say what a unit costs.");
        }
        if item.charged == Charged::Flat {
            checks.add(&field("pricing"), Code::Invalid, "What is flat has no quantity that slabs could be chosen by.");
            continue;
        }
        let slabs: Vec<Slab> = item.slabs.iter().map(slab).collect();
        let Err(fault) = check_slabs(&slabs) else { continue };
        let of = |at: usize, name: &str| field(&format!("slabs.{at}.{name}"));
        let (name, code, why) = match fault {
            SlabFault::None => (field("slabs"), Code::Required, "Give at least one slab."),
            SlabFault::TooMany => (field("slabs"), Code::TooLong, "There may be 50 slabs."),
            SlabFault::First => (of(0, "from"), Code::Invalid, "The first slab begins at 0."),
            SlabFault::Apart(at) => (of(at, "from"), Code::Invalid, "Must be where the slab before it ends."),
            SlabFault::Empty(at) => (of(at, "to"), Code::Invalid, "Must be greater than where the slab begins."),
            SlabFault::Open(at) => (of(at, "to"), Code::Required, "Only the last slab has no end."),
            SlabFault::Closed(at) => (of(at, "to"), Code::Invalid, "The last slab has no end."),
        };
        checks.add(&name, code, why);
    }
    checked
}

fn taken(error: Error) -> Error {
    base::cx::taken(error, "invoice_plans", &["customer_id", "name_folded"], || {
        Error::field("name", Code::NameTaken, TAKEN)
    })
}

fn refuse_taken(checks: &mut Checks, plans: &[(String, String)], name: Option<&str>, own: Option<&InvoicePlanId>) {
    let Some(name) = name.map(base::text::fold) else { return };
    if plans.iter().any(|(id, other)| *other == name && own.is_none_or(|own| own.as_str() != id)) {
        checks.add("name", Code::NameTaken, TAKEN);
    }
}

/// Makes a plan of somebody who has customers below.
pub(super) async fn create(tx: &mut Tx, input: &InvoicePlanCreate) -> Result<InvoicePlan, Error> {
    let account = tx.account()?;
    let owner = input.customer_id.clone().unwrap_or_else(|| CustomerId::from_text(account.path.id()));
    let home = customers::fetch_reference(tx, &account, &owner, Permission::ManageInvoices).await?;
    let home = home.ok_or_else(no_customer)?;
    if home.level.holds_devices() || home.kind == Some(Kind::SelfManaged) {
        return Err(Error::field(
            "customer_id",
            Code::LevelNotAllowed,
            "Nobody stands below it who could be invoiced.",
        ));
    }
    let mut checks = Checks::of::<InvoicePlanCreate>();
    let name = checks.line("name", &input.name);
    let plans = sql::plans_of(tx, &home.id).await?;
    refuse_taken(&mut checks, &plans, name.as_deref(), None);
    if places(&input.currency).is_none() {
        checks.add("currency", Code::Invalid, "Must be a currency as ISO 4217 calls it, such as EUR.");
    }
    let payment_days = checks.number("payment_days", input.payment_days.unwrap_or(PAYMENT_DAYS));
    let items = check_items(&mut checks, &input.items);
    checks.finish()?;
    if plans.len() >= MOST {
        return Err(Error::new(Code::TooManyInvoicePlans, format!("A customer has {MOST} plans at most.")));
    }
    let row = PlanRow {
        id: InvoicePlanId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        customer_id: home.id.clone(),
        name: name.unwrap_or_default(),
        currency: input.currency.clone(),
        is_default: input.is_default || plans.is_empty(),
        revision: 1,
        schedule: input.schedule,
        issues_itself: input.issues_itself,
        payment_days: payment_days.unwrap_or(PAYMENT_DAYS),
        created_at: tx.now.as_microsecond(),
    };
    if row.is_default {
        sql::clear_default(tx, &home.id).await?;
    }
    tx.exec(row.insertion()).await.map_err(taken)?;
    sql::insert_charges(tx, &row, &json!(items).to_string()).await?;
    sql::look_at_all_of(tx, &row).await?;
    let after = Value::Object(told(&row, &items));
    tx.record(Entry::new(ChangeAction::InvoicePlanCreated, subject(&row, &home.path)).after(after));
    found(tx, &account, &row.id).await
}

pub(super) fn no_customer() -> Error {
    let detail = "There is no such customer, or it is not yours to see.";
    Error::field("customer_id", Code::ReferenceNotFound, detail)
}

async fn found(cx: &mut Cx, account: &Account, id: &InvoicePlanId) -> Result<InvoicePlan, Error> {
    let whole = sql::find_plan(cx, id).await?.ok_or_else(Error::not_found)?;
    shown(cx, account, whole).await
}

/// A plan that is to be changed. Who is only invoiced by it may not.
async fn fetch_own(cx: &mut Cx, account: &Account, id: &InvoicePlanId) -> Result<WholePlan, Error> {
    let whole = sql::find_plan(cx, id).await?.ok_or_else(Error::not_found)?;
    if account.sees(&whole.1.path) {
        account.authorize(Permission::ManageInvoices, &whole.1.path)?;
        return Ok(whole);
    }
    if sql::invoices_account(cx, account, id).await? {
        return Err(Error::new(Code::Forbidden, ABOVE));
    }
    Err(Error::not_found())
}

/// Changes a plan. What it charges holds for what is reckoned from now on.
pub(super) async fn update(
    tx: &mut Tx,
    id: &InvoicePlanId,
    expected: IfMatch,
    input: &InvoicePlanUpdate,
) -> Result<InvoicePlan, Error> {
    let account = tx.account()?;
    let (row, home, charges) = fetch_own(tx, &account, id).await?;
    expected.check(row.version)?;
    let mut checks = Checks::of::<InvoicePlanUpdate>();
    let name = input.name.as_deref().and_then(|name| checks.line("name", name));
    let plans = sql::plans_of(tx, &row.customer_id).await?;
    refuse_taken(&mut checks, &plans, name.as_deref(), Some(&row.id));
    let payment_days = input.payment_days.and_then(|days| checks.number("payment_days", days));
    let was = charges.list();
    let is = input.items.as_ref().map_or_else(|| was.clone(), |items| check_items(&mut checks, items));
    if input.is_default == Some(false) && row.is_default {
        checks.add("is_default", Code::Invalid, STAYS);
    }
    checks.finish()?;
    let mut changed = PlanRow {
        name: name.unwrap_or_else(|| row.name.clone()),
        schedule: input.schedule.unwrap_or(row.schedule),
        issues_itself: input.issues_itself.unwrap_or(row.issues_itself),
        payment_days: payment_days.unwrap_or(row.payment_days),
        is_default: row.is_default || input.is_default == Some(true),
        ..row.clone()
    };
    if was != is {
        changed.revision += 1;
    }
    let (before, after) = difference(&told(&row, &was), &told(&changed, &is));
    if before != after {
        if changed.is_default && !row.is_default {
            sql::clear_default(tx, &row.customer_id).await?;
        }
        tx.update(&row, &changed, Assignments::new()).await.map_err(taken)?;
        if changed.revision != row.revision {
            sql::insert_charges(tx, &changed, &json!(is).to_string()).await?;
        }
        sql::look_at_all_of(tx, &changed).await?;
        let entry = Entry::new(ChangeAction::InvoicePlanUpdated, subject(&changed, &home.path));
        tx.record(entry.before(before).after(after));
    }
    found(tx, &account, id).await
}

/// Removes a plan. Who was given it has the default one from now on; what was invoiced by it stays.
pub(super) async fn delete(tx: &mut Tx, id: &InvoicePlanId, expected: Option<IfMatch>) -> Result<(), Error> {
    let account = tx.account()?;
    let (row, home, charges) = fetch_own(tx, &account, id).await?;
    IfMatch::check_if_given(expected, row.version)?;
    if row.is_default {
        return Err(Error::new(Code::DefaultPlanStays, STAYS));
    }
    let (default, ..) = sql::default_of(tx, row.customer_id.as_str()).await?.ok_or_else(Error::not_found)?;
    let moved = sql::hand_over(tx, &row.id, &default.id).await?;
    sql::look_at_all_of(tx, &default).await?;
    sql::delete_plan(tx, id.as_str()).await?;
    let before = Value::Object(told(&row, &charges.list()));
    let entry = Entry::new(ChangeAction::InvoicePlanDeleted, subject(&row, &home.path));
    tx.record(entry.before(before).after(json!({ "customers_moved": moved, "to": default.name })));
    Ok(())
}
