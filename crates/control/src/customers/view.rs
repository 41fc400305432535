//! Customers as a caller sees them: effective state, what may be done, and nothing of what stands above the caller.

use std::collections::HashMap;

use api::customer::{Customer, CustomerTotals, Profile, Stage};
use api::event::Attention;
use api::setting::OwnSwitches;
use api::template::AssignedTemplate;
use api::units::{Action, Time};
use api::{Code, Error, Level};

use super::sql::{CustomerRow, TotalsRow};
use super::{above, kinds};
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::lineage::Lineage;
use base::overlay::Overlay;
use base::totals::used_percent;
use tree::Path;

/// Makes wire customers of rows that the account sees.
pub async fn customers(
    cx: &mut Cx,
    account: &Account,
    rows: Vec<(CustomerRow, TotalsRow)>,
) -> Result<Vec<Customer>, Error> {
    let lineage = Lineage::of(cx, rows.iter().map(|(row, _)| &row.path)).await?;
    let overlay = cx.overlay().await?;
    let lacks = |(row, totals): &(CustomerRow, TotalsRow)| {
        let unsaved = overlay.of_id(row.id.as_str());
        row.level.holds_devices() && unsaved.devices_without_backup(totals.devices_without_backup) > 0
    };
    let lacking: Vec<&Path> = rows.iter().filter(|line| lacks(line)).map(|(row, _)| &row.path).collect();
    let overdue = crate::backups::overdue(cx, &lineage, &lacking, &overlay).await?;
    let own = crate::settings::switches(cx, rows.iter().map(|(row, _)| row.id.as_str())).await?;
    let mut templates = templates_of(cx, account, &rows).await?;
    let managed = super::sql::managed_here(cx, rows.iter().map(|(row, _)| row.id.as_str())).await?;
    let worst =
        crate::events::worst(cx, account, rows.iter().map(|(row, totals)| (&row.path, totals.attention))).await?;
    let now = cx.now.as_microsecond();
    let seen = |(row, totals): (CustomerRow, TotalsRow)| {
        let worst = worst.get(row.id.as_str()).copied();
        let own = own.get(row.id.as_str()).copied().unwrap_or_default();
        let backup_overdue = row.level.holds_devices().then(|| overdue.contains(row.id.as_str()));
        let template = templates.remove(row.id.as_str());
        let managed_here = managed.contains(row.id.as_str());
        let customer = customer(&lineage, account, row, totals, own, (&overlay, now));
        let attention = customer.attention.map(|attention| Attention { worst, ..attention });
        Customer { template, managed_here, backup_overdue, attention, ..customer }
    };
    Ok(rows.into_iter().map(seen).collect())
}

/// The customers as files have them, with the names on their paths as far as the account sees them.
pub async fn lines(
    cx: &mut Cx,
    account: &Account,
    rows: Vec<(CustomerRow, TotalsRow)>,
) -> Result<Vec<(Customer, Vec<String>)>, Error> {
    let lineage = Lineage::of(cx, rows.iter().map(|(row, _)| &row.path)).await?;
    let (overlay, now) = (cx.overlay().await?, cx.now.as_microsecond());
    let own = crate::settings::switches(cx, rows.iter().map(|(row, _)| row.id.as_str())).await?;
    let mut templates = templates_of(cx, account, &rows).await?;
    let managed = super::sql::managed_here(cx, rows.iter().map(|(row, _)| row.id.as_str())).await?;
    let line = |(row, totals): (CustomerRow, TotalsRow)| {
        let names = lineage.names(&row.path, account);
        let own = own.get(row.id.as_str()).copied().unwrap_or_default();
        let template = templates.remove(row.id.as_str());
        let managed_here = managed.contains(row.id.as_str());
        (Customer { template, managed_here, ..customer(&lineage, account, row, totals, own, (&overlay, now)) }, names)
    };
    Ok(rows.into_iter().map(line).collect())
}

async fn templates_of(
    cx: &mut Cx,
    account: &Account,
    rows: &[(CustomerRow, TotalsRow)],
) -> Result<HashMap<String, AssignedTemplate>, Error> {
    let ids: Vec<&str> = rows.iter().map(|(row, _)| row.id.as_str()).collect();
    crate::templates::seen(cx, account, &ids).await
}

