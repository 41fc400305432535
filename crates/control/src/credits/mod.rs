//! Credits: units that are paid beforehand. A customer has an account of its own, filled from the nearest above or by what is
//! bought, or draws on the nearest above. Machines without another licence take their weight for each month (`draw`). Entries
//! are only ever added: what was wrong is taken back by another one, and every balance can be reckoned anew.

pub(crate) mod draw;
pub mod http;
pub(crate) mod lasting;
mod sql;

use std::collections::HashMap;

use api::change::ChangeAction;
use api::credit::{
    CreditAbove, CreditAccount, CreditAccountList, CreditAdd, CreditCounter, CreditEntry, CreditEntryKind,
    CreditEntryList, CreditEntryQuery, CreditForecast, CreditMonth, CreditMonthQuery, CreditStatement,
    CreditStatementList, Month,
};
use api::id::{CreditEntryId, CustomerId, DeviceId, ProductId};
use api::page::{DEFAULT_LIMIT, MAX_LIMIT};
use api::product::Unit;
use api::units::{Action, Day, Time};
use api::{Code, Error, Level};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::text::Checks;
use serde_json::json;
use tree::Path;
use tree::credits::{Held, Kind, Statement, Sum, first_day, forecast, month_of, statements};
use tree::measure::{DAY, day_of};

use self::sql::{AccountRow, Cursor, EntryRow};
use crate::customers::sql::CustomerRow;
use crate::products::sql::ProductRow;
use crate::products::weights_of;
use crate::{customers, products};

/// Months that are answered unless said otherwise, and at most.
const MONTHS: i64 = 12;
const MOST_MONTHS: i64 = 120;

const MICROS: i64 = 1_000_000;

const ALWAYS_ABOVE: &str = "The default customer's machines always draw on the nearest account above: they belong to nobody \
                            yet, and nobody pays for them beforehand.";

fn this_month(cx: &Cx) -> i64 {
    month_of(day_of(cx.now.as_second()))
}

/// When a month begins.
pub(crate) fn begins(month: i64) -> i64 {
    first_day(month) * DAY * MICROS
}

/// The accounts of one product on a path, its end first.
fn nearest<'a>(accounts: &'a [AccountRow], path: &Path, product: &ProductId) -> Option<&'a AccountRow> {
    path.ids().rev().find_map(|id| {
        accounts.iter().find(|account| account.customer_id.as_str() == id && account.product_id == *product)
    })
}

/// How a customer stands with each product that is sold as credits.
pub async fn list(cx: &mut Cx, id: &CustomerId) -> Result<CreditAccountList, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, id, Permission::ReadLicences).await?;
    let ids: Vec<&str> = row.path.ids().collect();
    let accounts = sql::accounts_at(cx, &ids).await?;
    let month = this_month(cx);
    let used = sql::used_below(cx, &row.path, month).await?;
    let mut items = Vec::new();
    for product in products::sql::products(cx).await?.into_iter().filter(|product| product.unit == Unit::Credit) {
        let own = accounts.iter().find(|known| known.customer_id == *id && known.product_id == product.id);
        let used_this_month = used.get(product.id.as_str()).copied().unwrap_or_default();
        if own.is_none() && used_this_month == 0 && product.retired_at.is_some() {
            continue;
        }
        let forecast = match own {
            Some(own) => forecast_of(cx, own, month).await?,
            None => None,
        };
        let above = above_seen(cx, &account, &row.path, &product.id, &accounts).await?;
        items.push(CreditAccount {
            weights: weights_of(&product),
            balance: own.map(|own| own.balance),
            used_this_month,
            forecast,
            above,
            actions: actions(&account, &row),
            product_id: product.id,
            product_name: product.name,
        });
    }
    Ok(CreditAccountList { items })
}

async fn forecast_of(cx: &mut Cx, own: &AccountRow, month: i64) -> Result<Option<CreditForecast>, Error> {
    let used = sql::used_of(cx, own, month).await?;
    let forecast = forecast(own.balance, used, day_of(cx.now.as_second()));
    Ok(forecast.map(|forecast| CreditForecast {
        runs_out_on: Day::from_number(forecast.day),
        days_left: forecast.days_left,
        is_short: forecast.is_short,
    }))
}

