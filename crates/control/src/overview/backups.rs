//! Devices by the age of their last backup. A subtree that isn't large is read in the index of places, all of it at once;
//! of a large one each age is counted in the index of last backups, which has the place behind the time.

use api::Error;
use api::overview::{Count, Finding};
use api::page::{COUNTED, ListedNoun};
use base::cx::Cx;
use base::list::Scope;
use base::overlay::BackedUp;
use db::{Sql, list, sql};
use jiff::{SignedDuration, Timestamp};

use super::sql::counting;
use super::{Counted, below};

/// Up to so many devices are all looked at.
const LOOKED_AT: i64 = 50_000;

/// An age: so many days at most, and the list of its devices.
struct Age {
    finding: Finding,
    days: i64,
    filter: &'static str,
}

/// From the newest; then older than all of them, then never.
const AGES: [Age; 3] = [
    Age { finding: Finding::BackupWithinDay, days: 1, filter: "last_backup_at >= now-1d" },
    Age {
        finding: Finding::BackupWithinThreeDays,
        days: 3,
        filter: "last_backup_at < now-1d and last_backup_at >= now-3d",
    },
    Age { finding: Finding::BackupWithinWeek, days: 7, filter: "last_backup_at < now-3d and last_backup_at >= now-7d" },
];
const LONGER_AGO: &str = "last_backup_at < now-7d";
const NEVER: &str = "not exists(last_backup_at)";

/// The two older ages together: those of devices that are silent.
pub(super) const SILENT: &str = "last_backup_at < now-3d";
const _: () = assert!(AGES[1].days == crate::backups::SILENT_DAYS, "ages and filters have the same days");
pub(super) const NEVER_AFTER_A_DAY: &str = "not exists(last_backup_at) and created_at < now-1d";

/// How many devices there are of each age, as `AGES` has them, then older, then never.
pub(super) type Ages = [Counted; 5];

pub(super) fn named(ages: &Ages) -> Vec<Count> {
    let rest = [(Finding::BackupLongerAgo, LONGER_AGO), (Finding::BackupNever, NEVER)];
    let names = AGES.iter().map(|age| (age.finding, age.filter)).chain(rest);
    names.zip(ages).map(|((finding, filter), counted)| counted.named(finding, ListedNoun::Devices, filter)).collect()
}

/// Devices that have been silent for more than three days.
pub(super) fn silent(ages: &Ages) -> Counted {
    let [.., week, older, _] = ages;
    let is_exact = week.is_exact && older.is_exact;
    Counted { count: week.count + older.count, is_exact }
}

/// When each age begins, in microseconds: from the newest to the oldest, never being before all of them.
fn bounds(now: Timestamp) -> [i64; 3] {
    AGES.map(|age| {
        now.saturating_sub(SignedDuration::from_hours(24 * age.days)).unwrap_or(Timestamp::MIN).as_microsecond()
    })
}

pub(super) async fn by_age(cx: &mut Cx, scope: &Scope, devices: i64) -> Result<Ages, Error> {
    let bounds = bounds(cx.now);
    let counts = if scope.devices <= LOOKED_AT {
        looked_at(cx, scope, bounds).await?.map(|count| Counted { count, is_exact: true })
    } else {
        walked(cx, scope, bounds).await?.map(Counted::of)
    };
    let mut ages = moved(cx, scope, bounds, counts).await?;
    // Where all but one are known, that one is the rest.
    let rest = devices - ages.iter().filter(|age| age.is_exact).map(|age| age.count).sum::<i64>();
    let mut unknown = ages.iter_mut().filter(|age| !age.is_exact);
    if let (Some(age), None) = (unknown.next(), unknown.next()) {
        *age = Counted { count: rest.max(age.count), is_exact: true };
    }
    Ok(ages)
}

/// `key` is from the age's beginning until that of the next newer one.
fn within(age: usize, bounds: [i64; 3]) -> Sql {
    const KEY: &str = "coalesce(r.last_backup_at, 0)";
    let key = || sql![db::Raw(KEY)];
    match age {
        0 => sql![key(), " >= ", bounds[0]],
        1 | 2 => sql![key(), " >= ", bounds[age], " and ", key(), " < ", bounds[age - 1]],
        3 => sql![key(), " > 0 and ", key(), " < ", bounds[2]],
        _ => sql![key(), " = 0"],
    }
}

/// All of a subtree, in one look at the index of places.
async fn looked_at(cx: &mut Cx, scope: &Scope, bounds: [i64; 3]) -> Result<[i64; 5], Error> {
    let mut statement = sql!["select "];
    for age in 0..5 {
        statement.push(if age == 0 { "" } else { ", " });
        statement.append(sql![
            "cast(coalesce(sum(case when ",
            within(age, bounds),
            " then 1 else 0 end), 0) as bigint)"
        ]);
    }
    let counts: (i64, i64, i64, i64, i64) =
        cx.one(sql![statement, " from repositories r where 1 = 1", below("r.path", scope)]).await?;
    Ok(counts.into())
}

/// Each age in the index of last backups. Most devices are of the newest age, which is walked only if it isn't the rest.
async fn walked(cx: &mut Cx, scope: &Scope, bounds: [i64; 3]) -> Result<[i64; 5], Error> {
    let place = match cx.engine() {
        db::Engine::Sqlite => "+r.path",
        db::Engine::Postgres => "(r.path || '')",
    };
    let of_age = |age: usize| counting(sql![" from repositories r where ", within(age, bounds), below(place, scope)]);
    let mut statement = sql!["select ", of_age(1)];
    for age in 2..5 {
        statement.append(sql![", ", of_age(age)]);
    }
    let (three_days, week, older, never): (i64, i64, i64, i64) = cx.one(statement).await?;
    let is_rest = [three_days, week, older, never].iter().all(|count| *count <= COUNTED);
    let day = if is_rest { COUNTED + 1 } else { cx.one(sql!["select ", of_age(0)]).await? };
    Ok([day, three_days, week, older, never])
}

/// Puts right what isn't stored yet.
async fn moved(cx: &mut Cx, scope: &Scope, bounds: [i64; 3], mut ages: Ages) -> Result<Ages, Error> {
    let age_of = |at: Option<i64>| match at {
        None => 4,
        Some(at) => bounds.iter().position(|bound| at >= *bound).unwrap_or(3),
    };
    let overlay = cx.overlay().await?;
    for BackedUp { path, at, stored, .. } in overlay.backed_up() {
        if scope.under().is_some_and(|under| !under.contains(path)) {
            continue;
        }
        let (before, after) = (age_of(*stored), age_of((*stored).max(Some(*at))));
        if before != after {
            ages[before].count -= i64::from(ages[before].is_exact);
            ages[after].count += i64::from(ages[after].is_exact);
        }
    }
    Ok(ages)
}

/// Devices without any backup that have been there for a day.
pub(super) async fn never_after_a_day(cx: &mut Cx, scope: &Scope) -> Result<Counted, Error> {
    let [day, ..] = bounds(cx.now);
    let mut without =
        sql![" from repositories r where r.last_backup_at is null and r.created_at < ", day, below("r.path", scope)];
    // What has just completed its first one isn't stored yet.
    let overlay = cx.overlay().await?;
    let first = overlay.backed_up().iter().filter(|backed_up| backed_up.stored.is_none());
    let first: Vec<&str> = first.map(|backed_up| backed_up.device.as_str()).collect();
    if !first.is_empty() {
        without.append(sql![" and r.device_id not in ", list(first)]);
    }
    Ok(Counted::of(cx.one(sql!["select ", counting(without)]).await?))
}