/// Makes the wire customer of one row.
pub async fn one(cx: &mut Cx, account: &Account, row: CustomerRow) -> Result<Customer, Error> {
    let totals = super::sql::totals(cx, &row.id).await?;
    with_totals(cx, account, row, totals).await
}

/// The same where the totals are known.
pub async fn with_totals(
    cx: &mut Cx,
    account: &Account,
    row: CustomerRow,
    totals: TotalsRow,
) -> Result<Customer, Error> {
    let lineage = Lineage::of(cx, std::iter::once(&row.path)).await?;
    let overlay = cx.overlay().await?;
    let mut above = lineage.ancestors(&row.path, account);
    above.pop();
    let place = (&row.path, row.level);
    let counted = (totals.devices, totals.last_backup_at);
    let backup_state = crate::backups::of_customer(cx, account, &lineage, place, counted, &overlay).await?;
    let own = crate::settings::switches(cx, std::iter::once(row.id.as_str())).await?;
    let own = own.get(row.id.as_str()).copied().unwrap_or_default();
    let template = crate::templates::seen(cx, account, &[row.id.as_str()]).await?.remove(row.id.as_str());
    let managed_here = !super::sql::managed_here(cx, std::iter::once(row.id.as_str())).await?.is_empty();
    let worst = crate::events::worst(cx, account, std::iter::once((&row.path, totals.attention))).await?;
    let worst = worst.get(row.id.as_str()).copied();
    let customer = customer(&lineage, account, row, totals, own, (&overlay, cx.now.as_microsecond()));
    let attention = customer.attention.map(|attention| Attention { worst, ..attention });
    Ok(Customer { ancestors: Some(above), backup_state, template, managed_here, attention, ..customer })
}

fn customer(
    lineage: &Lineage,
    account: &Account,
    row: CustomerRow,
    totals: TotalsRow,
    own_settings: OwnSwitches,
    (overlay, now): (&Overlay, i64),
) -> Customer {
    // At its end it is over, whoever comes to write that down.
    let row = super::trial::at(row, now);
    let is_on_trial = match row.level {
        Level::Site => super::trial::holds_above(lineage, &row, now),
        _ => row.trial_ends_at.is_some(),
    };
    let unsaved = overlay.of_id(row.id.as_str());
    let is_below = account.path.is_above(&row.path);
    let parent = row.parent_id.as_ref().filter(|_| is_below);
    let suspension = above::suspension(account, &row);
    let looks_after = above::looks_after(account, &row.path);
    Customer {
        version: row.version,
        parent_id: parent.cloned(),
        parent_name: parent.and_then(|id| lineage.get(id.as_str())).map(|node| node.company_name.clone()),
        path: row.path.seen_from(&account.path).to_string(),
        ancestors: None,
        level: row.level,
        account_state: row.account_state(),
        suspension,
        deletion: super::deletion::seen(account, &row),
        service_type: row.service_type,
        offered_service_types: row.offered_service_types.types().to_vec(),
        stage: if is_on_trial { Stage::Trial } else { Stage::Production },
        trial_ends_at: row.trial_ends_at.map(Time::from_micros),
        production_since: row.production_since.map(Time::from_micros),
        effective_state: lineage.effective_state(&row.path, account),
        web_access: row.has_web_access(),
        last_backup_at: unsaved.last_backup_at(totals.last_backup_at).map(Time::from_micros),
        last_refused_at: totals.last_refused_at.map(Time::from_micros),
        backup_state: None,
        backup_overdue: None,
        actions: actions(lineage, account, &row),
        totals: CustomerTotals {
            customers: totals.customers,
            sites: totals.sites,
            devices: totals.devices,
            devices_pending: totals.devices_pending,
            devices_without_backup: unsaved.devices_without_backup(totals.devices_without_backup),
            used_bytes: unsaved.used_bytes(totals.used_bytes),
            allotted_bytes: totals.allotted_bytes,
            used_percent: used_percent(totals.used_bytes, totals.allotted_bytes),
        },
        attention: account.permissions.has(Permission::ReadEvents).then(|| crate::events::counted(totals.attention)),
        profile: Profile { notes: row.profile.notes.filter(|_| looks_after), ..row.profile },
        own_settings,
        template: None,
        managed_here: false,
        created_at: Time::from_micros(row.created_at),
        id: row.id,
        name: row.name,
        username: row.username,
        company_name: row.company_name,
        email: row.email,
        kind: row.kind,
        country: row.country,
        storage_location_id: row.storage_location_id,
        max_devices: row.max_devices,
        devices_left: totals.devices_left,
        is_default: row.is_default,
        then: None,
        site: None,
    }
}