/// The nearest account above, as far as the caller sees it.
async fn above_seen(
    cx: &mut Cx,
    account: &Account,
    path: &Path,
    product: &ProductId,
    accounts: &[AccountRow],
) -> Result<Option<CreditAbove>, Error> {
    let above = path.parent().and_then(|parent| nearest(accounts, &parent, product));
    let seen = path.seen_from(&account.path);
    let Some(above) = above.filter(|above| seen.ids().any(|id| id == above.customer_id.as_str())) else {
        return Ok(None);
    };
    let lineage = Lineage::of(cx, std::iter::once(path)).await?;
    Ok(lineage.get(above.customer_id.as_str()).map(|node| CreditAbove {
        id: node.id.clone(),
        level: node.level,
        company_name: node.company_name.clone(),
        balance: above.balance,
    }))
}

fn actions(account: &Account, row: &CustomerRow) -> Vec<Action> {
    vec![match (account.refusal(Permission::ManageLicences, &row.path), refusal_at(row)) {
        (Some(reason), _) => Action::refused("add_credits", Code::Forbidden, reason),
        (None, Some((code, reason))) => Action::refused("add_credits", code, reason),
        (None, None) => Action::allowed("add_credits"),
    }]
}

/// Why a customer has no account of its own.
fn refusal_at(row: &CustomerRow) -> Option<(Code, &'static str)> {
    if row.level == Level::Site {
        return Some((Code::LevelNotAllowed, "A site's machines draw on its customer's account."));
    }
    (row.is_default && row.level == Level::EndCustomer).then_some((Code::DefaultProtected, ALWAYS_ABOVE))
}

/// A customer's own accounts month by month.
pub async fn months(cx: &mut Cx, id: &CustomerId, query: &CreditMonthQuery) -> Result<CreditStatementList, Error> {
    let account = cx.account()?;
    customers::fetch(cx, &account, id, Permission::ReadLicences).await?;
    let (from, to) = months_asked(query.from.as_ref(), query.to.as_ref(), cx.now)?;
    let accounts = sql::accounts_at(cx, &[id.as_str()]).await?;
    let mut items = Vec::new();
    for product in products::sql::products(cx).await? {
        let is_asked = query.product_id.as_ref().is_none_or(|asked| asked == product.id.as_str());
        let Some(own) = accounts.iter().find(|own| own.product_id == product.id).filter(|_| is_asked) else { continue };
        let sums: Vec<Sum> = sql::sums_since(cx, own, from)
            .await?
            .into_iter()
            .map(|(month, kind, units)| Sum {
                month,
                kind: kind_of(kind.parse().unwrap_or(CreditEntryKind::Counter)),
                units,
            })
            .collect();
        let since: i64 = sums.iter().map(|sum| sum.units).sum();
        let months = statements(from, to, own.balance - since, &sums).into_iter().map(month_seen).collect();
        items.push(CreditStatement { product_id: product.id, product_name: product.name, months });
    }
    Ok(CreditStatementList { items })
}

/// The first and the last month that are asked for.
pub(crate) fn months_asked(
    from: Option<&String>,
    to: Option<&String>,
    now: jiff::Timestamp,
) -> Result<(i64, i64), Error> {
    let mut checks = Checks::default();
    let (from, to) = (month_given(&mut checks, "from", from), month_given(&mut checks, "to", to));
    checks.finish()?;
    let to = to.unwrap_or_else(|| month_of(day_of(now.as_second())));
    let from = from.unwrap_or(to - MONTHS + 1);
    if from > to {
        return Err(Error::field("from", Code::OutOfRange, "Must not be later than to."));
    }
    if to - from >= MOST_MONTHS {
        return Err(Error::field(
            "from",
            Code::OutOfRange,
            format!("At most {MOST_MONTHS} months are answered at once."),
        ));
    }
    Ok((from, to))
}

fn month_given(checks: &mut Checks, field: &str, text: Option<&String>) -> Option<i64> {
    match text.map(|text| text.parse::<Month>()) {
        None => None,
        Some(Ok(month)) => Some(month.0),
        Some(Err(_)) => {
            checks.add(field, Code::Invalid, "Is no month; write it like 2025-01.");
            None
        }
    }
}

fn month_seen(statement: Statement) -> CreditMonth {
    let Statement { month, opening, added, handed_on, used, corrected, closing } = statement;
    CreditMonth { month: Month(month), opening, added, handed_on, used, corrected, closing }
}

fn kind_of(kind: CreditEntryKind) -> Kind {
    match kind {
        CreditEntryKind::Added => Kind::Added,
        CreditEntryKind::Received => Kind::Received,
        CreditEntryKind::HandedOn => Kind::HandedOn,
        CreditEntryKind::Used => Kind::Used,
        CreditEntryKind::Counter => Kind::Counter,
    }
}

