//! Space split down the tree: a customer or a device is given a number of bytes, or draws on the nearest above. The rules
//! are `tree::budgets`; the gateway holds every upload against them.

pub mod http;
pub mod sql;

use api::change::ChangeAction;
use api::id::{CustomerId, DeviceId};
use api::space::{Space, SpaceAbove, SpaceSet, SpaceState};
use api::units::Action;
use api::{Code, Error, FieldError};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::overlay::Overlay;
use base::text::{Checks, size};
use base::version::{IfMatch, stale};
use serde_json::json;
use tree::budgets::{self, Budget, Demand, Refused};
use tree::{Path, Totals};

use crate::{customers, devices};

/// An input whose fields are acceptable by themselves.
#[derive(Clone, Copy, Debug)]
pub struct CheckedSpace {
    allotted: Option<i64>,
    overcommit_percent: Option<i64>,
}

impl CheckedSpace {
    pub fn of(input: &SpaceSet) -> Result<Self, Error> {
        let mut checks = Checks::of::<SpaceSet>();
        let allotted = match input.allotted_bytes {
            None => {
                checks.add("allotted_bytes", Code::Required, "Give a number of bytes, or null for nothing of its own.");
                None
            }
            Some(bytes) => bytes.and_then(|bytes| checks.number("allotted_bytes", bytes)),
        };
        let overcommit_percent = input.overcommit.and_then(|times| checks.take("overcommit", percent(times)));
        checks.finish()?;
        Ok(Self { allotted, overcommit_percent })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 1000 by then")]
fn percent(times: f64) -> Result<i64, (Code, String)> {
    if !(1.0..=10.0).contains(&times) {
        return Err((Code::OutOfRange, "Must be from 1 to 10.".to_owned()));
    }
    let percent = (times * 100.0).round();
    if (percent - times * 100.0).abs() > 1e-6 {
        return Err((Code::Invalid, "Has at most two decimals.".to_owned()));
    }
    Ok(percent as i64)
}

/// A node's budget as it is stored, and with what is not stored yet.
#[derive(Clone, Copy, Debug)]
struct Both {
    stored: Budget,
    live: Budget,
}

/// The nodes on a path, from the root down.
struct Chain(Vec<(String, Both)>);

impl Chain {
    fn of(path: &Path, mut found: impl FnMut(&str) -> Option<Budget>, overlay: &Overlay) -> Self {
        let nodes = path.ids().filter_map(|id| {
            let stored = found(id)?;
            Some((id.to_owned(), Both { stored, live: overlay.of_id(id).budget(stored) }))
        });
        Self(nodes.collect())
    }

    /// To look at.
    async fn read(cx: &mut Cx, path: &Path) -> Result<Self, Error> {
        let overlay = cx.overlay().await?;
        let ids: Vec<&str> = path.ids().collect();
        let rows = sql::budgets(cx, &ids).await?;
        let find = |id: &str| rows.iter().find(|(row, _)| row == id).map(|(_, budget)| *budget);
        Ok(Self::of(path, find, &overlay))
    }

    /// To decide by: nobody else changes it until the transaction ends.
    async fn lock(tx: &mut Tx, path: &Path) -> Result<(Self, Overlay), Error> {
        let ids: Vec<&str> = path.ids().collect();
        let rows = base::totals::space_of(tx, &ids).await?;
        // Only now: what the gateway stores from here on waits for this transaction.
        let overlay = tx.fresh_overlay().await?;
        let chain = Self::of(path, |id| rows.get(id).copied(), &overlay);
        Ok((chain, overlay))
    }

    fn pop(&mut self) -> Result<Both, Error> {
        self.0.pop().map(|(_, both)| both).ok_or_else(Error::not_found)
    }

    fn budgets(&self) -> impl DoubleEndedIterator<Item = Budget> {
        self.0.iter().map(|(_, both)| both.live)
    }

    /// The nearest with space of its own.
    fn nearest(&self) -> Option<(&str, Budget)> {
        let pool = self.0.iter().rev().find(|(_, both)| both.live.allotted.is_some());
        pool.map(|(id, both)| (id.as_str(), both.live))
    }
}

/// A customer's space.
pub async fn show(cx: &mut Cx, id: &CustomerId) -> Result<SpaceState, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, id, Permission::ReadCustomers).await?;
    let mut chain = Chain::read(cx, &row.path).await?;
    let budget = chain.pop()?.live;
    let action = action(&account, Permission::AllotSpace, &row.path);
    state(cx, &account, (row.version, &row.path), &chain, budget, action).await
}

