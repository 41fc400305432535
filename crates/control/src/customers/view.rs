//! Customers as a caller sees them: effective state, what may be done, and nothing of what stands above the caller.

use api::customer::{Customer, CustomerTotals, Profile};
use api::units::{Action, Time};
use api::{Code, Error, Level};

use super::above;
use super::sql::{CustomerRow, TotalsRow};
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::lineage::Lineage;
use base::overlay::Overlay;

/// Makes wire customers of rows that the account sees.
pub async fn customers(
    cx: &mut Cx,
    account: &Account,
    rows: Vec<(CustomerRow, TotalsRow)>,
) -> Result<Vec<Customer>, Error> {
    let lineage = Lineage::of(cx, rows.iter().map(|(row, _)| &row.path)).await?;
    let overlay = cx.overlay().await?;
    Ok(rows.into_iter().map(|(row, totals)| customer(&lineage, account, row, totals, &overlay)).collect())
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
    let customer = customer(&lineage, account, row, totals, &overlay);
    Ok(Customer { ancestors: Some(above), ..customer })
}

fn customer(lineage: &Lineage, account: &Account, row: CustomerRow, totals: TotalsRow, overlay: &Overlay) -> Customer {
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
        effective_state: lineage.effective_state(&row.path, account),
        last_backup_at: unsaved.last_backup_at(totals.last_backup_at).map(Time::from_micros),
        actions: actions(lineage, account, &row, totals),
        totals: CustomerTotals {
            customers: totals.customers,
            sites: totals.sites,
            devices: totals.devices,
            used_bytes: unsaved.used_bytes(totals.used_bytes),
        },
        profile: Profile { notes: row.profile.notes.filter(|_| looks_after), ..row.profile },
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
        is_default: row.is_default,
    }
}

pub(super) fn actions(lineage: &Lineage, account: &Account, row: &CustomerRow, totals: TotalsRow) -> Vec<Action> {
    let effective = lineage.effective(&row.path);
    let mut actions = Vec::with_capacity(9);
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
            add("change_suspension", Permission::SwitchCustomers, None);
            add("activate", Permission::SwitchCustomers, None);
        }
        let blocked = if row.is_default {
            Some((Code::DefaultProtected, "Every installation keeps its default reseller and default customer."))
        } else if totals.customers + totals.sites + totals.devices > 0 {
            Some((Code::CustomerNotEmpty, "It still has customers, sites or devices."))
        } else {
            None
        };
        add("delete", Permission::DeleteCustomers, blocked);
    }
    match row.level {
        Level::Site => {}
        Level::EndCustomer => add("add_site", Permission::CreateCustomers, suspended),
        Level::Provider | Level::Distributor | Level::SubDistributor | Level::Reseller => {
            add("add_customer", Permission::CreateCustomers, suspended);
        }
    }
    if row.level == Level::EndCustomer {
        add("add_device", Permission::ManagePassKeys, suspended);
    }
    if row.username.is_some() {
        add("set_password", Permission::SetPasswords, None);
    }
    if row.level != Level::Site {
        add("add_user", Permission::ManageUsers, None);
    }
    actions
}
