//! The queries of reports: who gets which and when, and what they tell.

use api::Error;
use api::id::CustomerId;
use api::job::{JobKind, JobOutcome};
use api::report::ReportKind;
use base::cx::{Cx, Tx};
use db::{Text, list, sql};
use tree::Path;

db::record! {
    /// When a customer gets a report next.
    #[derive(Clone, Debug)]
    pub(super) struct StateRow {
        pub(super) customer_id: CustomerId as Text,
        pub(super) kind: ReportKind as Text,
        pub(super) next_at: i64,
        pub(super) try_at: i64,
        pub(super) last_sent_at: Option<i64>,
        pub(super) told_until: Option<i64>,
    }
}

/// End customers at and below these have to be looked at anew.
pub(super) async fn look_below(tx: &mut Tx, customers: &[String]) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    for id in customers {
        // Written also where it stands there: whoever looks at it in this moment has read what was before.
        tx.exec(sql![
            "insert into report_looks (customer_id, put_at) select c.id, ",
            now,
            " from customers c join customers top on top.id = ",
            id.as_str(),
            " where c.level = 'end_customer' and c.path >= top.path and c.path < top.path || '~'
             on conflict (customer_id) do update set put_at = excluded.put_at"
        ])
        .await?;
    }
    Ok(())
}

pub(super) async fn is_anybody_to_look_at(cx: &mut Cx) -> Result<bool, Error> {
    let found: Option<i64> = cx.opt(sql!["select 1 from report_looks limit 1"]).await?;
    Ok(found.is_some())
}

/// Takes some of those that are to be looked at, before anything is read of them: what is set meanwhile puts them down again.
pub(super) async fn take_to_look_at(tx: &mut Tx, limit: i64) -> Result<Vec<String>, Error> {
    tx.all(sql![
        "delete from report_looks where customer_id in (select customer_id from report_looks order by customer_id limit ",
        limit,
        ") returning customer_id"
    ])
    .await
}

pub(super) async fn states(cx: &mut Cx, customers: &[String]) -> Result<Vec<StateRow>, Error> {
    cx.all(sql![
        "select ",
        db::columns::<StateRow>(),
        " from report_states where customer_id in ",
        list(customers.iter().map(String::as_str))
    ])
    .await
}

/// It comes then, or no more.
pub(super) async fn set_next(
    tx: &mut Tx,
    customer: &CustomerId,
    kind: ReportKind,
    next_at: Option<i64>,
) -> Result<(), Error> {
    let (customer, kind) = (customer.as_str(), kind.as_ref());
    match next_at {
        None => tx.exec(sql!["delete from report_states where customer_id = ", customer, " and kind = ", kind]),
        Some(at) => tx.exec(sql![
            "insert into report_states (customer_id, kind, next_at, try_at) values (",
            customer,
            ", ",
            kind,
            ", ",
            at,
            ", ",
            at,
            ") on conflict (customer_id, kind) do update set next_at = excluded.next_at, try_at = excluded.try_at"
        ]),
    }
    .await
    .map(drop)
}

/// Takes a report that is due from all others who send, and says when the next one is. `told`: until when it tells everything,
/// where it is sent. Nothing where another was faster.
pub(super) async fn take(
    tx: &mut Tx,
    state: &StateRow,
    next_at: Option<i64>,
    told: Option<i64>,
) -> Result<bool, Error> {
    let now = tx.now.as_microsecond();
    let which = || {
        let (customer, kind) = (state.customer_id.as_str(), state.kind.as_ref());
        sql![" where customer_id = ", customer, " and kind = ", kind, " and next_at = ", state.next_at]
    };
    let taken = match next_at {
        None => tx.exec(sql!["delete from report_states", which()]).await?,
        Some(at) => {
            let told = told.map_or_else(db::Sql::new, |told| sql![", last_sent_at = ", now, ", told_until = ", told]);
            tx.exec(sql!["update report_states set next_at = ", at, ", try_at = ", at, told, which()]).await?
        }
    };
    Ok(taken == 1)
}

/// It is tried again then.
pub(super) async fn postpone(tx: &mut Tx, state: &StateRow, try_at: i64) -> Result<(), Error> {
    tx.exec(sql![
        "update report_states set try_at = ",
        try_at,
        " where customer_id = ",
        state.customer_id.as_str(),
        " and kind = ",
        state.kind.as_ref()
    ])
    .await
    .map(drop)
}

pub(super) async fn due(cx: &mut Cx, limit: i64) -> Result<Vec<StateRow>, Error> {
    let now = cx.now.as_microsecond();
    cx.all(sql![
        "select ",
        db::columns::<StateRow>(),
        " from report_states where try_at <= ",
        now,
        " order by try_at, customer_id, kind limit ",
        limit
    ])
    .await
}