/// A device's space.
pub async fn show_device(cx: &mut Cx, id: &DeviceId) -> Result<SpaceState, Error> {
    let account = cx.account()?;
    let (row, ..) = devices::fetch(cx, &account, id, Permission::ReadDevices).await?;
    let chain = Chain::read(cx, &row.path).await?;
    let unsaved = cx.overlay().await?.of_id(id.as_str());
    let held = sql::of_devices(cx, &[id.as_str()]).await?;
    let (_, allotted, used) = held.into_iter().next().ok_or_else(Error::not_found)?;
    let action = action(&account, Permission::EditDevices, &row.path);
    let budget = device_budget(allotted, unsaved.used_bytes(used));
    state(cx, &account, (row.version, &row.path), &chain, budget, action).await
}

/// A device's budget: nothing stands below it.
pub(crate) fn device_budget(allotted: Option<i64>, used: i64) -> Budget {
    Budget { allotted, overcommit_percent: 100, used, handed: 0, drawn: used }
}

fn action(account: &Account, permission: Permission, path: &Path) -> Action {
    match account.refusal(permission, path) {
        Some(reason) => Action::refused("set_space", Code::Forbidden, reason),
        None => Action::allowed("set_space"),
    }
}

/// `chain`: what stands above.
async fn state(
    cx: &mut Cx,
    account: &Account,
    (version, path): (i64, &Path),
    chain: &Chain,
    budget: Budget,
    action: Action,
) -> Result<SpaceState, Error> {
    // What stands above the caller is told to nobody, not even in numbers.
    let seen = path.seen_from(&account.path);
    let pool = chain.nearest().filter(|(id, _)| seen.ids().any(|seen| seen == *id));
    let mut above = None;
    if let Some((id, pool)) = pool {
        let lineage = Lineage::of(cx, std::iter::once(path)).await?;
        above = lineage.get(id).map(|node| SpaceAbove {
            id: node.id.clone(),
            level: node.level,
            company_name: node.company_name.clone(),
            space: pool.into(),
        });
    }
    let most_bytes =
        pool.and_then(|(_, pool)| pool.free()).map(|free| free.max(0).saturating_add(budget.demand().total()));
    Ok(SpaceState { version, space: Space::from(budget), above, most_bytes, actions: vec![action] })
}

/// Gives a customer space of its own, other space, or none.
pub async fn set(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    input: CheckedSpace,
) -> Result<SpaceState, Error> {
    let account = tx.account()?;
    let row = customers::fetch(tx, &account, id, Permission::AllotSpace).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let (mut chain, _) = Chain::lock(tx, &row.path).await?;
    let Both { stored, live: budget } = chain.pop()?;
    let percent = input.overcommit_percent.unwrap_or(budget.overcommit_percent).max(100);
    let mut version = row.version;
    let after = Budget { allotted: input.allotted, overcommit_percent: percent, ..budget };
    if after != budget {
        if let Err(refused) = budgets::allot(chain.budgets(), &budget, input.allotted, percent) {
            let takers = sql::largest_below(tx, id).await?;
            return Err(refusal(&account, &chain, &row.path, refused, &takers, tx).await?);
        }
        base::totals::allot(tx, id.as_str(), input.allotted, percent).await?;
        if !sql::touch(tx, "customers", id.as_str(), version).await? {
            return Err(stale());
        }
        version += 1;
        if let Some(parent) = row.path.parent() {
            take(tx, &parent, stored, input.allotted);
        }
        let entry = Entry::new(ChangeAction::CustomerSpaceSet, customers::subject(&row));
        tx.record(entry.before(logged(&budget)).after(logged(&after)));
    }
    taken(&mut chain, budget, after);
    let action = action(&account, Permission::AllotSpace, &row.path);
    state(tx, &account, (version, &row.path), &chain, after, action).await
}

