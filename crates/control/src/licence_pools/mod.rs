//! Licences split down the tree: a customer is given so many units of a product to hand out, or draws on the nearest above.
//! Licences that end customers hold are what is used of it. The rules are `tree::budgets`; commands take turns, so that what
//! one has read is still true when it commits.

pub mod http;
mod sql;

use std::collections::{BTreeMap, HashMap};

use api::change::ChangeAction;
use api::credit::Month;
use api::id::{CustomerId, ProductId};
use api::licence_pool::{
    LicencePool, LicencePoolList, LicencePoolMonth, LicencePoolMonthList, LicencePoolMonthQuery, LicencePoolMonths,
    LicencePoolQuery, LicencePoolSet, PoolAbove, PoolQuantity,
};
use api::units::{Action, Day};
use api::{Code, Error, FieldError, Level};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::version::IfMatch;
use serde_json::json;
use tree::Path;
use tree::budgets::{self, Budget, Refused};
use tree::licences::{DAY_MICROS, Stretch, high_water};

use self::sql::{Change, PoolRow};
use crate::customers::sql::CustomerRow;
use crate::products::sql::ProductRow;
use crate::{customers, products};

/// More units than any provider sells; sums of them are still numbers.
const MOST: i64 = 1_000_000_000;

const ALWAYS_AUTO: &str = "The default customer's licences are always drawn from above: machines that belong to nobody yet \
                           wait there, and nobody counts for them beforehand.";

/// The pools of one product on a path, from the root down.
struct Chain(Vec<(String, PoolRow)>);

impl Chain {
    async fn read(cx: &mut Cx, path: &Path, product: &ProductId) -> Result<Self, Error> {
        let ids: Vec<&str> = path.ids().collect();
        let rows = sql::at(cx, &ids, product).await?;
        Ok(Self::of(path, |id| rows.get(id).copied()))
    }

    fn of(path: &Path, found: impl Fn(&str) -> Option<PoolRow>) -> Self {
        Self(path.ids().map(|id| (id.to_owned(), found(id).unwrap_or_default())).collect())
    }

    fn budgets(&self) -> impl DoubleEndedIterator<Item = Budget> {
        self.0.iter().map(|(_, row)| row.budget())
    }

    /// The nearest with a number of its own.
    fn nearest(&self) -> Option<(&str, Budget)> {
        let pool = self.0.iter().rev().find(|(_, row)| row.quantity.is_some());
        pool.map(|(id, row)| (id.as_str(), row.budget()))
    }

    /// Takes more at the end of it: in use all the way up, taken from the nearest pool.
    async fn take(&self, tx: &mut Tx, product: &ProductId, more: Change) -> Result<(), Error> {
        let mut is_taken = false;
        for (id, row) in self.0.iter().rev() {
            let here = if is_taken { Change { used: more.used, ..Change::default() } } else { more };
            if here != Change::default() {
                sql::add(tx, id, product, here).await?;
            }
            is_taken |= row.quantity.is_some();
        }
        Ok(())
    }

    /// The nearest pool by its name, as far as the account sees it from a path.
    async fn pool_seen(
        &self,
        cx: &mut Cx,
        account: &Account,
        path: &Path,
    ) -> Result<Option<(PoolAbove, Budget)>, Error> {
        let seen = path.seen_from(&account.path);
        let Some((id, pool)) = self.nearest().filter(|(id, _)| seen.ids().any(|seen| seen == *id)) else {
            return Ok(None);
        };
        let lineage = Lineage::of(cx, std::iter::once(path)).await?;
        Ok(lineage.get(id).map(|node| {
            let above = PoolAbove {
                id: node.id.clone(),
                level: node.level,
                company_name: node.company_name.clone(),
                numbers: pool.into(),
            };
            (above, pool)
        }))
    }
}

/// A customer's pools; on a day that is asked for what they were at its end.
pub async fn list(cx: &mut Cx, id: &CustomerId, query: &LicencePoolQuery) -> Result<LicencePoolList, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, id, Permission::ReadLicences).await?;
    if let Some(day) = &query.as_of {
        let end = end_of_day(day, &row, cx.now)?;
        return then(cx, id, end).await;
    }
    let ids: Vec<&str> = row.path.ids().collect();
    let mut pools: BTreeMap<String, Vec<(String, PoolRow)>> = BTreeMap::new();
    for (node, product, pool) in sql::all_at(cx, &ids).await? {
        pools.entry(product).or_default().push((node, pool));
    }
    let mut items = Vec::new();
    for product in products::sql::products(cx).await? {
        let known = pools.remove(product.id.as_str()).unwrap_or_default();
        let find = |id: &str| known.iter().find(|(node, _)| node == id).map(|(_, pool)| *pool);
        let has_some = find(id.as_str()).is_some_and(|pool| pool.budget() != PoolRow::default().budget());
        if has_some || (product.retired_at.is_none() && !product.usage_billed) {
            items.push(view(cx, &account, &row, &product, Chain::of(&row.path, find)).await?);
        }
    }
    Ok(LicencePoolList { items })
}