/// When the next of all is due.
pub(super) async fn next_due(cx: &mut Cx) -> Result<Option<i64>, Error> {
    cx.one(sql!["select min(try_at) from report_states"]).await
}

/// Who doesn't want which of a customer's reports.
pub(super) async fn stops(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<(ReportKind, String)>, Error> {
    let rows: Vec<(String, String)> = cx
        .all(sql![
            "select kind, address from report_stops where customer_id = ",
            customer.as_str(),
            " order by kind, address"
        ])
        .await?;
    Ok(rows.into_iter().filter_map(|(kind, address)| Some((kind.parse().ok()?, address))).collect())
}

/// Returns whether it is something new.
pub(super) async fn stop(tx: &mut Tx, customer: &CustomerId, kind: ReportKind, address: &str) -> Result<bool, Error> {
    let now = tx.now.as_microsecond();
    let done = tx
        .exec(sql![
            "insert into report_stops (customer_id, kind, address, stopped_at) values (",
            customer.as_str(),
            ", ",
            kind.as_ref(),
            ", ",
            address,
            ", ",
            now,
            ") on conflict (customer_id, kind, address) do nothing"
        ])
        .await?;
    Ok(done > 0)
}

/// Returns whether it was stopped.
pub(super) async fn resume(tx: &mut Tx, customer: &CustomerId, kind: ReportKind, address: &str) -> Result<bool, Error> {
    let done = tx
        .exec(sql![
            "delete from report_stops where customer_id = ",
            customer.as_str(),
            " and kind = ",
            kind.as_ref(),
            " and address = ",
            address
        ])
        .await?;
    Ok(done > 0)
}

pub(super) async fn forget(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    for table in ["report_looks", "report_states", "report_stops"] {
        tx.exec(sql!["delete from ", db::Raw(table), " where customer_id = ", customer.as_str()]).await?;
    }
    Ok(())
}

db::record! {
    /// How many jobs of a kind ended how, and what they moved.
    #[derive(Clone, Debug)]
    pub(super) struct JobCount {
        pub(super) kind: JobKind as Text,
        pub(super) outcome: JobOutcome as Text,
        pub(super) jobs: i64,
        pub(super) received_bytes: i64,
        pub(super) sent_bytes: i64,
        pub(super) removed_bytes: i64,
    }
}

/// No job takes longer from its beginning to the end of the period in which it ended; devices have an index by the beginning.
const LONGEST_JOB: i64 = 7 * tree::licences::DAY_MICROS;

fn in_period(place: &Path, (from, to): (i64, i64)) -> db::Sql {
    let (first, last) = place.range();
    sql![
        " from devices d join jobs j on j.device_id = d.id and j.started_at >= ",
        from - LONGEST_JOB,
        " and j.started_at < ",
        to,
        " where d.path >= ",
        first,
        " and d.path < ",
        last,
        " and j.ended_at >= ",
        from,
        " and j.ended_at < ",
        to
    ]
}

/// What was done at a place and below it in a period.
pub(super) async fn job_counts(cx: &mut Cx, place: &Path, period: (i64, i64)) -> Result<Vec<JobCount>, Error> {
    cx.all(sql![
        "select j.kind, j.outcome, count(*) as jobs, cast(sum(j.received_bytes) as bigint) as received_bytes,
         cast(sum(j.sent_bytes) as bigint) as sent_bytes, cast(sum(j.removed_bytes) as bigint) as removed_bytes",
        in_period(place, period),
        " group by j.kind, j.outcome"
    ])
    .await
}

/// The last jobs of a kind at a place in a period: their ids.
pub(super) async fn jobs(
    cx: &mut Cx,
    place: &Path,
    period: (i64, i64),
    kind: JobKind,
    limit: i64,
) -> Result<Vec<String>, Error> {
    cx.all(sql![
        "select j.id",
        in_period(place, period),
        " and j.kind = ",
        kind.as_ref(),
        " order by j.ended_at desc, j.id limit ",
        limit
    ])
    .await
}

/// Which devices at a place have had no backup for too long, as events have it.
pub(super) async fn silent(cx: &mut Cx, place: &Path) -> Result<Vec<String>, Error> {
    let (from, to) = place.range();
    cx.all(sql![
        "select e.device_id from events e where e.kind = 'no_backup' and e.resolved_at is null
         and e.device_id is not null and e.path >= ",
        from,
        " and e.path < ",
        to
    ])
    .await
}

/// How many events are open at a place.
pub(super) async fn open_events(cx: &mut Cx, place: &Path) -> Result<i64, Error> {
    let (from, to) = place.range();
    cx.one(sql!["select count(*) from events e where e.state = 'open' and e.path >= ", from, " and e.path < ", to])
        .await
}
