//! What a period of a customer comes to: its days, priced by its plan. Nothing is stored.

use api::id::CustomerId;
use api::invoice::{Charged, InvoiceLine, InvoicePreview, NotInvoiced, PlanItem};
use api::measurement::MeasuredDay;
use api::units::{Day as WireDay, Decimal};
use api::{Code, Error};
use base::cx::Cx;
use tree::Path;
use tree::measure::{DAY, Day, day_of};
use tree::prices::{Measured, Sums, places, quantity, sum};

use super::sql::PlanRow;
use super::{plans, settings};
use crate::customers::sql::CustomerRow;
use crate::measurements;

/// Microseconds of a second.
const MICROS: i64 = 1_000_000;

/// All that an invoice says, before there is one.
#[derive(Debug)]
pub(super) struct Reckoned {
    pub(super) plan: PlanRow,
    pub(super) issuer_name: String,
    pub(super) issuer_path: Path,
    /// The first day that is charged, and the last.
    pub(super) period: (i64, i64),
    pub(super) lines: Vec<InvoiceLine>,
    pub(super) sums: Sums,
    pub(super) discount_rate: i64,
    pub(super) tax_country: Option<String>,
    pub(super) tax_rate: i64,
    pub(super) notes: Vec<String>,
    pub(super) days: Vec<MeasuredDay>,
}

impl Reckoned {
    pub(super) fn issuer(&self) -> &CustomerId {
        &self.plan.customer_id
    }

    pub(super) fn preview(self) -> InvoicePreview {
        InvoicePreview {
            issuer_name: self.issuer_name,
            plan_name: self.plan.name,
            places: places(&self.plan.currency).unwrap_or_default(),
            currency: self.plan.currency,
            from: WireDay::from_number(self.period.0),
            to: WireDay::from_number(self.period.1),
            lines: self.lines,
            subtotal: self.sums.subtotal,
            discount: self.sums.discount,
            tax_percent: Decimal(self.tax_rate),
            tax: self.sums.tax,
            total: self.sums.total,
            notes: self.notes,
            days: self.days,
        }
    }
}

/// Why a customer is not invoiced, as an answer.
fn refusal(why: NotInvoiced) -> Error {
    match why {
        NotInvoiced::OnTrial => Error::new(Code::OnTrial, "The customer is on trial, which is never invoiced."),
        NotInvoiced::SwitchedOff => {
            Error::new(Code::NotInvoiced, "The customer's invoice settings say that it is not invoiced.")
        }
        NotInvoiced::NoPlan => {
            let detail = "The customer was given no plan, and whoever stands above it has no default one.";
            Error::new(Code::NoInvoicePlan, detail)
        }
    }
}

/// What these days of a customer come to, the last one included.
///
/// # Errors
/// Where it is not invoiced, and why.
pub(super) async fn reckon(cx: &mut Cx, row: &CustomerRow, (from, to): (i64, i64)) -> Result<Reckoned, Error> {
    let held = settings::of(cx, row).await?;
    if let Some(why) = held.not_invoiced(row, cx.now.as_microsecond()) {
        return Err(refusal(why));
    }
    let Some((plan, home, charges)) = held.plan else { return Err(refusal(NotInvoiced::NoPlan)) };
    // A trial's days are nobody's to pay: they count from the one on which it ended.
    let begun = row.production_since.unwrap_or(row.created_at).max(row.created_at);
    let period = (from.max(day_of(begun.div_euclid(MICROS))), to);
    if period.0 > period.1 {
        let detail = "The customer was not there yet, or on trial, on all of these days.";
        return Err(Error::new(Code::NothingToInvoice, detail));
    }
    let days = measurements::days_of(cx, &row.id, period.0, period.1).await?;
    let places = places(&plan.currency).unwrap_or_default();
    let lines: Vec<InvoiceLine> = charges.list().into_iter().map(|item| line(item, &days, period, places)).collect();
    let tax_country = row.country.clone();
    let known = match &tax_country {
        Some(country) => super::sql::tax_rate_of(cx, country).await?,
        None => None,
    };
    let discount_rate = held.own.discount_rate;
    let tax_rate = known.unwrap_or_default();
    Ok(Reckoned {
        sums: sum(lines.iter().map(|line| line.amount), discount_rate, tax_rate),
        notes: notes(row, (from, to), period, &days, known.is_some()),
        days: days.iter().map(measurements::seen).collect(),
        issuer_name: home.company_name,
        issuer_path: home.path,
        plan,
        period,
        lines,
        discount_rate,
        tax_country,
        tax_rate,
    })
}

/// Average, high water and last of a day.
type Figures = fn(&Day) -> (i64, i64, i64);

fn line(item: PlanItem, days: &[Day], (from, to): (i64, i64), places: u32) -> InvoiceLine {
    let (of, per): (Figures, i64) = match item.charged {
        Charged::StorageMb => (bytes, 1_000_000),
        Charged::StorageGb => (bytes, 1_000_000_000),
        Charged::StorageTb => (bytes, 1_000_000_000_000),
        Charged::Devices => (|day| same(day.devices), 1),
        Charged::DevicesProtected => (|day| same(day.devices - day.devices_without_backup), 1),
        Charged::Flat => (|_| same(1), 1),
    };
    let measured: Vec<Measured> = days
        .iter()
        .map(|day| {
            let (average, high, last) = of(day);
            Measured { seconds: day.seconds, average, high, last }
        })
        .collect();
    let quantity = match item.charged {
        Charged::Flat => tree::prices::MICRO,
        _ => quantity(item.basis, &measured, per),
    };
    let charge = plans::charge(&item);
    let (first, last) = (WireDay::from_number(from).0, WireDay::from_number(to).0);
    InvoiceLine {
        amount: charge.amount(quantity, first, last, places),
        quantity: Decimal(quantity),
        beyond_included: Decimal(charge.beyond(quantity)),
        item,
    }
}

fn bytes(day: &Day) -> (i64, i64, i64) {
    (day.average_bytes, day.high_bytes, day.last_bytes)
}

/// What is known of the end of a day alone.
fn same(count: i64) -> (i64, i64, i64) {
    (count, count, count)
}

/// What somebody who pays has to know beside the sums.
fn notes(row: &CustomerRow, asked: (i64, i64), period: (i64, i64), days: &[Day], is_taxed: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if period.0 > asked.0 {
        let first = WireDay::from_number(period.0).0;
        notes.push(match row.production_since {
            Some(_) => format!("Charged from {first} on: the trial before is not invoiced."),
            None => format!("Charged from {first} on, when the customer was added."),
        });
    }
    let all = period.1 - period.0 + 1;
    let whole = days.iter().filter(|day| day.seconds >= DAY).count();
    let missing = all - i64::try_from(whole).unwrap_or_default();
    if missing > 0 {
        notes.push(format!(
            "{missing} of {all} days were not measured, or not wholly. What was not measured is in no quantity."
        ));
    }
    if row.suspend_mode.is_some() {
        notes.push("The customer is suspended. What is kept for it is charged all the same.".to_owned());
    }
    if !is_taxed {
        notes.push(match &row.country {
            Some(country) => format!("No tax: there is no rate for {country}."),
            None => "No tax: the customer has no country.".to_owned(),
        });
    }
    notes
}
