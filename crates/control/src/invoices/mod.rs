//! Invoices: what those below are charged, on what was measured. Drafts can be made again; what is issued has the next number
//! of its issuer and is never changed, only paid or taken back. By what is charged: [`plans`], [`settings`]; what a period
//! comes to: [`reckon`]; what the clock does: [`run`].

mod export;
pub mod http;
mod plans;
mod reckon;
mod run;
mod settings;
pub mod sql;

use api::change::ChangeAction;
use api::id::{CustomerId, InvoiceId};
use api::invoice::{
    Invoice, InvoiceCreate, InvoiceKind, InvoiceLine, InvoiceList, InvoicePreview, InvoiceQuery, InvoiceState,
};
use api::units::{Action, Day as WireDay, Decimal, Time};
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::version::IfMatch;
use db::{Assignments, Stored as _};
use serde_json::{Value, json};
use tree::Path;
use tree::measure::day_of;

use self::reckon::{Reckoned, reckon};
pub(crate) use self::run::Runs;
use self::sql::{InvoiceRow, PlacedInvoice};
use crate::customers;
use crate::customers::sql::CustomerRow;

/// The longest period.
const MOST_DAYS: i64 = 366;
const ABOVE: &str = "Only whoever issues the invoices of this customer may do this.";

/// The first day and the last.
fn period(cx: &Cx, input: &InvoiceCreate) -> Result<(i64, i64), Error> {
    let (from, to) = (input.from.number(), input.to.number());
    if to >= day_of(cx.now.as_second()) {
        return Err(Error::field("to", Code::OutOfRange, "Must be before today: the day is not over."));
    }
    if from > to {
        return Err(Error::field("from", Code::OutOfRange, "Must not be later than to."));
    }
    if to - from >= MOST_DAYS {
        return Err(Error::field("from", Code::OutOfRange, "At most a year is invoiced at once."));
    }
    Ok((from, to))
}

/// What a period of a customer comes to, for whoever invoices it.
async fn reckoned(cx: &mut Cx, input: &InvoiceCreate) -> Result<(CustomerRow, Reckoned), Error> {
    let account = cx.account()?;
    let found = customers::fetch_reference(cx, &account, &input.customer_id, Permission::ManageInvoices).await?;
    let row = found.ok_or_else(plans::no_customer)?;
    let reckoned = reckon(cx, &row, period(cx, input)?).await?;
    if !account.sees(&reckoned.issuer_path) {
        return Err(Error::new(Code::Forbidden, ABOVE));
    }
    Ok((row, reckoned))
}

/// What an invoice would be; nothing is stored.
pub async fn preview(cx: &mut Cx, input: &InvoiceCreate) -> Result<InvoicePreview, Error> {
    Ok(reckoned(cx, input).await?.1.preview())
}

/// Makes a draft. The same period again reckons it anew, and gives what is issued as it is.
pub async fn create(tx: &mut Tx, input: &InvoiceCreate) -> Result<Invoice, Error> {
    let account = tx.account()?;
    let (row, reckoned) = reckoned(tx, input).await?;
    let (invoice, _) = draft(tx, &row, reckoned).await?;
    show(tx, &account, &invoice.id).await
}

/// Writes a draft, or finds the invoice that is there already. Returns it with where its issuer stands.
async fn draft(tx: &mut Tx, customer: &CustomerRow, reckoned: Reckoned) -> Result<(InvoiceRow, Path), Error> {
    let touching = sql::touching(tx, &customer.id, reckoned.issuer(), reckoned.period).await?;
    let same = match touching.as_slice() {
        [] => None,
        [one] if (one.from_day, one.to_day) == reckoned.period => Some(one),
        [other, ..] => return Err(overlaps(other)),
    };
    let path = reckoned.issuer_path.clone();
    let Some(before) = same else {
        let row = row_of(tx.app.random.uuid(tx.now).map(InvoiceId::new)?, tx, customer, &reckoned)?;
        tx.exec(row.insertion()).await?;
        tx.record(Entry::new(ChangeAction::InvoiceDrafted, subject(&row, &path)).after(Value::Object(snapshot(&row))));
        return Ok((row, path));
    };
    if before.state != InvoiceState::Draft {
        return Ok((before.clone(), path));
    }
    let anew = row_of(before.id.clone(), tx, customer, &reckoned)?;
    let mut row = InvoiceRow { version: before.version, created_at: before.created_at, ..anew };
    let (was, is) = difference(&snapshot(before), &snapshot(&row));
    if row.update_of(before, Assignments::new()).is_some() {
        tx.update(before, &row, Assignments::new()).await?;
        row.version += 1;
        if was != is {
            tx.record(Entry::new(ChangeAction::InvoiceDrafted, subject(&row, &path)).before(was).after(is));
        }
    }
    Ok((row, path))
}