/// Gives a customer so many bytes more, or takes them, whoever asks: they come with what it was sold. Where nothing is left of
/// its own, it draws on the nearest above again. `spares`: of what is taken, what it uses or has handed on stays.
pub(crate) async fn give(tx: &mut Tx, id: &CustomerId, bytes: i64, spares: bool) -> Result<(), Error> {
    let row = customers::sql::find_anywhere(tx, id).await?.ok_or_else(Error::not_found)?;
    let (mut chain, _) = Chain::lock(tx, &row.path).await?;
    let Both { stored, live: budget } = chain.pop()?;
    let has = budget.allotted.unwrap_or_default();
    let least = if spares { has.min(budget.used.max(budget.committed())) } else { 0 };
    let allotted = Some(has.saturating_add(bytes).max(least)).filter(|bytes| *bytes > 0);
    let percent = budget.overcommit_percent.max(100);
    let after = Budget { allotted, overcommit_percent: percent, ..budget };
    if after == budget {
        return Ok(());
    }
    if let Err(refused) = budgets::allot(chain.budgets(), &budget, allotted, percent) {
        let account = tx.account()?;
        let takers = sql::largest_below(tx, id).await?;
        return Err(refusal(&account, &chain, &row.path, refused, &takers, tx).await?);
    }
    base::totals::allot(tx, id.as_str(), allotted, percent).await?;
    if !sql::touch(tx, "customers", id.as_str(), row.version).await? {
        return Err(stale());
    }
    if let Some(parent) = row.path.parent() {
        take(tx, &parent, stored, allotted);
    }
    let entry = Entry::new(ChangeAction::CustomerSpaceSet, customers::subject(&row));
    tx.record(entry.before(logged(&budget)).after(logged(&after)));
    // What comes next in this command has to fit in what is left.
    tx.settle_totals().await
}

