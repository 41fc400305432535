//! What can be done to many devices.

use std::collections::HashMap;

use api::device::{DeviceStatus, DeviceSuspend, HowDeviceDeleted};
use api::id::DeviceId;
use api::page::{ListQuery, Page};
use api::task::Outcome;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sql::{self, DeviceRow};
use super::switch::{self, OwnSuspension};
use super::{NOUN, actions, admit, fetch, has_backups};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read, row, unknown};
use crate::settings::bulk::{InheritSetting, Owners, SetSetting};

pub(crate) const ACTIONS: &[&dyn Action] =
    &[&Approve, &Suspend, &Activate, &Delete, &SetSetting(Owners::Devices), &InheritSetting(Owners::Devices)];

/// The devices of a list.
pub(crate) struct Devices;

impl Noun for Devices {
    fn name(&self) -> &'static str {
        "devices"
    }

    fn counted(&self, count: usize) -> String {
        if count == 1 { "1 device".to_owned() } else { format!("{count} devices") }
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(async move {
            let account = cx.account()?;
            account.authorize(Permission::ReadDevices, &account.path)?;
            let found = base::list::find(cx, &account, query, &NOUN).await?;
            Ok(base::list::page(found.ids().to_vec(), found.next, found.total))
        })
    }
}

/// A preview in which each device is judged by what may be done with it.
async fn judged(
    cx: &mut Cx,
    account: &Account,
    ids: &[String],
    action: impl Fn(&DeviceRow) -> &'static str,
    is_so_already: impl Fn(&DeviceRow) -> bool,
) -> Result<Foreseen, Error> {
    let overlay = cx.overlay().await?;
    let mut seen = HashMap::with_capacity(ids.len());
    for some in ids.chunks(db::AT_ONCE) {
        let rows = sql::with_these_ids(cx, some).await?;
        let rows = rows.into_iter().filter(|(row, ..)| account.sees(&row.path));
        seen.extend(rows.map(|(row, repository, _)| (row.id.to_string(), (row, repository))));
    }
    let mut foreseen = Foreseen::default();
    for id in ids {
        let Some((device, repository)) = seen.remove(id) else {
            foreseen.rows.push(unknown(id));
            continue;
        };
        let wanted = action(&device);
        let unsaved = overlay.of_id(device.id.as_str());
        let known = actions(account, &device, has_backups(&repository, &unsaved))
            .into_iter()
            .find(|known| known.name == wanted);
        let (outcome, why) = match known {
            _ if is_so_already(&device) => (Outcome::Unchanged, None),
            Some(known) if known.allowed => (Outcome::Done, None),
            Some(known) => (Outcome::Refused, Some((known.code.unwrap_or_default(), known.reason.unwrap_or_default()))),
            None => {
                let why = (Code::Forbidden.as_str().to_owned(), "This cannot be done to it.".to_owned());
                (Outcome::Refused, Some(why))
            }
        };
        if outcome == Outcome::Done {
            *foreseen.effects.entry("devices".to_owned()).or_default() += 1;
        }
        foreseen.rows.push(row(id, Some(device.name), outcome, why));
    }
    Ok(foreseen)
}

struct Approve;

impl Action for Approve {
    fn noun(&self) -> &'static dyn Noun {
        &Devices
    }

    fn word(&self) -> &'static str {
        "approve"
    }

    fn permission(&self) -> Permission {
        Permission::ManageDevices
    }

    fn title(&self, which: &str) -> String {
        format!("Approve {which}")
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        let is_in = |row: &DeviceRow| row.status != DeviceStatus::PendingApproval;
        Box::pin(judged(cx, account, ids, |_| "approve", is_in))
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let account = tx.account()?;
            let (row, ..) = fetch(tx, &account, &DeviceId::from_text(id), self.permission()).await?;
            let version = row.version;
            let row = admit::let_in(tx, row).await?;
            Ok(if row.version == version { Done::Unchanged } else { Done::Changed(None) })
        })
    }
}

struct Delete;

impl Action for Delete {
    fn noun(&self) -> &'static dyn Noun {
        &Devices
    }

    fn word(&self) -> &'static str {
        "delete"
    }

    fn permission(&self) -> Permission {
        Permission::ManageDevices
    }

    fn title(&self, which: &str) -> String {
        format!("Delete {which}")
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(judged(cx, account, ids, |_| "delete", |_| false))
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            super::delete(tx, &DeviceId::from_text(id), None, HowDeviceDeleted::default()).await?;
            Ok(Done::Changed(None))
        })
    }
}

/// What is remembered of a device's own state, to bring it back.
#[derive(Debug, Serialize, Deserialize)]
struct StateBefore {
    before: Option<OwnSuspension>,
    /// As it was left: another one means that somebody has changed it since.
    left: Option<OwnSuspension>,
}

async fn switch_one(
    tx: &mut Tx,
    account: &Account,
    row: &DeviceRow,
    suspension: Option<OwnSuspension>,
) -> Result<Done, Error> {
    let changed = switch::set(tx, account, row, suspension).await?;
    let undo = StateBefore { before: OwnSuspension::of(row), left: OwnSuspension::of(&changed) };
    Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
}

async fn restore_state(tx: &mut Tx, id: &str, undo: &Value) -> Result<Done, Error> {
    let undo: StateBefore = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
    let account = tx.account()?;
    let (row, ..) = fetch(tx, &account, &DeviceId::from_text(id), Permission::ManageDevices).await?;
    if OwnSuspension::of(&row) != undo.left {
        return Err(changed_since());
    }
    switch::set(tx, &account, &row, undo.before).await?;
    Ok(Done::Changed(None))
}

struct Suspend;

impl Action for Suspend {
    fn noun(&self) -> &'static dyn Noun {
        &Devices
    }

    fn word(&self) -> &'static str {
        "suspend"
    }

    fn permission(&self) -> Permission {
        Permission::ManageDevices
    }

    fn title(&self, which: &str) -> String {
        format!("Suspend {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let input: DeviceSuspend = read(input)?;
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
            let input: DeviceSuspend = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let action = |row: &DeviceRow| if row.suspend_mode.is_some() { "change_suspension" } else { "suspend" };
            judged(cx, account, ids, action, |row| row.suspend_mode == Some(input.mode)).await
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: DeviceSuspend = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let (row, ..) = fetch(tx, &account, &DeviceId::from_text(id), self.permission()).await?;
            // One that is suspended in this mode keeps its reason: it was given for it alone.
            if row.suspend_mode == Some(input.mode) {
                return Ok(Done::Unchanged);
            }
            let suspension = switch::suspension(tx, &account, &row, &input)?;
            switch_one(tx, &account, &row, Some(suspension)).await
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(restore_state(tx, id, undo))
    }

    fn is_reversible(&self) -> bool {
        true
    }
}

struct Activate;

impl Action for Activate {
    fn noun(&self) -> &'static dyn Noun {
        &Devices
    }

    fn word(&self) -> &'static str {
        "activate"
    }

    fn permission(&self) -> Permission {
        Permission::ManageDevices
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
        Box::pin(judged(cx, account, ids, |_| "activate", |row| row.suspend_mode.is_none()))
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let account = tx.account()?;
            let (row, ..) = fetch(tx, &account, &DeviceId::from_text(id), self.permission()).await?;
            if row.suspend_mode.is_none() {
                return Ok(Done::Unchanged);
            }
            switch_one(tx, &account, &row, None).await
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(restore_state(tx, id, undo))
    }

    fn is_reversible(&self) -> bool {
        true
    }
}
