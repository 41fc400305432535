//! Queries that count no further than lists do, each in an index that knows the place.

use api::Error;
use api::page::COUNTED;
use base::cx::Cx;
use base::list::Scope;
use base::totals::USED_PERCENT;
use db::{Engine, Raw, Sql, sql};

use super::{Counted, below};

/// Up to so many devices are all looked at.
const LOOKED_AT: i64 = 2000;

/// How many rows there are, to one more than are counted: `from … where …`.
pub(super) fn counting(from: Sql) -> Sql {
    sql!["(select count(*) from (select 1 as one", from, " limit ", COUNTED + 1, ") as found)"]
}

/// Where few of all are what is counted, the subtree is asked for of each of them: the place as no index has it.
fn of_each(cx: &Cx) -> &'static str {
    match cx.engine() {
        Engine::Sqlite => "+c.path",
        Engine::Postgres => "(c.path || '')",
    }
}

/// Devices that were refused something since. In a small subtree they are all looked at; in a large one those that were
/// refused lately are few.
pub(super) async fn refused(cx: &mut Cx, scope: &Scope, since: i64) -> Result<Counted, Error> {
    let (key, place) = match (scope.devices <= LOOKED_AT, cx.engine()) {
        (true, _) => ("coalesce(r.last_refused_at, 0) + 0", "r.path"),
        (false, Engine::Sqlite) => ("coalesce(r.last_refused_at, 0)", "+r.path"),
        (false, Engine::Postgres) => ("coalesce(r.last_refused_at, 0)", "(r.path || '')"),
    };
    let from = sql![" from repositories r where ", Raw(key), " >= ", since, below(place, scope)];
    Ok(Counted::of(cx.one(sql!["select ", counting(from)]).await?))
}

/// Pass keys that can be used but not for much longer, and those that can't be used much more often.
pub(super) async fn pass_keys(cx: &mut Cx, scope: &Scope, until: i64) -> Result<(Counted, Counted), Error> {
    let now = cx.now.as_microsecond();
    let place = of_each(cx);
    let active = |wanted: Sql| {
        let keys = " from pass_keys k cross join customers c where c.id = coalesce(k.site_id, k.customer_id)";
        counting(sql![Raw(keys), " and k.revoked_at is null and ", wanted, below(place, scope)])
    };
    let expiring = active(sql![
        "k.expires_at > ",
        now,
        " and k.expires_at < ",
        until,
        " and (k.max_uses is null or k.uses < k.max_uses)"
    ]);
    let nearly_used = active(sql![
        "k.max_uses >= 5 and (k.max_uses - k.uses) <= 2 and k.uses < k.max_uses and (k.expires_at is null or k.expires_at > ",
        now,
        ")"
    ]);
    let (expiring, nearly_used): (i64, i64) = cx.one(sql!["select ", expiring, ", ", nearly_used]).await?;
    Ok((Counted::of(expiring), Counted::of(nearly_used)))
}

/// People whose link doesn't hold much longer.
pub(super) async fn invitations(cx: &mut Cx, scope: &Scope, until: i64) -> Result<Counted, Error> {
    let now = cx.now.as_microsecond();
    let place = of_each(cx);
    let from = sql![
        " from invitations i cross join users u cross join customers c where u.id = i.user_id and c.id = u.customer_id
         and i.expires_at > ",
        now,
        " and i.expires_at < ",
        until,
        below(place, scope)
    ];
    Ok(Counted::of(cx.one(sql!["select ", counting(from)]).await?))
}

/// Customers that are suspended by themselves.
pub(super) async fn suspended(cx: &mut Cx, scope: &Scope) -> Result<Counted, Error> {
    let from = sql![" from customers c where c.suspend_mode is not null", below("c.path", scope)];
    Ok(Counted::of(cx.one(sql!["select ", counting(from)]).await?))
}

/// Customers whose space is used up or nearly so, and those whose space will be soon.
pub(super) async fn fullness(cx: &mut Cx, scope: &Scope) -> Result<(Counted, Counted), Error> {
    let full = sql![" from totals t where ", db::Raw(USED_PERCENT), " >= 95", below("t.path", scope)];
    let soon = sql![
        " from totals t where ",
        db::Raw(USED_PERCENT),
        " >= 80 and ",
        db::Raw(USED_PERCENT),
        " < 95",
        below("t.path", scope)
    ];
    let (full, soon): (i64, i64) = cx.one(sql!["select ", counting(full), ", ", counting(soon)]).await?;
    Ok((Counted::of(full), Counted::of(soon)))
}

/// Customers that may have no more devices, and those that may have one or two.
pub(super) async fn limits(cx: &mut Cx, scope: &Scope) -> Result<(Counted, Counted), Error> {
    let reached = sql![" from totals t where t.devices_left <= 0", below("t.path", scope)];
    let near = sql![" from totals t where t.devices_left > 0 and t.devices_left <= 2", below("t.path", scope)];
    let (reached, near): (i64, i64) = cx.one(sql!["select ", counting(reached), ", ", counting(near)]).await?;
    Ok((Counted::of(reached), Counted::of(near)))
}

/// Customers of which something ends.
pub(super) struct Ends {
    pub(super) trial_today: Counted,
    pub(super) trial_this_week: Counted,
    pub(super) trial_ended: Counted,
    pub(super) removed_this_week: Counted,
}

const DAY: i64 = 86_400_000_000;

/// Of which trial and hold end soon, or ended a moment ago.
pub(super) async fn ends(cx: &mut Cx, scope: &Scope) -> Result<Ends, Error> {
    let now = cx.now.as_microsecond();
    let (day, week, place) = (now + DAY, now + 7 * DAY, of_each(cx));
    let between = |column: &'static str, after: Option<i64>, until: Option<i64>| {
        let column = Raw(column);
        let mut from = sql![" from customers c where ", column, " is not null"];
        if let Some(after) = after {
            from.append(sql![" and ", column, " > ", after]);
        }
        if let Some(until) = until {
            from.append(sql![" and ", column, " <= ", until]);
        }
        from.append(below(place, scope));
        counting(from)
    };
    let (today, this_week, ended, removed): (i64, i64, i64, i64) = cx
        .one(sql![
            "select ",
            between("c.trial_ends_at", None, Some(day)),
            ", ",
            between("c.trial_ends_at", Some(day), Some(week)),
            ", ",
            between("c.production_since", Some(now - DAY), None),
            ", ",
            between("c.deletes_at", None, Some(week))
        ])
        .await?;
    Ok(Ends {
        trial_today: Counted::of(today),
        trial_this_week: Counted::of(this_week),
        trial_ended: Counted::of(ended),
        removed_this_week: Counted::of(removed),
    })
}
