//! How a customer is invoiced: by its own plan or the default one of whoever stands above it, and the rates of taxes.

use api::change::ChangeAction;
use api::id::CustomerId;
use api::invoice::{InvoiceSchedule, InvoiceSettings, InvoiceSettingsSet, NotInvoiced, TaxRate, TaxRates};
use api::units::Decimal;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::change::{Entry, difference, snapshot};
use base::cx::{Cx, Tx};
use base::text::Checks;
use db::Stored as _;
use serde_json::{Map, Value, json};
use tree::prices::MICRO;

use super::sql::{self, SettingsRow, WholePlan};
use crate::customers;
use crate::customers::sql::CustomerRow;

const ABOVE: &str = "Only somebody who looks after the customer above may do this.";
/// All of a hundred.
const ALL: i64 = 100 * MICRO;
/// There are fewer countries.
const MOST_RATES: usize = 300;

/// How a customer is invoiced, as far as it is.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) own: SettingsRow,
    pub(super) is_inherited: bool,
    pub(super) plan: Option<WholePlan>,
}

impl Held {
    pub(super) fn schedule(&self) -> InvoiceSchedule {
        let of_plan = self.plan.as_ref().map(|(row, ..)| row.schedule);
        self.own.schedule.or(of_plan).unwrap_or_default()
    }

    /// Why it isn't invoiced.
    pub(super) fn not_invoiced(&self, row: &CustomerRow, now: i64) -> Option<NotInvoiced> {
        if customers::trial::at(row.clone(), now).trial_ends_at.is_some() {
            Some(NotInvoiced::OnTrial)
        } else if !self.own.invoiced {
            Some(NotInvoiced::SwitchedOff)
        } else if self.plan.is_none() {
            Some(NotInvoiced::NoPlan)
        } else {
            None
        }
    }
}

pub(super) async fn of(cx: &mut Cx, row: &CustomerRow) -> Result<Held, Error> {
    let own = sql::settings(cx, &row.id).await?;
    let is_inherited = own.is_none();
    let own = own.unwrap_or_else(|| none_of(&row.id));
    let plan = match (&own.plan_id, &row.parent_id) {
        (Some(plan), _) => sql::find_plan(cx, plan).await?,
        (None, Some(parent)) if row.level != api::Level::Site => sql::default_of(cx, parent.as_str()).await?,
        (None, _) => None,
    };
    Ok(Held { own, is_inherited, plan })
}

fn none_of(customer: &CustomerId) -> SettingsRow {
    SettingsRow { customer_id: customer.clone(), plan_id: None, invoiced: true, schedule: None, discount_rate: 0 }
}

pub(super) async fn show(cx: &mut Cx, id: &CustomerId) -> Result<InvoiceSettings, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, id, Permission::ReadInvoices).await?;
    shown(cx, &row).await
}

async fn shown(cx: &mut Cx, row: &CustomerRow) -> Result<InvoiceSettings, Error> {
    let held = of(cx, row).await?;
    let not_invoiced = held.not_invoiced(row, cx.now.as_microsecond());
    let effective_schedule = held.schedule();
    let (plan, home) = held.plan.map(|(plan, home, _)| (plan, home)).unzip();
    Ok(InvoiceSettings {
        customer_id: row.id.clone(),
        is_inherited: held.is_inherited,
        plan_id: held.own.plan_id,
        invoiced: held.own.invoiced,
        schedule: held.own.schedule,
        discount_percent: Decimal(held.own.discount_rate),
        effective_plan_id: plan.as_ref().map(|plan| plan.id.clone()),
        effective_plan_name: plan.map(|plan| plan.name),
        issuer_name: home.map(|home| home.company_name),
        effective_schedule,
        not_invoiced,
    })
}

/// A plan that somebody may give to a customer: one of somebody above the customer, whom the account sees.
async fn refuse_plan(
    cx: &mut Cx,
    account: &Account,
    row: &CustomerRow,
    input: &InvoiceSettingsSet,
) -> Result<(), Error> {
    let Some(plan) = &input.plan_id else { return Ok(()) };
    let found = sql::find_plan(cx, plan).await?.filter(|(_, home, _)| account.sees(&home.path));
    let Some((_, home, _)) = found else {
        let detail = "There is no such plan, or it is not yours to give.";
        return Err(Error::field("plan_id", Code::ReferenceNotFound, detail));
    };
    if !home.path.is_above(&row.path) {
        return Err(Error::field(
            "plan_id",
            Code::Invalid,
            "The plan is for customers below the one that it belongs to.",
        ));
    }
    Ok(())
}

