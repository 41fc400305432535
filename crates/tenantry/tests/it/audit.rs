//! What must be true at the end of every test: whatever is derived (totals, the gateway's table, stored counters)
//! equals what a fresh look at the rows and at the disk says, and deriving it again changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use api::grant::Grant;
use base::App;
use base::clock::Clock;
use control::grants::{Comparison, Follower};
use db::sql;
use gateway::Gateway;

type Database = db::Database;

/// With the server still running.
pub(crate) async fn running(app: &App, gateway: &Gateway, database: &Database, data: Option<&Path>) {
    gateway.flush().await.unwrap();
    assert_eq!(app.unsaved(), [], "what was just stored is not known to be");
    let stored = counters(database).await.0;
    gateway.flush().await.unwrap();
    assert_eq!(counters(database).await.0, stored, "storing the counters twice changed something");
    let duties = control::background::duties();
    base::background::settle(app, &duties).await.unwrap();
    // What the first has told the change log is followed once more; then nothing goes on while it is looked at.
    base::background::settle(app, &duties).await.unwrap();
    compare_totals(database, data).await;
    let mut again = base::background::settle(app, &duties).await.unwrap();
    // The server does the same at the same time: what it has begun it may commit now.
    for _ in 0..20 {
        if again.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        again = base::background::settle(app, &duties).await.unwrap();
    }
    assert!(again.is_empty(), "these are never done: {again:?}");
    let devices: Vec<String> = all(database, sql!["select id from devices order by id"]).await;
    if !devices.is_empty() {
        compare_grants(app, database, &devices).await;
    }
}

/// After a clean end.
pub(crate) async fn stopped(database: &Database, data: Option<&Path>) {
    compare_totals(database, data).await;
    let open: Vec<String> = all(database, sql!["select repository_id from repository_counters"]).await;
    assert!(open.is_empty(), "repositories left open by a clean end: {open:?}");
    let Some(data) = data else { return };
    let unfinished = std::fs::read_dir(data.join("pool/.incoming")).map_or(0, Iterator::count);
    assert_eq!(unfinished, 0, "unfinished uploads left by a clean end");
}

async fn all<T: db::Record>(database: &Database, statement: db::Sql) -> Vec<T> {
    database.read().await.unwrap().all(statement).await.unwrap()
}

db::record! {
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    struct Totals {
        customers: i64,
        sites: i64,
        devices: i64,
        devices_pending: i64,
        devices_without_backup: i64,
        used_bytes: i64,
        allotted_bytes: Option<i64>,
        handed_bytes: i64,
        drawn_bytes: i64,
        last_backup_at: Option<i64>,
        last_refused_at: Option<i64>,
        devices_left: Option<i64>,
        threat_action: i64,
        threat_warning: i64,
        system_action: i64,
        system_warning: i64,
        licence_action: i64,
        licence_warning: i64,
    }
}

db::record! {
    #[derive(Debug, PartialEq, Eq)]
    struct Counter {
        id: String,
        used_bytes: i64,
        allotted_bytes: Option<i64>,
        last_backup_at: Option<i64>,
        last_refused_at: Option<i64>,
        path: String,
        status: String,
    }
}

async fn counters(database: &Database) -> (Vec<Counter>, Vec<(String, Totals)>) {
    let repositories = sql![
        "select r.id as id, r.used_bytes as used_bytes, r.allotted_bytes as allotted_bytes, r.last_backup_at as last_backup_at,
         r.last_refused_at as last_refused_at, d.path as path, d.status as status
         from repositories r join devices d on d.id = r.device_id order by r.id"
    ];
    let totals = sql!["select customer_id, ", db::columns::<Totals>(), " from totals order by customer_id"];
    (all(database, repositories).await, all(database, totals).await)
}