/// The entries of a customer's own accounts, the newest first.
pub async fn entries(cx: &mut Cx, id: &CustomerId, query: &CreditEntryQuery) -> Result<CreditEntryList, Error> {
    let account = cx.account()?;
    customers::fetch(cx, &account, id, Permission::ReadLicences).await?;
    let mut checks = Checks::default();
    let month = month_given(&mut checks, "month", query.month.as_ref());
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        checks.add("limit", Code::OutOfRange, format!("Must be from 1 to {MAX_LIMIT}."));
    }
    let after = query.after.as_deref().and_then(|after| {
        let cursor = cursor_of(after);
        if cursor.is_none() {
            checks.add("after", Code::Invalid, "Is no cursor of this list.");
        }
        cursor
    });
    checks.finish()?;
    let between = month.map(|month| (begins(month), begins(month + 1)));
    let wanted = (query.product_id.as_deref(), between);
    let mut rows = sql::entries(cx, id, wanted, after.as_ref(), i64::from(limit) + 1).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|(row, _)| format!("{}-{}-{}", row.at, row.number, row.product_id));
    let items = shown(cx, &account, rows).await?;
    Ok(CreditEntryList { items, next })
}

/// Entries as the account sees them: where units came from is told to those only who see whose that is.
async fn shown(
    cx: &mut Cx,
    account: &Account,
    mut rows: Vec<(EntryRow, Option<String>)>,
) -> Result<Vec<CreditEntry>, Error> {
    let mut others: Vec<&str> = rows.iter().filter_map(|(row, _)| Some(row.other_id.as_ref()?.as_str())).collect();
    others.sort_unstable();
    others.dedup();
    let places: HashMap<String, Path> = sql::places(cx, &others).await?;
    for (row, _) in &mut rows {
        let Some(other) = &row.other_id else { continue };
        let is_seen = match places.get(other.as_str()) {
            Some(path) => account.sees(path),
            // Whoever has gone stood below, unless units were received from there.
            None => row.kind == CreditEntryKind::HandedOn,
        };
        if !is_seen {
            (row.other_id, row.about) = (None, None);
        }
    }
    Ok(rows.into_iter().map(|(row, countered_by)| seen(row, countered_by)).collect())
}

async fn shown_one(cx: &mut Cx, account: &Account, row: EntryRow) -> Result<CreditEntry, Error> {
    let shown = shown(cx, account, vec![(row, None)]).await?;
    shown.into_iter().next().ok_or_else(|| Error::internal("an entry that isn't shown"))
}

fn cursor_of(text: &str) -> Option<Cursor> {
    let mut parts = text.splitn(3, '-');
    let (at, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Cursor { at, number, product: parts.next()?.to_owned() })
}

fn seen(row: EntryRow, countered_by: Option<String>) -> CreditEntry {
    CreditEntry {
        id: row.id,
        product_id: row.product_id,
        number: row.number,
        kind: row.kind,
        month: Month(row.month),
        units: row.units,
        balance: row.balance,
        device_id: row.device_id,
        other_id: row.other_id,
        about: row.about,
        counters_id: row.counters_id,
        countered_by_id: countered_by.map(CreditEntryId::from_text),
        note: row.note,
        at: Time::from_micros(row.at),
    }
}

/// What is to be written in an account.
struct Posting<'a> {
    customer: &'a CustomerId,
    product: &'a ProductId,
    held: Held,
    kind: CreditEntryKind,
    units: i64,
    /// The machine that takes them.
    device: Option<&'a DeviceId>,
    other: Option<(&'a CustomerId, &'a str)>,
    pair: Option<&'a CreditEntryId>,
    counters: Option<&'a CreditEntryId>,
    note: Option<&'a str>,
}

impl<'a> Posting<'a> {
    fn new(customer: &'a CustomerId, product: &'a ProductId, held: Held, kind: CreditEntryKind, units: i64) -> Self {
        Self { customer, product, held, kind, units, device: None, other: None, pair: None, counters: None, note: None }
    }

    fn of(account: &'a AccountRow, kind: CreditEntryKind, units: i64) -> Self {
        Self::new(&account.customer_id, &account.product_id, account.held(), kind, units)
    }