/// Says how a customer is invoiced, all of it anew.
pub(super) async fn set(tx: &mut Tx, id: &CustomerId, input: &InvoiceSettingsSet) -> Result<InvoiceSettings, Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::ManageInvoices).await?;
    let above = row.path.parent().filter(|_| account.path.is_above(&row.path));
    let above = above.ok_or_else(|| Error::new(Code::Forbidden, ABOVE))?;
    if row.level == api::Level::Site {
        return Err(Error::new(Code::LevelNotAllowed, "A site is invoiced with its customer."));
    }
    let before = of(tx, &row).await?;
    if before.own.plan_id.is_some() && before.plan.as_ref().is_some_and(|(_, home, _)| !account.sees(&home.path)) {
        return Err(Error::new(Code::Forbidden, "Somebody above you invoices this customer, by a plan of their own."));
    }
    refuse_plan(tx, &account, &row, input).await?;
    if input.discount_percent.0 > ALL {
        return Err(Error::field("discount_percent", Code::OutOfRange, "Must be from 0 to 100."));
    }
    let after = SettingsRow {
        customer_id: row.id.clone(),
        plan_id: input.plan_id.clone(),
        invoiced: input.invoiced.unwrap_or(true),
        schedule: input.schedule,
        discount_rate: input.discount_percent.0,
    };
    let (was, is) = difference(&snapshot(&before.own), &snapshot(&after));
    if was != is {
        sql::forget_settings(tx, &row.id).await?;
        if snapshot(&after) != snapshot(&none_of(&row.id)) {
            tx.exec(after.insertion()).await?;
        }
        sql::look_at(tx, &row.id).await?;
        // What those above agree upon among themselves is not in the customer's own history.
        let told_to = above.ids().map(str::to_owned).collect();
        let entry = Entry::new(ChangeAction::CustomerInvoiceSettingsSet, customers::subject(&row)).told_to(told_to);
        tx.record(entry.before(was).after(is));
    }
    shown(tx, &row).await
}

pub(super) async fn tax_rates(cx: &mut Cx) -> Result<TaxRates, Error> {
    let rates = sql::tax_rates(cx).await?;
    Ok(TaxRates {
        items: rates.into_iter().map(|(country, rate)| TaxRate { country, percent: Decimal(rate) }).collect(),
    })
}

/// Sets all rates anew. What is issued keeps its own.
pub(super) async fn set_tax_rates(tx: &mut Tx, input: &TaxRates) -> Result<TaxRates, Error> {
    let account = tx.account()?;
    if let Some(why) = account.refusal_as_provider(Permission::ManageInvoices) {
        return Err(Error::new(Code::Forbidden, why));
    }
    let mut checks = Checks::default();
    let mut rates: Vec<(String, i64)> = Vec::new();
    if input.items.len() > MOST_RATES {
        return Err(Error::field("items", Code::TooLong, format!("There are at most {MOST_RATES} rates.")));
    }
    for (at, rate) in input.items.iter().enumerate() {
        let field = format!("items.{at}.country");
        let Some(country) = checks.take(&field, base::text::country(&rate.country)) else { continue };
        if rates.iter().any(|(other, _)| *other == country) {
            checks.add(&field, Code::Invalid, "The country has a rate already.");
        }
        if rate.percent.0 > ALL {
            checks.add(&format!("items.{at}.percent"), Code::OutOfRange, "Must be from 0 to 100.");
        }
        rates.push((country, rate.percent.0));
    }
    checks.finish()?;
    let told = |rates: &[(String, i64)]| -> Map<String, Value> {
        rates.iter().map(|(country, rate)| (country.clone(), json!(Decimal(*rate)))).collect()
    };
    let before = sql::tax_rates(tx).await?;
    rates.sort();
    let (was, is) = difference(&told(&before), &told(&rates));
    if was != is {
        sql::replace_tax_rates(tx, &rates).await?;
        let provider = customers::fetch(tx, &account, &account.customer_id, Permission::ManageInvoices).await?;
        tx.record(Entry::new(ChangeAction::TaxRatesSet, customers::subject(&provider)).before(was).after(is));
    }
    tax_rates(tx).await
}
