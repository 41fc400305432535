//! What is going on at a customer and below it: what needs attention, how the last backups went, who uses how much, what
//! runs out. Each number is the total of a list, whose filter stands beside the query that counts faster. What another slice
//! knows to be wrong is one more finding.

mod backups;
pub mod http;
mod sql;

use api::Error;
use api::event::{EventCategory, Severity};
use api::id::CustomerId;
use api::overview::{ChildUse, Count, Finding, Growth, Overview};
use api::page::{ListQuery, ListedNoun};
use api::units::Time;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::list::Scope;
use jiff::SignedDuration;
use tree::Attention;

use crate::customers;
use crate::measurements;

/// So many of those directly below are shown.
const CHILDREN: u32 = 8;

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What runs out before that does so soon.
const SOON: SignedDuration = SignedDuration::from_hours(48);

/// Counted no further than lists do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counted {
    count: i64,
    is_exact: bool,
}

impl Counted {
    /// Counted, to one more than [`COUNTED`](api::page::COUNTED).
    fn of(count: i64) -> Self {
        Self { count: count.min(api::page::COUNTED), is_exact: count <= api::page::COUNTED }
    }

    fn named(self, finding: Finding, noun: ListedNoun, filter: &str) -> Count {
        let Self { count, is_exact } = self;
        Count { finding, count, is_exact, noun, filter: filter.to_owned() }
    }
}

pub async fn show(cx: &mut Cx, id: &CustomerId) -> Result<Overview, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, id, Permission::ReadCustomers).await?;
    account.authorize(Permission::ReadDevices, &row.path)?;
    let under = ListQuery { under: Some(id.to_string()), ..ListQuery::default() };
    let scope = base::list::scope(cx, &account, &under).await?;
    let totals = customers::sql::totals(cx, id).await?;
    let overlay = cx.overlay().await?;
    let used_bytes = overlay.of_id(id.as_str()).used_bytes(totals.used_bytes);

    let ages = backups::by_age(cx, &scope, totals.devices).await?;
    let never = backups::never_after_a_day(cx, &scope).await?;
    let suspended = sql::suspended(cx, &scope).await?;
    let (reached, near) = sql::limits(cx, &scope).await?;
    let (full, filling) = sql::fullness(cx, &scope).await?;
    let refused = sql::refused(cx, &scope, (cx.now - DAY).as_microsecond()).await?;
    let customers = ListedNoun::Customers;
    let pending = Counted { count: totals.devices_pending, is_exact: true };
    let Attention { threat, system, licence } = totals.attention;
    let urgent = [
        (EventCategory::Threat, Finding::Threats, threat.action_required),
        (EventCategory::System, Finding::SystemEvents, system.action_required),
        (EventCategory::Licence, Finding::LicenceEvents, licence.action_required),
    ];
    let warnings = [
        (EventCategory::Threat, Finding::ThreatWarnings, threat.warning),
        (EventCategory::System, Finding::SystemWarnings, system.warning),
        (EventCategory::Licence, Finding::LicenceWarnings, licence.warning),
    ];
    let mut attention = events(&account, Severity::ActionRequired, urgent);
    attention.extend([
        pending.named(Finding::DevicesPending, ListedNoun::Devices, "status == pending_approval"),
        never.named(Finding::DevicesNeverBackedUp, ListedNoun::Devices, backups::NEVER_AFTER_A_DAY),
        backups::silent(&ages).named(Finding::DevicesSilent, ListedNoun::Devices, backups::SILENT),
        refused.named(Finding::DevicesRefused, ListedNoun::Devices, "last_refused_at >= now-1d"),
        full.named(Finding::SpaceUsedUp, customers, "totals.used_percent >= 95"),
        reached.named(Finding::DeviceLimitReached, customers, "devices_left <= 0"),
        suspended.named(Finding::CustomersSuspended, customers, "account_state == suspended"),
    ]);
    attention.extend(events(&account, Severity::Warning, warnings));
    let ends = sql::ends(cx, &scope).await?;
    let mut soon = vec![
        ends.trial_today.named(Finding::TrialEndsToday, customers, "trial_ends_at <= now+1d"),
        ends.trial_ended.named(Finding::TrialEnded, customers, "production_since > now-1d"),
        ends.trial_this_week.named(
            Finding::TrialEndsThisWeek,
            customers,
            "trial_ends_at > now+1d and trial_ends_at <= now+7d",
        ),
        ends.removed_this_week.named(Finding::RemovedThisWeek, customers, "deletion.due_at <= now+7d"),
        filling.named(Finding::SpaceFilling, customers, "totals.used_percent >= 80 and totals.used_percent < 95"),
        near.named(Finding::DeviceLimitNear, customers, "devices_left > 0 and devices_left <= 2"),
    ];
    soon.extend(running_out(cx, &account, &scope).await?);
    let is_any = |count: &Count| count.count > 0;
    let (children, children_total) = children(cx, &account, id).await?;
    Ok(Overview {
        id: id.clone(),
        as_of: Time(cx.now),
        customers: totals.customers,
        sites: totals.sites,
        devices: totals.devices,
        used_bytes,
        growth: growth(cx, &[(id.as_str(), used_bytes)]).await?[0],
        attention: attention.into_iter().filter(is_any).collect(),
        backups: backups::named(&ages),
        soon: soon.into_iter().filter(is_any).collect(),
        children,
        children_total,
    })
}

