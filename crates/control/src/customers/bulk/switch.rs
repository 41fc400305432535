//! Suspending and activating many.

use std::collections::BTreeMap;

use api::customer::SuspendRequest;
use api::task::Outcome;
use api::{Error, Level, Mode};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::fetch;
use super::super::sql::{CustomerRow, TotalsRow};
use super::super::switch::{self, OwnSuspension};
use super::{Customers, Seen, id_of, judged, verdict};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read};

/// What is remembered of a customer's own state, to bring it back.
#[derive(Debug, Serialize, Deserialize)]
struct StateBefore {
    /// After the change: another one means that somebody has changed it since.
    version: i64,
    suspension: Option<OwnSuspension>,
}

async fn restore_state(tx: &mut Tx, id: &str, undo: &Value) -> Result<Done, Error> {
    let before: StateBefore = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
    let account = tx.account()?;
    let row = fetch(tx, &account, &id_of(id), Permission::SwitchCustomers).await?;
    if row.version != before.version {
        return Err(changed_since());
    }
    switch::set(tx, &account, &row, before.suspension).await?;
    Ok(Done::Changed(None))
}

async fn switch_one(tx: &mut Tx, row: &CustomerRow, suspension: Option<OwnSuspension>) -> Result<Done, Error> {
    let account = tx.account()?;
    let before = OwnSuspension::of(row);
    let changed = switch::set(tx, &account, row, suspension).await?;
    let undo = StateBefore { version: changed.version, suspension: before };
    Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
}

/// What is stopped, or starts again, in sum: counted once where one of the selection lies below another.
async fn effects_of_switch(
    cx: &mut Cx,
    account: &Account,
    changing: &[Seen],
    to: Option<Mode>,
) -> Result<BTreeMap<String, i64>, Error> {
    let rows: Vec<(&CustomerRow, &TotalsRow)> = changing.iter().map(|seen| (&seen.row, &seen.totals)).collect();
    let since = cx.now.checked_sub(48.hours()).unwrap_or(cx.now).as_microsecond();
    let sum = switch::consequences_of_many(cx, &account.path, &rows, to, since).await?;
    Ok(BTreeMap::from([
        ("customers".to_owned(), sum.customers),
        ("devices".to_owned(), sum.devices),
        ("devices_with_recent_backup".to_owned(), sum.devices_with_recent_backup),
    ]))
}

pub(super) struct Suspend;

impl Action for Suspend {
    fn noun(&self) -> &'static dyn Noun {
        &Customers
    }

    fn word(&self) -> &'static str {
        "suspend"
    }

    fn permission(&self) -> Permission {
        Permission::SwitchCustomers
    }

    fn title(&self, which: &str) -> String {
        format!("Suspend {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let input: SuspendRequest = read(input)?;
        switch::checked(&input)?;
        serde_json::to_value(input).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let input: SuspendRequest = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let (mut foreseen, changing) = judged(cx, account, ids, self.permission(), |seen| {
                let action = if seen.row.suspend_mode.is_some() { "change_suspension" } else { "suspend" };
                told(seen, Some(input.mode), verdict(seen, action, seen.row.suspend_mode == Some(input.mode)))
            })
            .await?;
            foreseen.effects = effects_of_switch(cx, account, &changing, Some(input.mode)).await?;
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: SuspendRequest = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let row = fetch(tx, &account, &id_of(id), Permission::SwitchCustomers).await?;
            switch::refuse_provider(&row)?;
            // One that is suspended in this mode keeps its reason: it was given for it alone.
            if row.suspend_mode == Some(input.mode) {
                return Ok(Done::Unchanged);
            }
            let suspension = switch::suspension(tx, &account, &row, &input)?;
            switch_one(tx, &row, Some(suspension)).await
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(restore_state(tx, id, undo))
    }

    fn is_reversible(&self) -> bool {
        true
    }
}

/// The same with what would change on it.
fn told(
    seen: &Seen,
    after: Option<Mode>,
    verdict: (Outcome, Option<(String, String)>),
) -> (Outcome, Option<(String, String)>) {
    let word = |mode: Option<Mode>| match mode {
        None => "active",
        Some(Mode::StopBackups) => "backups stopped",
        Some(Mode::FullStop) => "everything stopped",
    };
    match verdict {
        (Outcome::Done, None) => {
            let change = format!("{} → {}", word(seen.row.suspend_mode), word(after));
            (Outcome::Done, Some((String::new(), change)))
        }
        verdict => verdict,
    }
}

pub(super) struct Activate;

impl Action for Activate {
    fn noun(&self) -> &'static dyn Noun {
        &Customers
    }

    fn word(&self) -> &'static str {
        "activate"
    }

    fn permission(&self) -> Permission {
        Permission::SwitchCustomers
    }

    fn title(&self, which: &str) -> String {
        format!("Activate {which}")
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let (mut foreseen, changing) = judged(cx, account, ids, self.permission(), |seen| {
                let is_provider = seen.row.level == Level::Provider;
                told(seen, None, verdict(seen, "activate", seen.row.suspend_mode.is_none() && !is_provider))
            })
            .await?;
            foreseen.effects = effects_of_switch(cx, account, &changing, None).await?;
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let account = tx.account()?;
            let row = fetch(tx, &account, &id_of(id), Permission::SwitchCustomers).await?;
            switch::refuse_provider(&row)?;
            if row.suspend_mode.is_none() {
                return Ok(Done::Unchanged);
            }
            switch_one(tx, &row, None).await
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(restore_state(tx, id, undo))
    }

    fn is_reversible(&self) -> bool {
        true
    }
}