/// Stored totals against sums over the rows; stored sizes against the disk, where there is one.
async fn compare_totals(database: &Database, data: Option<&Path>) {
    compare_licences(database).await;
    let customers: Vec<(String, String, String, Option<i64>)> =
        all(database, sql!["select id, path, level, max_devices from customers"]).await;
    let (repositories, stored) = counters(database).await;
    let stored: BTreeMap<String, Totals> = stored.into_iter().collect();
    let mut summed: BTreeMap<String, Totals> = BTreeMap::new();
    for (id, path, _, max_devices) in &customers {
        let sum = summed.entry(id.clone()).or_default();
        for (_, _, level, _) in customers.iter().filter(|(other, below, ..)| other != id && below.starts_with(path)) {
            *(if level == "site" { &mut sum.sites } else { &mut sum.customers }) += 1;
        }
        for repository in repositories.iter().filter(|repository| repository.path.starts_with(path)) {
            sum.devices += 1;
            sum.devices_pending += i64::from(repository.status == "pending_approval");
            sum.used_bytes += repository.used_bytes;
            sum.devices_without_backup += i64::from(repository.last_backup_at.is_none());
            sum.last_backup_at = sum.last_backup_at.max(repository.last_backup_at);
            sum.last_refused_at = sum.last_refused_at.max(repository.last_refused_at);
        }
        sum.devices_left = max_devices.map(|max| max - sum.devices + sum.devices_pending);
    }
    let open = sql!["select path, category, severity from events where state = 'open'"];
    for (path, category, severity) in all::<(String, String, String)>(database, open).await {
        for id in path.split_terminator('/') {
            let sum = summed.get_mut(id).unwrap();
            *match (category.as_str(), severity.as_str()) {
                ("threat", "action_required") => &mut sum.threat_action,
                ("threat", "warning") => &mut sum.threat_warning,
                ("system", "action_required") => &mut sum.system_action,
                ("system", "warning") => &mut sum.system_warning,
                ("licence", "action_required") => &mut sum.licence_action,
                ("licence", "warning") => &mut sum.licence_warning,
                _ => continue,
            } += 1;
        }
    }
    // What pools hold and what is drawn goes up to the nearest pool, from wherever it is.
    let held: BTreeMap<&str, Option<i64>> = stored.iter().map(|(id, row)| (id.as_str(), row.allotted_bytes)).collect();
    let mut taken: Vec<(String, i64, i64)> = Vec::new();
    for (id, path, ..) in &customers {
        summed.get_mut(id).unwrap().allotted_bytes = held[id.as_str()];
        taken.extend(held[id.as_str()].map(|bytes| (path.trim_end_matches(&format!("{id}/")).to_owned(), bytes, 0)));
    }
    for repository in &repositories {
        let (handed, drawn) = repository.allotted_bytes.map_or((0, repository.used_bytes), |bytes| (bytes, 0));
        taken.push((repository.path.clone(), handed, drawn));
    }
    for (path, handed, drawn) in taken {
        for id in path.split_terminator('/').rev() {
            let sum = summed.get_mut(id).unwrap();
            sum.handed_bytes += handed;
            sum.drawn_bytes += drawn;
            if held[id].is_some() {
                break;
            }
        }
    }
    assert_eq!(stored, summed, "stored totals are not the sums over the rows");
    let states = sql![
        "select path, case when deletes_at is not null and suspend_mode is null then 'stop_backups' else suspend_mode end,
         stopped from customers order by path"
    ];
    let states: Vec<(String, Option<String>, i64)> = all(database, states).await;
    for (path, _, stopped) in &states {
        let above = states.iter().filter(|(above, ..)| path.starts_with(above));
        let strictest = above.map(|(_, mode, _)| match mode.as_deref() {
            None => 0,
            Some("stop_backups") => 1,
            Some(_) => 2,
        });
        assert_eq!(Some(*stopped), strictest.max(), "what is stopped at {path}");
    }
    for strays in [
        "select t.customer_id from totals t join customers c on c.id = t.customer_id where t.path <> c.path",
        "select r.id from repositories r join devices d on d.id = r.device_id where r.path <> d.path",
        "select d.id from devices d join customers c on c.id = d.customer_id where d.path <> c.path",
        "select e.id from events e join customers c on c.id = e.customer_id where e.path <> c.path",
        "select e.id from events e join devices d on d.id = e.device_id where e.path <> d.path",
        "select s.owner_id from settings s where not exists (select 1 from customers c where c.id = s.owner_id and c.path = s.path)
         and not exists (select 1 from devices d where d.id = s.owner_id and d.path = s.path)",
    ] {
        let strays: Vec<String> = all(database, sql![db::Raw(strays)]).await;
        assert!(strays.is_empty(), "these stand elsewhere than what they belong to: {strays:?}");
    }
    let wrong: Vec<String> = all(
        database,
        sql![
            "select a.customer_id from template_assignments a where a.differs <> exists (
             select 1 from template_settings t left join settings s on s.owner_id = a.customer_id and s.name = t.name
             where t.template_id = a.template_id and (s.value is null or s.value <> t.value or s.locked <> t.locked))"
        ],
    )
    .await;
    assert!(wrong.is_empty(), "these differ from their template, or don't, and it says otherwise: {wrong:?}");
    let Some(data) = data else { return };
    for repository in repositories {
        let on_disk = bytes_below(&data.join("pool").join(&repository.id));
        assert_eq!(u64::try_from(repository.used_bytes).unwrap(), on_disk, "bytes of {}", repository.id);
    }
}