    /// Writes it; nothing where the account doesn't hold so much.
    async fn write(self, tx: &mut Tx, id: CreditEntryId) -> Result<Option<EntryRow>, Error> {
        let Some(Held { number, balance }) = self.held.after(self.units) else { return Ok(None) };
        let row = EntryRow {
            customer_id: self.customer.clone(),
            product_id: self.product.clone(),
            number,
            id,
            kind: self.kind,
            month: this_month(tx),
            units: self.units,
            balance,
            device_id: self.device.cloned(),
            other_id: self.other.map(|(id, _)| id.clone()),
            about: self.other.map(|(_, name)| name.to_owned()),
            pair_id: self.pair.cloned(),
            counters_id: self.counters.cloned(),
            note: self.note.map(str::to_owned),
            at: tx.now.as_microsecond(),
        };
        sql::write(tx, &row).await?;
        Ok(Some(row))
    }
}

fn new_id(tx: &Tx) -> Result<CreditEntryId, Error> {
    Ok(CreditEntryId::new(tx.app.random.uuid(tx.now)?))
}

/// Adds units to a customer's own account: from the nearest above, or bought where there is none. Less than nothing goes back.
pub async fn add(tx: &mut Tx, id: &CustomerId, input: &CreditAdd) -> Result<CreditEntry, Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::ManageLicences).await?;
    let mut checks = Checks::of::<CreditAdd>();
    let units = checks.number("units", input.units).unwrap_or_default();
    if input.units == 0 {
        checks.add("units", Code::OutOfRange, "Nothing is added by 0.");
    }
    let note = checks.optional("note", input.note.as_deref());
    let product = products::sql::find_product(tx, &input.product_id).await?;
    match &product {
        None => checks.add("product_id", Code::ReferenceNotFound, "There is no such product."),
        Some(product) if product.unit != Unit::Credit => {
            checks.add("product_id", Code::Invalid, "It is not sold as credits; grant a licence of it instead.");
        }
        Some(product) if product.retired_at.is_some() && units > 0 => {
            checks.add("product_id", Code::Invalid, "The product was retired; it is no longer sold.");
        }
        Some(_) => {}
    }
    checks.finish()?;
    let product = product.ok_or_else(Error::not_found)?;
    if let Some((code, why)) = refusal_at(&row) {
        return Err(Error::new(code, why));
    }
    let ids: Vec<&str> = row.path.ids().collect();
    let accounts = sql::accounts_at(tx, &ids).await?;
    let own = sql::account(tx, id, &product.id).await?.map_or(Held::default(), |own| own.held());
    let above = row.path.parent().and_then(|parent| nearest(&accounts, &parent, &product.id));
    let note = note.as_deref();
    let entry_id = new_id(tx)?;
    let lacking = Error::field("units", Code::BelowCommitted, format!("The account holds {}.", own.balance));
    let entry = if let Some(above) = above {
        let pair = new_id(tx)?;
        let upper = Posting {
            other: Some((&row.id, &row.company_name)),
            pair: Some(&entry_id),
            note,
            ..Posting::of(above, CreditEntryKind::HandedOn, -units)
        };
        if upper.write(tx, pair.clone()).await?.is_none() {
            return Err(lacking_above(tx, &account, &row.path, &product, &accounts).await?);
        }
        let lineage = Lineage::of(tx, std::iter::once(&row.path)).await?;
        let name = lineage.get(above.customer_id.as_str()).map(|node| node.company_name.clone()).unwrap_or_default();
        let lower = Posting {
            other: Some((&above.customer_id, name.as_str())),
            pair: Some(&pair),
            note,
            ..Posting::new(id, &product.id, own, CreditEntryKind::Received, units)
        };
        lower.write(tx, entry_id).await?
    } else {
        let bought = Posting { note, ..Posting::new(id, &product.id, own, CreditEntryKind::Added, units) };
        bought.write(tx, entry_id).await?
    };
    let entry = entry.ok_or(lacking)?;
    let told = json!({ "product_id": product.id, "product_name": product.name, "units": units, "balance": entry.balance, "note": note });
    tx.record(Entry::new(ChangeAction::CustomerCreditsAdded, customers::subject(&row)).after(told));
    draw::some_below(tx, &row.path).await?;
    shown_one(tx, &account, entry).await
}

/// How much there is above is the business of those who see whose it is.
async fn lacking_above(
    tx: &mut Tx,
    account: &Account,
    path: &Path,
    product: &ProductRow,
    accounts: &[AccountRow],
) -> Result<Error, Error> {
    let detail = match above_seen(tx, account, path, &product.id, accounts).await? {
        Some(above) => format!("{} holds {} of {}.", above.company_name, above.balance, product.name),
        None => format!("There is not so much of {} left. Ask whoever looks after you for more.", product.name),
    };
    let mut error = Error::new(Code::AllotmentExceeded, detail.clone());
    error.fields = vec![api::FieldError::new("units", Code::AllotmentExceeded, detail)];
    Ok(error)
}