fn overlaps(other: &InvoiceRow) -> Error {
    let (from, to) = (WireDay::from_number(other.from_day).0, WireDay::from_number(other.to_day).0);
    let which = other.number.map_or_else(|| "A draft".to_owned(), |number| format!("Invoice {number}"));
    Error::new(Code::InvoiceOverlaps, format!("{which} is for {from} to {to}. No day is invoiced twice."))
}

fn row_of(id: InvoiceId, cx: &Cx, customer: &CustomerRow, reckoned: &Reckoned) -> Result<InvoiceRow, Error> {
    let text = |value: serde_json::Result<String>| value.map_err(Error::internal);
    Ok(InvoiceRow {
        id,
        version: 1,
        kind: InvoiceKind::Invoice,
        state: InvoiceState::Draft,
        issuer_id: reckoned.issuer().clone(),
        issuer_name: reckoned.issuer_name.clone(),
        customer_id: customer.id.clone(),
        customer_name: customer.company_name.clone(),
        number: None,
        credits_id: None,
        plan_id: reckoned.plan.id.clone(),
        plan_name: reckoned.plan.name.clone(),
        plan_revision: reckoned.plan.revision,
        currency: reckoned.plan.currency.clone(),
        from_day: reckoned.period.0,
        to_day: reckoned.period.1,
        discount_rate: reckoned.discount_rate,
        tax_rate: reckoned.tax_rate,
        tax_country: reckoned.tax_country.clone(),
        subtotal: reckoned.sums.subtotal,
        discount: reckoned.sums.discount,
        tax: reckoned.sums.tax,
        total: reckoned.sums.total,
        lines: text(serde_json::to_string(&reckoned.lines))?,
        notes: text(serde_json::to_string(&reckoned.notes))?,
        days: text(serde_json::to_string(&reckoned.days))?,
        payment_days: reckoned.plan.payment_days,
        issued_at: None,
        due_day: None,
        paid_at: None,
        created_at: cx.now.as_microsecond(),
    })
}

/// It stands in its issuer's history: a draft is not yet anybody else's.
fn subject(row: &InvoiceRow, issuer: &Path) -> Subject {
    let number = row.number.map_or_else(|| "draft".to_owned(), |number| number.to_string());
    Subject {
        kind: "invoice",
        id: row.id.to_string(),
        name: format!("{number} for {}", row.customer_name),
        customer_id: row.issuer_id.clone(),
        path: issuer.clone(),
    }
}

/// Invoices at and below the caller's customer, and its own that are issued.
pub async fn list(cx: &mut Cx, query: &InvoiceQuery) -> Result<InvoiceList, Error> {
    let account = cx.account()?;
    account.authorize_somewhere(Permission::ReadInvoices)?;
    let limit = query.limit.unwrap_or(api::page::DEFAULT_LIMIT);
    if !(1..=api::page::MAX_LIMIT).contains(&limit) {
        let detail = format!("Must be from 1 to {}.", api::page::MAX_LIMIT);
        return Err(Error::field("limit", Code::OutOfRange, detail));
    }
    let mut rows = sql::page(cx, &account, query, i64::from(limit) + 1).await?;
    let is_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| is_more).map(|(row, _)| row.id.clone());
    let items = rows.into_iter().map(|placed| Invoice { days: None, ..view(&account, placed) }).collect();
    Ok(InvoiceList { items, next })
}

/// An invoice with what it stands on.
pub async fn show(cx: &mut Cx, account: &Account, id: &InvoiceId) -> Result<Invoice, Error> {
    let placed = sql::find(cx, account, id).await?.ok_or_else(Error::not_found)?;
    account.authorize(Permission::ReadInvoices, &at(account, &placed))?;
    Ok(view(account, placed))
}