/// Open events of a severity, as far as the caller may read them.
fn events(account: &Account, severity: Severity, counts: [(EventCategory, Finding, i64); 3]) -> Vec<Count> {
    if !account.permissions.has(Permission::ReadEvents) {
        return Vec::new();
    }
    let counted = |(category, finding, count): (EventCategory, Finding, i64)| {
        let filter =
            format!("state == open and category == {} and severity == {}", category.as_ref(), severity.as_ref());
        Counted::of(count).named(finding, ListedNoun::Events, &filter)
    };
    counts.into_iter().map(counted).collect()
}

/// What lets somebody in for a while, as far as the caller may read it.
async fn running_out(cx: &mut Cx, account: &Account, scope: &Scope) -> Result<Vec<Count>, Error> {
    let until = (cx.now + SOON).as_microsecond();
    let mut counts = Vec::new();
    if account.permissions.has(Permission::ReadPassKeys) {
        let (expiring, nearly_used) = sql::pass_keys(cx, scope, until).await?;
        let keys = ListedNoun::PassKeys;
        // Since when it could run out is said for the index: those that have are many.
        let filter = "state == active and expires_at > now and expires_at < now+2d";
        counts.push(expiring.named(Finding::PassKeysExpiring, keys, filter));
        let filter = "state == active and max_uses >= 5 and uses_left <= 2";
        counts.push(nearly_used.named(Finding::PassKeysNearlyUsed, keys, filter));
    }
    if account.permissions.has(Permission::ReadUsers) {
        let open = sql::invitations(cx, scope, until).await?;
        counts.push(open.named(Finding::InvitationsExpiring, ListedNoun::Users, "invitation_expires_at < now+2d"));
    }
    Ok(counts)
}

/// By how much customers have grown that use so much.
async fn growth(cx: &mut Cx, used: &[(&str, i64)]) -> Result<Vec<Growth>, Error> {
    let ids: Vec<&str> = used.iter().map(|(id, _)| *id).collect();
    let week = measurements::used_before(cx, &ids, 7).await?;
    let month = measurements::used_before(cx, &ids, 30).await?;
    let since = |was: Option<&i64>, used: i64| was.map(|was| used - was);
    Ok(used
        .iter()
        .map(|(id, used)| Growth { seven_days: since(week.get(*id), *used), thirty_days: since(month.get(*id), *used) })
        .collect())
}

/// Those directly below that use most, and how many there are.
async fn children(cx: &mut Cx, account: &Account, id: &CustomerId) -> Result<(Vec<ChildUse>, i64), Error> {
    let query = ListQuery {
        parent_id: Some(id.to_string()),
        sort: Some("-used_bytes".to_owned()),
        limit: Some(CHILDREN),
        ..ListQuery::default()
    };
    let found = base::list::find(cx, account, &query, &customers::fields::NOUN).await?;
    let rows = found.arrange(customers::sql::with_totals(cx, found.ids()).await?, |(row, _)| row.id.as_str());
    let overlay = cx.overlay().await?;
    let used: Vec<i64> =
        rows.iter().map(|(row, totals)| overlay.of_id(row.id.as_str()).used_bytes(totals.used_bytes)).collect();
    let ids: Vec<(&str, i64)> = rows.iter().map(|(row, _)| row.id.as_str()).zip(used.iter().copied()).collect();
    let growths = growth(cx, &ids).await?;
    let total = found.total.count();
    let children = rows.into_iter().zip(used).zip(growths).map(|(((row, totals), used_bytes), growth)| ChildUse {
        id: row.id,
        level: row.level,
        company_name: row.company_name,
        name: row.name,
        used_bytes,
        devices: totals.devices,
        growth,
    });
    Ok((children.collect(), total))
}

/// Where there is something to ask for beside that everything stands there.
fn below(column: &'static str, scope: &Scope) -> db::Sql {
    let Some(path) = scope.under() else { return db::Sql::new() };
    let (from, to) = path.range();
    db::sql![" and ", db::Raw(column), " >= ", from, " and ", db::Raw(column), " < ", to]
}