/// Takes an entry back by another one; of units that went from one account to another, in both.
pub async fn counter(tx: &mut Tx, id: &CustomerId, input: &CreditCounter) -> Result<CreditEntry, Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::ManageLicences).await?;
    let mut checks = Checks::of::<CreditCounter>();
    let note = checks.line("note", &input.note);
    let entry = sql::find(tx, &input.entry_id).await?.filter(|entry| entry.customer_id == *id);
    match &entry {
        None => checks.add("entry_id", Code::ReferenceNotFound, "The customer's accounts have no such entry."),
        Some(entry) if entry.kind == CreditEntryKind::Counter => {
            checks.add("entry_id", Code::Invalid, "It takes another one back; add units instead.");
        }
        Some(_) => {
            if sql::is_countered(tx, &input.entry_id).await? {
                checks.add("entry_id", Code::Invalid, "It was taken back already.");
            }
        }
    }
    checks.finish()?;
    let (entry, note) = (entry.ok_or_else(Error::not_found)?, note.unwrap_or_default());
    let pair = match &entry.pair_id {
        Some(pair) => sql::find(tx, pair).await?,
        None => None,
    };
    if let CreditEntryKind::HandedOn | CreditEntryKind::Received = entry.kind {
        refuse_apart(tx, &row.path, pair.as_ref()).await?;
    }
    let (own_id, pair_id) = (new_id(tx)?, new_id(tx)?);
    if let Some(pair) = &pair {
        take_back(tx, pair, (pair_id.clone(), Some(&own_id)), &note).await?;
    }
    let written = take_back(tx, &entry, (own_id, pair.as_ref().map(|_| &pair_id)), &note).await?;
    let product = products::sql::find_product(tx, &entry.product_id).await?.ok_or_else(Error::not_found)?;
    let told = json!({ "product_id": product.id, "product_name": product.name, "units": written.units, "balance": written.balance, "note": note });
    tx.record(Entry::new(ChangeAction::CustomerCreditsCountered, customers::subject(&row)).after(told));
    draw::some_below(tx, &row.path).await?;
    shown_one(tx, &account, written).await
}

/// Units go back the way that they came, or not at all: they would come from nowhere where the other account is gone, and
/// from somebody else's where it stands elsewhere by now.
async fn refuse_apart(cx: &mut Cx, path: &Path, pair: Option<&EntryRow>) -> Result<(), Error> {
    let other = match pair {
        Some(pair) => customers::sql::find_anywhere(cx, &pair.customer_id).await?,
        None => None,
    };
    if other.is_some_and(|other| other.path.is_above(path) || path.is_above(&other.path)) {
        return Ok(());
    }
    let detail = "The other account that it concerns is gone, or stands elsewhere. Add units instead.";
    Err(Error::field("entry_id", Code::Invalid, detail))
}

async fn take_back(
    tx: &mut Tx,
    entry: &EntryRow,
    (id, pair): (CreditEntryId, Option<&CreditEntryId>),
    note: &str,
) -> Result<EntryRow, Error> {
    let account = sql::account(tx, &entry.customer_id, &entry.product_id).await?.ok_or_else(Error::not_found)?;
    let other = entry.other_id.as_ref().zip(entry.about.as_deref());
    let posting = Posting {
        device: entry.device_id.as_ref(),
        other,
        pair,
        counters: Some(&entry.id),
        note: Some(note),
        ..Posting::of(&account, CreditEntryKind::Counter, -entry.units)
    };
    let written = posting.write(tx, id).await?;
    written.ok_or_else(|| Error::field("entry_id", Code::BelowCommitted, "What came by it is used or was handed on."))
}

/// What a customer that goes has left is the account's above, if there is one.
pub(crate) async fn delete_of(tx: &mut Tx, customer: &CustomerRow) -> Result<(), Error> {
    if let Some(parent) = customer.path.parent() {
        let ids: Vec<&str> = parent.ids().collect();
        for own in sql::accounts_at(tx, &[customer.id.as_str()]).await? {
            let accounts = sql::accounts_at(tx, &ids).await?;
            let Some(above) = nearest(&accounts, &parent, &own.product_id).filter(|_| own.balance > 0) else {
                continue;
            };
            let back = Posting {
                other: Some((&customer.id, &customer.company_name)),
                ..Posting::of(above, CreditEntryKind::HandedOn, own.balance)
            };
            let id = new_id(tx)?;
            back.write(tx, id).await?;
        }
    }
    sql::delete_of(tx, &customer.id).await
}