/// Where rights are asked for: at the issuer's, for those who see it.
fn at(account: &Account, (_, issuer): &PlacedInvoice) -> Path {
    issuer.path.clone().filter(|path| account.sees(path)).unwrap_or_else(|| account.path.clone())
}

/// An invoice that is to be changed: by whoever sees its issuer.
async fn fetch(cx: &mut Cx, id: &InvoiceId, expected: Option<IfMatch>) -> Result<(InvoiceRow, Path), Error> {
    let account = cx.account()?;
    let (row, issuer) = sql::find(cx, &account, id).await?.ok_or_else(Error::not_found)?;
    let Some(path) = issuer.path.filter(|path| account.sees(path)) else {
        return Err(Error::new(Code::Forbidden, ABOVE));
    };
    account.authorize(Permission::ManageInvoices, &path)?;
    IfMatch::check_if_given(expected, row.version)?;
    Ok((row, path))
}

fn is_open(state: InvoiceState) -> bool {
    matches!(state, InvoiceState::Issued | InvoiceState::Overdue)
}

fn view(account: &Account, placed: PlacedInvoice) -> Invoice {
    let refused = match &placed.1.path {
        Some(path) if account.sees(path) => account.refusal(Permission::ManageInvoices, path),
        _ => Some(ABOVE),
    };
    let row = placed.0;
    let is_invoice = row.kind == InvoiceKind::Invoice;
    let is_draft = row.state == InvoiceState::Draft;
    let actions = [
        ("issue", is_draft),
        ("delete", is_draft),
        ("pay", is_invoice && is_open(row.state)),
        ("credit", is_invoice && (is_open(row.state) || row.state == InvoiceState::Paid)),
    ]
    .map(|(name, fits)| match refused {
        Some(why) => Action::refused(name, Code::Forbidden, why),
        None if fits => Action::allowed(name),
        None => Action::refused(name, Code::InvoiceNotThere, "The invoice doesn't stand like that."),
    });
    Invoice {
        places: tree::prices::places(&row.currency).unwrap_or_default(),
        lines: serde_json::from_str(&row.lines).unwrap_or_default(),
        notes: serde_json::from_str(&row.notes).unwrap_or_default(),
        days: serde_json::from_str(&row.days).ok(),
        from: WireDay::from_number(row.from_day),
        to: WireDay::from_number(row.to_day),
        discount_percent: Decimal(row.discount_rate),
        tax_percent: Decimal(row.tax_rate),
        issued_at: row.issued_at.map(Time::from_micros),
        due_on: row.due_day.map(WireDay::from_number),
        paid_at: row.paid_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        actions: actions.into(),
        id: row.id,
        version: row.version,
        kind: row.kind,
        state: row.state,
        number: row.number,
        credits_id: row.credits_id,
        issuer_id: row.issuer_id,
        issuer_name: row.issuer_name,
        customer_id: row.customer_id,
        customer_name: row.customer_name,
        plan_id: row.plan_id,
        plan_name: row.plan_name,
        plan_revision: row.plan_revision,
        currency: row.currency,
        subtotal: row.subtotal,
        discount: row.discount,
        tax_country: row.tax_country,
        tax: row.tax,
        total: row.total,
    }
}

fn wrong_state(detail: &str) -> Error {
    Error::new(Code::InvoiceNotThere, detail)
}

/// Writes another state down.
async fn write(
    tx: &mut Tx,
    before: &InvoiceRow,
    after: &InvoiceRow,
    path: &Path,
    action: ChangeAction,
) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await?;
    let (was, is) = difference(&snapshot(before), &snapshot(after));
    tx.record(Entry::new(action, subject(after, path)).before(was).after(is));
    Ok(())
}

/// Issues a draft: it gets the next number of its issuer, and stays as it is from now on.
async fn issue_row(tx: &mut Tx, row: &InvoiceRow, path: &Path) -> Result<(), Error> {
    let issued = InvoiceRow {
        state: InvoiceState::Issued,
        number: Some(sql::next_number(tx, &row.issuer_id).await?),
        issued_at: Some(tx.now.as_microsecond()),
        due_day: Some(day_of(tx.now.as_second()) + row.payment_days),
        ..row.clone()
    };
    write(tx, row, &issued, path, ChangeAction::InvoiceIssued).await
}