/// The last moment of a day on which a customer was there.
pub(crate) fn end_of_day(day: &str, row: &CustomerRow, now: jiff::Timestamp) -> Result<i64, Error> {
    let wrong = |code: Code, detail: &str| Error::field("as_of", code, detail);
    let day: Day = day.parse().map_err(|_| wrong(Code::Invalid, "Is no day; write it like 2025-01-31."))?;
    let end = (day.number() + 1).saturating_mul(DAY_MICROS);
    if end - DAY_MICROS > now.as_microsecond() {
        return Err(wrong(Code::OutOfRange, "That day is still to come."));
    }
    if row.created_at >= end {
        return Err(wrong(Code::OutOfRange, "The customer was added later."));
    }
    Ok(end - 1)
}

async fn then(cx: &mut Cx, id: &CustomerId, at: i64) -> Result<LicencePoolList, Error> {
    let mut pools: BTreeMap<String, PoolRow> = sql::then(cx, id, at).await?.into_iter().collect();
    let known = products::sql::products(cx).await?;
    let items = known.into_iter().filter_map(|product| {
        let pool = pools.remove(product.id.as_str())?;
        Some(LicencePool {
            version: pool.version,
            product_id: product.id,
            product_name: product.name,
            unit: product.unit,
            numbers: pool.budget().into(),
            above: None,
            most: None,
            actions: Vec::new(),
        })
    });
    Ok(LicencePoolList { items: items.collect() })
}

/// What was held of each product month by month, at a customer and below it: the most at any time, and at the end.
pub async fn months(
    cx: &mut Cx,
    id: &CustomerId,
    query: &LicencePoolMonthQuery,
) -> Result<LicencePoolMonthList, Error> {
    let account = cx.account()?;
    customers::fetch(cx, &account, id, Permission::ReadLicences).await?;
    let now = cx.now.as_microsecond();
    let (from, to) = crate::credits::months_asked(query.from.as_ref(), query.to.as_ref(), cx.now)?;
    let begins = crate::credits::begins;
    let mut stretches: BTreeMap<String, Vec<sql::StretchRow>> = BTreeMap::new();
    for (product, stretch) in sql::stretches(cx, id, (begins(from), begins(to + 1))).await? {
        stretches.entry(product).or_default().push(stretch);
    }
    let mut items = Vec::new();
    for product in products::sql::products(cx).await? {
        let Some(of_product) = stretches.remove(product.id.as_str()) else { continue };
        let held: Vec<Stretch> = of_product.iter().map(|row| row.with(row.used)).collect();
        let handed_out: Vec<Stretch> =
            of_product.iter().filter_map(|row| row.quantity.map(|quantity| row.with(quantity))).collect();
        let months = (from..=to).filter_map(|month| {
            let (begin, end) = (begins(month), begins(month + 1).min(now + 1));
            let mark = high_water(&held, begin, end)?;
            let quantity = high_water(&handed_out, begin, end);
            Some(LicencePoolMonth {
                month: Month(month),
                high: mark.high,
                last: mark.last.unwrap_or_default(),
                quantity_high: quantity.map(|mark| mark.high),
                quantity_last: quantity.and_then(|mark| mark.last),
            })
        });
        items.push(LicencePoolMonths {
            months: months.collect(),
            product_id: product.id,
            product_name: product.name,
            unit: product.unit,
        });
    }
    Ok(LicencePoolMonthList { items })
}