pub(super) fn actions(lineage: &Lineage, account: &Account, row: &CustomerRow) -> Vec<Action> {
    let effective = lineage.effective(&row.path);
    let mut actions = Vec::with_capacity(12);
    let mut add = |name: &str, permission: Permission, blocked: Option<(Code, &str)>| {
        actions.push(match (account.refusal(permission, &row.path), blocked) {
            (Some(reason), _) => Action::refused(name, Code::Forbidden, reason),
            (None, Some((code, reason))) => Action::refused(name, code, reason),
            (None, None) => Action::allowed(name),
        });
    };
    let suspended = (!effective.is_active())
        .then_some((Code::ParentSuspended, "Nothing can be added while the customer is suspended."));
    add("edit", Permission::EditCustomers, None);
    if row.level != Level::Provider {
        if row.suspend_mode.is_none() {
            add("suspend", Permission::SwitchCustomers, None);
        } else {
            let kept = above::keeps_suspended(account, row).map(|reason| (Code::Forbidden, reason));
            add("change_suspension", Permission::SwitchCustomers, kept);
            add("activate", Permission::SwitchCustomers, kept);
        }
        let deleting = (
            Code::DeletionScheduled,
            "What stands above it is to be deleted already, and it goes along or comes back with that.",
        );
        let is_below_deleted = lineage.is_below_deleted(&row.path);
        if row.deletes_at.is_some() {
            let kept = above::keeps_deleted(account, row).map(|reason| (Code::Forbidden, reason));
            add("restore", Permission::DeleteCustomers, kept.or(is_below_deleted.then_some(deleting)));
        } else {
            let blocked = if row.is_default {
                Some((Code::DefaultProtected, "Every installation keeps its default reseller and default customer."))
            } else {
                kinds::Task::Deletion.refusal(row.kind).or(is_below_deleted.then_some(deleting))
            };
            add("delete", Permission::DeleteCustomers, blocked);
        }
        if row.level != Level::Site {
            let blocked = row.is_default.then_some((
                Code::DefaultProtected,
                "Every installation keeps its default reseller and default customer where they are.",
            ));
            let is_deleted = row.deletes_at.is_some() || is_below_deleted;
            let blocked = blocked.or(is_deleted.then_some((Code::DeletionScheduled, "It is to be deleted.")));
            add("move", Permission::MoveCustomers, blocked);
        }
        if row.trial_ends_at.is_some() {
            add("end_trial", Permission::SwitchCustomers, None);
        }
    }
    match row.level {
        Level::Site => {}
        Level::EndCustomer => add("add_site", Permission::CreateCustomers, suspended),
        Level::Provider | Level::Distributor | Level::SubDistributor | Level::Reseller => {
            add("add_customer", Permission::CreateCustomers, suspended);
        }
    }
    add("set_space", Permission::AllotSpace, None);
    if row.level == Level::EndCustomer {
        add("add_device", Permission::ManagePassKeys, suspended);
    }
    if row.username.is_some() {
        add("set_password", Permission::SetPasswords, None);
    }
    if !matches!(row.level, Level::Provider | Level::Site) {
        let kept = above::keeps_out(account, row).map(|reason| (Code::Forbidden, reason));
        add("set_web_access", Permission::SetPasswords, kept);
    }
    if row.level != Level::Site {
        add("add_user", Permission::ManageUsers, None);
    }
    // Nobody else is told that there is such a thing.
    if row.level != Level::Provider && account.refusal_as_provider(Permission::ManageProducts).is_none() {
        actions.push(Action::allowed("migrate_storage"));
    }
    actions
}