/// Issues a draft; once more changes nothing.
pub async fn issue(tx: &mut Tx, id: &InvoiceId, expected: Option<IfMatch>) -> Result<Invoice, Error> {
    let account = tx.account()?;
    let (row, path) = fetch(tx, id, expected).await?;
    match row.state {
        InvoiceState::Draft => issue_row(tx, &row, &path).await?,
        InvoiceState::Issued | InvoiceState::Overdue => {}
        InvoiceState::Paid | InvoiceState::Credited => {
            return Err(wrong_state("It was issued, and is paid or taken back by now."));
        }
    }
    show(tx, &account, id).await
}

/// Somebody has paid.
pub async fn pay(tx: &mut Tx, id: &InvoiceId, expected: Option<IfMatch>) -> Result<Invoice, Error> {
    let account = tx.account()?;
    let (row, path) = fetch(tx, id, expected).await?;
    if row.kind == InvoiceKind::Invoice && is_open(row.state) {
        let paid_at = Some(tx.now.as_microsecond());
        let paid = InvoiceRow { state: InvoiceState::Paid, paid_at, ..row.clone() };
        write(tx, &row, &paid, &path, ChangeAction::InvoicePaid).await?;
    } else if row.state != InvoiceState::Paid {
        return Err(wrong_state("Only what is issued and not taken back is paid."));
    }
    show(tx, &account, id).await
}

/// Takes an invoice back by a credit note, which has the next number. Its days may be invoiced anew.
pub async fn credit(tx: &mut Tx, id: &InvoiceId, expected: Option<IfMatch>) -> Result<Invoice, Error> {
    let account = tx.account()?;
    let (row, path) = fetch(tx, id, expected).await?;
    if row.kind == InvoiceKind::CreditNote || !(is_open(row.state) || row.state == InvoiceState::Paid) {
        return Err(wrong_state("Only an invoice that is issued and stands is taken back."));
    }
    let mut lines: Vec<InvoiceLine> = serde_json::from_str(&row.lines).map_err(Error::internal)?;
    for line in &mut lines {
        line.amount = -line.amount;
    }
    let note = InvoiceRow {
        id: InvoiceId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        kind: InvoiceKind::CreditNote,
        state: InvoiceState::Issued,
        number: Some(sql::next_number(tx, &row.issuer_id).await?),
        credits_id: Some(row.id.clone()),
        lines: serde_json::to_string(&lines).map_err(Error::internal)?,
        subtotal: -row.subtotal,
        discount: -row.discount,
        tax: -row.tax,
        total: -row.total,
        issued_at: Some(tx.now.as_microsecond()),
        due_day: None,
        paid_at: None,
        created_at: tx.now.as_microsecond(),
        ..row.clone()
    };
    let credited = InvoiceRow { state: InvoiceState::Credited, ..row.clone() };
    tx.update(&row, &credited, Assignments::new()).await?;
    tx.exec(note.insertion()).await?;
    let entry = Entry::new(ChangeAction::InvoiceCredited, subject(&credited, &path));
    tx.record(
        entry
            .before(json!({ "state": row.state }))
            .after(json!({ "state": credited.state, "credit_note": note.number })),
    );
    show(tx, &account, &note.id).await
}

/// Throws a draft away.
pub async fn delete(tx: &mut Tx, id: &InvoiceId, expected: Option<IfMatch>) -> Result<(), Error> {
    let (row, path) = fetch(tx, id, expected).await?;
    if row.state != InvoiceState::Draft {
        return Err(wrong_state("What is issued stays; it can be taken back by a credit note."));
    }
    sql::delete(tx, id).await?;
    tx.record(Entry::new(ChangeAction::InvoiceDeleted, subject(&row, &path)).before(Value::Object(snapshot(&row))));
    Ok(())
}

/// A customer goes. What was issued to it stays with its issuer.
pub(crate) async fn forget_customer(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    sql::forget(tx, id).await
}

/// Something has moved: a plan of somebody who stands above it no more holds no longer.
pub(crate) async fn part(tx: &mut Tx, place: &Path) -> Result<(), Error> {
    sql::part(tx, place).await
}