/// The same for a device.
pub async fn set_device(
    tx: &mut Tx,
    id: &DeviceId,
    expected: Option<IfMatch>,
    input: CheckedSpace,
) -> Result<SpaceState, Error> {
    let account = tx.account()?;
    let (row, ..) = devices::fetch(tx, &account, id, Permission::EditDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    if input.overcommit_percent.is_some() {
        let detail = "A device hands on nothing; leave it out.";
        return Err(Error::field("overcommit", Code::Invalid, detail));
    }
    // The device's row before totals, in the order in which the gateway's counters are stored.
    let (allotted, used) = sql::lock_device(tx, id).await?;
    let (mut chain, overlay) = Chain::lock(tx, &row.path).await?;
    let budget = device_budget(allotted, overlay.of_id(id.as_str()).used_bytes(used));
    let mut version = row.version;
    let after = Budget { allotted: input.allotted, ..budget };
    if after != budget {
        if let Err(refused) = budgets::allot(chain.budgets(), &budget, input.allotted, 100) {
            return Err(refusal(&account, &chain, &row.path, refused, &[], tx).await?);
        }
        sql::allot_device(tx, id, input.allotted).await?;
        if !sql::touch(tx, "devices", id.as_str(), version).await? {
            return Err(stale());
        }
        version += 1;
        take(tx, &row.path, device_budget(allotted, used), input.allotted);
        let entry = Entry::new(ChangeAction::DeviceSpaceSet, devices::subject(&row));
        tx.record(
            entry.before(json!({ "allotted_bytes": allotted })).after(json!({ "allotted_bytes": input.allotted })),
        );
    }
    taken(&mut chain, budget, after);
    let action = action(&account, Permission::EditDevices, &row.path);
    state(tx, &account, (version, &row.path), &chain, after, action).await
}

/// What a customer takes of those above it, as it is stored: it goes along when the customer is moved. The caller has locked
/// its totals.
pub(crate) async fn taken_by(tx: &mut Tx, id: &CustomerId) -> Result<Demand, Error> {
    let rows = base::totals::space_of(tx, &[id.as_str()]).await?;
    Ok(rows.get(id.as_str()).copied().unwrap_or_default().demand())
}

/// Why space keeps a customer from standing below `parent`: the nearest pool there hasn't got what would be taken of it.
pub(crate) async fn blocks_move(
    tx: &mut Tx,
    row: &customers::sql::CustomerRow,
    parent: &Path,
) -> Result<Option<(Code, String)>, Error> {
    let mut former = Chain::read(tx, &row.path).await?;
    let taken = former.pop()?.live.demand().total();
    blocks(tx, taken, &former, parent).await
}

/// The same of a device that is to stand below `parent`.
pub(crate) async fn blocks_device(
    tx: &mut Tx,
    row: &devices::sql::DeviceRow,
    parent: &Path,
) -> Result<Option<(Code, String)>, Error> {
    let former = Chain::read(tx, &row.path).await?;
    let (allotted, stored) = sql::lock_device(tx, &row.id).await?;
    let used = tx.overlay().await?.of_id(row.id.as_str()).used_bytes(stored);
    blocks(tx, allotted.unwrap_or(used), &former, parent).await
}

async fn blocks(tx: &mut Tx, taken: i64, former: &Chain, parent: &Path) -> Result<Option<(Code, String)>, Error> {
    let chain = Chain::read(tx, parent).await?;
    let Some((id, pool)) = chain.nearest() else { return Ok(None) };
    // Within one pool nothing more is taken.
    if former.nearest().is_some_and(|(known, _)| known == id) {
        return Ok(None);
    }
    let free = pool.free().unwrap_or(i64::MAX).max(0);
    Ok((taken > free).then(|| {
        let detail = format!("It takes {taken} bytes of space with it, and at its new place {free} are free.");
        (Code::AllotmentExceeded, detail)
    }))
}

/// Tells the nodes from `parent` up to the nearest pool what more is taken of them. What is used and not stored is not
/// among it: whoever stores it finds the pools as they are by then.
fn take(tx: &mut Tx, parent: &Path, stored: Budget, allotted: Option<i64>) {
    let more = Budget { allotted, ..stored }.demand().since(stored.demand());
    // Drawn without being used: what is drawn is what is used and not apart.
    let change = Totals { handed_bytes: more.handed, apart_bytes: -more.drawn, ..Totals::default() };
    tx.add_to_totals(parent, change);
}

/// The chain as it will be when the transaction has ended.
fn taken(chain: &mut Chain, before: Budget, after: Budget) {
    let more = after.demand().since(before.demand());
    for (_, Both { live: budget, .. }) in chain.0.iter_mut().rev() {
        budget.handed += more.handed;
        budget.drawn += more.drawn;
        if budget.allotted.is_some() {
            break;
        }
    }
}

fn logged(budget: &Budget) -> serde_json::Value {
    json!({ "allotted_bytes": budget.allotted, "overcommit_percent": budget.overcommit_percent.max(100) })
}

/// Says what stands in the way, and by whom, as far as the caller may know.
async fn refusal(
    account: &Account,
    chain: &Chain,
    path: &Path,
    refused: Refused,
    takers: &[(String, Option<i64>, i64)],
    cx: &mut Cx,
) -> Result<Error, Error> {
    let (code, detail) = match refused {
        Refused::BelowCommitted { used, handed, drawn } => {
            let mut detail = format!(
                "{} are used, {} were handed on and {} are drawn beside that; it cannot hold less.",
                size(used),
                size(handed),
                size(drawn)
            );
            let list: Vec<String> = takers
                .iter()
                .map(|(name, allotted, used)| match allotted {
                    Some(held) => format!("{name} holds {}", size(*held)),
                    None => format!("{name} takes {}", size(*used)),
                })
                .collect();
            if !list.is_empty() {
                detail = format!("{detail} Most is taken by: {}.", list.join(", "));
            }
            (Code::BelowCommitted, detail)
        }
        Refused::BeyondPool { most } => {
            let seen = path.seen_from(&account.path);
            let pool = chain.nearest().map(|(id, _)| id).filter(|id| seen.ids().any(|seen| seen == *id));
            let lineage = Lineage::of(cx, std::iter::once(path)).await?;
            let detail = match pool.and_then(|id| lineage.get(id)) {
                Some(node) => format!("{} has no more than {} for this.", node.company_name, size(most)),
                // How much there is above is none of the caller's business.
                None => "There is not so much left to be allotted. Ask whoever looks after you for more.".to_owned(),
            };
            (Code::AllotmentExceeded, detail)
        }
    };
    let mut error = Error::new(code, detail.clone());
    error.fields = vec![FieldError::new("allotted_bytes", code, detail)];
    Ok(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overcommitment_is_told_in_hundredths() {
        assert_eq!([1.0, 1.2, 1.15, 10.0].map(|times| percent(times).unwrap()), [100, 120, 115, 1000]);
        for wrong in [0.99, 10.01, -1.0, f64::NAN, f64::INFINITY, 1.234] {
            assert!(percent(wrong).is_err(), "{wrong}");
        }
    }
}