db::record! {
    struct Pool {
        customer_id: String,
        product_id: String,
        quantity: Option<i64>,
        used: i64,
        handed: i64,
        drawn: i64,
    }
}

async fn compare_licences(database: &Database) {
    compare_licence_pools(database).await;
    compare_credits(database).await;
    // What history says of now is what is there.
    for strays in [
        "select h.licence_id from licence_history h left join licences l on l.id = h.licence_id where h.until is null
         and h.is_assignment = false and (l.id is null or l.quantity <> h.quantity or l.ends_at <> h.ends_at)",
        "select l.id from licences l where not exists (select 1 from licence_history h where h.licence_id = l.id
         and h.until is null and h.is_assignment = false)",
        "select h.licence_id from licence_history h left join licence_assignments a on a.licence_id = h.licence_id
         and a.site_id = h.place_id where h.until is null and h.is_assignment and coalesce(a.quantity, 0) <> h.quantity",
        "select a.licence_id from licence_assignments a where not exists (select 1 from licence_history h
         where h.licence_id = a.licence_id and h.place_id = a.site_id and h.until is null and h.is_assignment)",
        "select p.product_id from licence_pools p where not exists (select 1 from licence_pool_history h
         where h.customer_id = p.customer_id and h.product_id = p.product_id and h.until is null and h.used = p.used
         and h.handed = p.handed and h.drawn = p.drawn and coalesce(h.quantity, -1) = coalesce(p.quantity, -1))",
    ] {
        let strays: Vec<String> = all(database, sql![db::Raw(strays)]).await;
        assert!(strays.is_empty(), "of these history says otherwise: {strays:?}");
    }
}

/// Stored sums of licence pools against sums over the licences and what was handed on.
async fn compare_licence_pools(database: &Database) {
    let places: Vec<(String, String)> = all(database, sql!["select id, path from customers"]).await;
    let licences: Vec<(String, String, i64)> =
        all(database, sql!["select path, product_id, quantity from licences"]).await;
    let stored: Vec<Pool> =
        all(database, sql!["select customer_id, product_id, quantity, used, handed, drawn from licence_pools"]).await;
    let path_of: BTreeMap<&str, &str> = places.iter().map(|(id, path)| (id.as_str(), path.as_str())).collect();
    let products: std::collections::BTreeSet<&str> = licences
        .iter()
        .map(|(_, product, _)| product.as_str())
        .chain(stored.iter().map(|pool| pool.product_id.as_str()))
        .collect();
    for product in products {
        let pools: Vec<(&str, i64)> = stored
            .iter()
            .filter(|pool| pool.product_id == product)
            .filter_map(|pool| Some((path_of[pool.customer_id.as_str()], pool.quantity?)))
            .collect();
        for (id, path) in &places {
            let below = |other: &str| other != path && other.starts_with(path.as_str());
            // Of the pools below those that no other one stands between.
            let nearest: Vec<(&str, i64)> = pools
                .iter()
                .copied()
                .filter(|(pool, _)| {
                    below(pool) && !pools.iter().any(|(mid, _)| below(mid) && mid != pool && pool.starts_with(mid))
                })
                .collect();
            let handed: i64 = nearest.iter().map(|(_, quantity)| quantity).sum();
            let held = licences.iter().filter(|(at, of, _)| of == product && at.starts_with(path.as_str()));
            let used: i64 = held.clone().map(|(.., quantity)| quantity).sum();
            let drawn: i64 = held
                .filter(|(at, ..)| !nearest.iter().any(|(pool, _)| at.starts_with(pool)))
                .map(|(.., quantity)| quantity)
                .sum();
            let known = stored.iter().find(|pool| pool.customer_id == *id && pool.product_id == product);
            let sums = known.map_or((0, 0, 0), |pool| (pool.used, pool.handed, pool.drawn));
            assert_eq!(sums, (used, handed, drawn), "the pool of {product} at {id}");
            if let Some(quantity) = known.and_then(|pool| pool.quantity) {
                assert!(handed + drawn <= quantity, "{id} has handed out more of {product} than it holds");
            }
        }
    }
}