/// `chain`: down to the customer itself.
async fn view(
    cx: &mut Cx,
    account: &Account,
    row: &CustomerRow,
    product: &ProductRow,
    mut chain: Chain,
) -> Result<LicencePool, Error> {
    let own = chain.0.pop().map(|(_, pool)| pool).unwrap_or_default();
    let budget = own.budget();
    let pool = chain.pool_seen(cx, account, &row.path).await?;
    let most =
        pool.as_ref().and_then(|(_, pool)| pool.free()).map(|free| free.max(0).saturating_add(budget.demand().total()));
    let action = match (account.refusal(Permission::ManageLicences, &row.path), refusal_at(row)) {
        (Some(reason), _) => Action::refused("set_pool", Code::Forbidden, reason),
        (None, Some((code, reason))) => Action::refused("set_pool", code, reason),
        (None, None) => Action::allowed("set_pool"),
    };
    Ok(LicencePool {
        version: own.version.max(1),
        product_id: product.id.clone(),
        product_name: product.name.clone(),
        unit: product.unit,
        numbers: budget.into(),
        above: pool.map(|(above, _)| above),
        most,
        actions: vec![action],
    })
}

/// Why a customer has no number of its own.
fn refusal_at(row: &CustomerRow) -> Option<(Code, &'static str)> {
    refusal_for(row.level, row.is_default)
}

/// The same of one of whom only this is known.
pub(crate) fn refusal_for(level: Level, is_default: bool) -> Option<(Code, &'static str)> {
    if level == Level::Site {
        return Some((Code::LevelNotAllowed, "A site has what is assigned to it."));
    }
    (is_default && level == Level::EndCustomer).then_some((Code::DefaultProtected, ALWAYS_AUTO))
}

/// The pools of these customers, by customer and product.
pub(crate) async fn budgets_of(cx: &mut Cx, ids: &[&str]) -> Result<HashMap<(String, String), Budget>, Error> {
    let rows = sql::all_at(cx, ids).await?;
    Ok(rows.into_iter().map(|(customer, product, pool)| ((customer, product), pool.budget())).collect())
}

/// Gives a customer a number of its own, another one, or none.
pub async fn set(
    tx: &mut Tx,
    id: &CustomerId,
    product: &ProductId,
    expected: Option<IfMatch>,
    input: LicencePoolSet,
) -> Result<LicencePool, Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::ManageLicences).await?;
    let product = products::sql::find_product(tx, product).await?.ok_or_else(Error::not_found)?;
    if let Some((code, why)) = refusal_at(&row) {
        return Err(Error::new(code, why));
    }
    let quantity = match input.quantity {
        PoolQuantity::Auto(_) => None,
        PoolQuantity::Number(number) if (0..=MOST).contains(&number) => Some(number),
        PoolQuantity::Number(_) => {
            return Err(Error::field("quantity", Code::OutOfRange, format!("Must be from 0 to {MOST}.")));
        }
    };
    if quantity.is_some() {
        crate::licences::refuse_usage_billed(&product)?;
    }
    let mut above = Chain::read(tx, &row.path, &product.id).await?;
    let own = above.0.pop().map(|(_, pool)| pool).unwrap_or_default();
    IfMatch::check_if_given(expected, own.version.max(1))?;
    let budget = own.budget();
    if quantity != budget.allotted {
        let more = match budgets::allot(above.budgets(), &budget, quantity, 100) {
            Ok(more) => more,
            Err(refused) => return Err(refusal(tx, &account, &row, &product, &above, refused).await?),
        };
        sql::set(tx, id.as_str(), &product.id, quantity).await?;
        above.take(tx, &product.id, Change { used: 0, handed: more.handed, drawn: more.drawn }).await?;
        let told = |quantity: Option<i64>| json!({ "product_id": product.id, "product_name": product.name, "quantity": PoolQuantity::from(quantity) });
        let entry = Entry::new(ChangeAction::CustomerLicencePoolSet, customers::subject(&row));
        tx.record(entry.before(told(budget.allotted)).after(told(quantity)));
    }
    let chain = Chain::read(tx, &row.path, &product.id).await?;
    view(tx, &account, &row, &product, chain).await
}

/// Says what stands in the way, and by whom, as far as the caller may know.
async fn refusal(
    tx: &mut Tx,
    account: &Account,
    row: &CustomerRow,
    product: &ProductRow,
    above: &Chain,
    refused: Refused,
) -> Result<Error, Error> {
    let (code, detail) = match refused {
        Refused::BelowCommitted { used, handed, drawn } => {
            let mut detail = format!(
                "{used} are held as licences, {handed} were handed on and {drawn} are held beside that; it cannot be less."
            );
            let takers = sql::largest_below(tx, &row.id, &product.id).await?;
            let list: Vec<String> = takers
                .iter()
                .map(|(name, quantity, taken)| match quantity {
                    Some(held) => format!("{name} may hand out {held}"),
                    None => format!("{name} takes {taken}"),
                })
                .collect();
            if !list.is_empty() {
                detail = format!("{detail} Most is taken by: {}.", list.join(", "));
            }
            (Code::BelowCommitted, detail)
        }
        Refused::BeyondPool { most } => {
            let pool = above.pool_seen(tx, account, &row.path).await?;
            (Code::AllotmentExceeded, lacking(pool.map(|(pool, _)| pool.company_name), &product.name, most))
        }
    };
    Ok(of_quantity(code, detail))
}