db::record! {
    #[derive(Debug)]
    struct CreditEntry {
        customer_id: String,
        product_id: String,
        number: i64,
        id: String,
        month: i64,
        units: i64,
        balance: i64,
        pair_id: Option<String>,
        counters_id: Option<String>,
    }
}

/// Every account is the sum of its entries, none is missing among them, and none holds less than nothing. What went from one
/// account to another is the same in both, and so is what takes an entry back.
async fn compare_credits(database: &Database) {
    let entries: Vec<CreditEntry> = all(
        database,
        sql!["select ", db::columns::<CreditEntry>(), " from credit_entries order by customer_id, product_id, number"],
    )
    .await;
    let mut accounts: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
    let mut month = BTreeMap::new();
    let by_id: BTreeMap<&str, &CreditEntry> = entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
    for entry in &entries {
        let key = (entry.customer_id.as_str(), entry.product_id.as_str());
        let held = accounts.entry(key).or_default();
        *held = (held.0 + 1, held.1 + entry.units);
        assert_eq!((entry.number, entry.balance), *held, "{entry:?}");
        assert!(entry.balance >= 0, "{entry:?}");
        assert!(*month.entry(key).or_insert(entry.month) <= entry.month, "{entry:?}");
        for same in [&entry.pair_id, &entry.counters_id].into_iter().flatten() {
            // Of a customer that is gone nothing is left.
            if let Some(other) = by_id.get(same.as_str()) {
                assert_eq!(other.units, -entry.units, "{entry:?} {other:?}");
            }
        }
    }
    let stored: Vec<(String, String, i64, i64)> =
        all(database, sql!["select customer_id, product_id, last_number, balance from credit_accounts"]).await;
    let stored: BTreeMap<(&str, &str), (i64, i64)> = stored
        .iter()
        .map(|(customer, product, number, balance)| ((customer.as_str(), product.as_str()), (*number, *balance)))
        .collect();
    assert_eq!(stored, accounts);
}

fn bytes_below(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let entries = entries.map(Result::unwrap);
    entries
        .map(|entry| if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().unwrap().len() })
        .sum()
}

/// The table that followed the change log against one compiled from nothing.
async fn compare_grants(app: &App, database: &Database, devices: &[String]) {
    let config = app.config.clone();
    let other = App::new(database.clone(), Clock::default(), config).unwrap();
    let mut follower = Follower::start(&other).await.unwrap();
    let table = |app: &App| -> Vec<Option<Grant>> {
        devices.iter().map(|id| app.grants.find(id).map(|held| held.grant.clone())).collect()
    };
    let expected = table(&other);
    follower.catch_up().await.unwrap();
    assert_eq!(Comparison::compare(&other).await.unwrap(), 0, "the table differs from the rows it was filled from");
    assert_eq!(table(&other), expected, "following changes that were seen changed something");
    for _ in 0..500 {
        if table(app) == expected && app.grants.len() == other.grants.len() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(table(app), expected, "the gateway's table has drifted from the rows");
    assert_eq!(app.grants.len(), other.grants.len(), "the gateway's table has grants too many");
}