fn of_quantity(code: Code, detail: String) -> Error {
    let mut error = Error::new(code, detail.clone());
    error.fields = vec![FieldError::new("quantity", code, detail)];
    error
}

/// How much there is above is the business of those who see whose it is.
fn lacking(pool: Option<String>, product: &str, most: i64) -> String {
    match pool {
        Some(name) => format!("{name} has no more than {most} of {product} for this."),
        None => format!("There is not so much of {product} left to hand out. Ask whoever looks after you for more."),
    }
}

/// A customer's licences of a product become so many more, or less. What more there is has to be free in the nearest pool.
pub(crate) async fn take(
    tx: &mut Tx,
    path: &Path,
    product: &ProductId,
    product_name: &str,
    more: i64,
) -> Result<(), Error> {
    let chain = Chain::read(tx, path, product).await?;
    if more > 0
        && let Some(room) = budgets::room(chain.budgets())
        && room < more
    {
        let account = tx.account()?;
        let pool = chain.pool_seen(tx, &account, path).await?;
        let detail = lacking(pool.map(|(pool, _)| pool.company_name), product_name, room.max(0));
        return Err(of_quantity(Code::AllotmentExceeded, detail));
    }
    chain.take(tx, product, Change { used: more, handed: 0, drawn: more }).await
}

/// What a customer has and takes of each product.
async fn taken_by(cx: &mut Cx, id: &CustomerId) -> Result<Vec<(ProductId, Budget)>, Error> {
    let rows = sql::all_at(cx, &[id.as_str()]).await?;
    Ok(rows.into_iter().map(|(_, product, pool)| (ProductId::from_text(product), pool.budget())).collect())
}

/// Why licences keep a customer from standing below `parent`: the nearest pools there haven't got what would be taken of them.
pub(crate) async fn blocks_move(tx: &mut Tx, row: &CustomerRow, parent: &Path) -> Result<Vec<(Code, String)>, Error> {
    let mut blockers = Vec::new();
    let Some(former) = row.path.parent() else { return Ok(blockers) };
    for (product, budget) in taken_by(tx, &row.id).await? {
        let taken = budget.demand().total();
        let chain = Chain::read(tx, parent, &product).await?;
        let Some((id, pool)) = chain.nearest() else { continue };
        // Within one pool nothing more is taken.
        let was = Chain::read(tx, &former, &product).await?;
        if was.nearest().is_some_and(|(known, _)| known == id) {
            continue;
        }
        let free = pool.free().unwrap_or(i64::MAX).max(0);
        if taken > free {
            let name = products::sql::find_product(tx, &product).await?.map(|product| product.name).unwrap_or_default();
            let detail = format!("It takes {taken} of {name} with it, and at its new place {free} are free.");
            blockers.push((Code::AllotmentExceeded, detail));
        }
    }
    Ok(blockers)
}

/// Takes what a moved customer has from the pools above its former place, and adds it at its new one.
pub(crate) async fn relocate(tx: &mut Tx, id: &CustomerId, former: &Path, now: &Path) -> Result<(), Error> {
    for (product, budget) in taken_by(tx, id).await? {
        let demand = budget.demand();
        let more = Change { used: budget.used, handed: demand.handed, drawn: demand.drawn };
        let less = Change { used: -more.used, handed: -more.handed, drawn: -more.drawn };
        Chain::read(tx, former, &product).await?.take(tx, &product, less).await?;
        Chain::read(tx, now, &product).await?.take(tx, &product, more).await?;
    }
    Ok(())
}

/// What a customer that goes was given is free again above; its licences are gone by then.
pub(crate) async fn delete_of(tx: &mut Tx, customer: &CustomerRow) -> Result<(), Error> {
    if let Some(parent) = customer.path.parent() {
        for (product, budget) in taken_by(tx, &customer.id).await? {
            let demand = budget.demand();
            let less = Change { used: -budget.used, handed: -demand.handed, drawn: -demand.drawn };
            Chain::read(tx, &parent, &product).await?.take(tx, &product, less).await?;
        }
    }
    sql::delete_of(tx, &customer.id).await?;
    Ok(())
}
