//! A database of the first version, with rows in it, becomes one of this version.

use db::sql;

const FIRST: db::Migrations = db::Migrations::new(&[db::Migration::new(
    "V1__first_slice.sql",
    include_str!("../../../../migrations/V1__first_slice.sql"),
)]);

/// Rows as the first version wrote them: provider, a stopped reseller with a customer, one beside it, a device.
const ROWS: &[&str] = &[
    "insert into storage_pools (id, name, directory) values ('pool_1', 'First pool', 'pool')",
    "insert into customers (id, version, path, level, company_name, company_folded, search, is_default, created_at)
     values ('p', 1, 'p/', 'provider', 'Provider', 'provider', 'provider', true, 1)",
    "insert into customers (id, version, parent_id, path, level, company_name, company_folded, suspend_mode, search,
     is_default, created_at)
     values ('r', 1, 'p', 'p/r/', 'reseller', 'Stopped IT', 'stopped it', 'full_stop', 'stopped it', false, 2)",
    "insert into customers (id, version, parent_id, path, level, company_name, company_folded, suspend_mode, email, search,
     is_default, created_at)
     values ('c', 1, 'r', 'p/r/c/', 'end_customer', 'Mill Lane', 'mill lane', 'stop_backups', 'a@mill.example',
     'mill lane
a@mill.example', false, 3)",
    "update customers set contact = 'Jörg', phone = '030/12 34', city = 'Łódź' where id = 'c'",
    "insert into customers (id, version, parent_id, path, level, company_name, company_folded, suspend_mode, search,
     is_default, created_at)
     values ('o', 1, 'p', 'p/o/', 'reseller', 'Other IT', 'other it', 'stop_backups', 'other it', false, 4)",
    "insert into totals (customer_id, customers, sites, devices, used_bytes)
     values ('p', 3, 0, 1, 7), ('r', 1, 0, 1, 7), ('c', 0, 0, 1, 7), ('o', 0, 0, 0, 0)",
    "insert into devices (id, version, customer_id, path, end_customer_id, name, name_folded, kind, status, secret_hash,
     created_at, search)
     values ('d', 1, 'c', 'p/r/c/', 'c', 'Till 1', 'till 1', 'agent', 'authorised', 'x', 5, 'till 1
d')",
    "insert into repositories (id, device_id, pool_id, used_bytes, is_open) values ('rep', 'd', 'pool_1', 7, true)",
    "insert into changes (number, at, actor_kind, action, subject_kind, subject_id, subject_name, subject_folded,
     customer_id, path)
     values (1, 1, 'system', 'customer.created', 'customer', 'c', 'Mill Lane', 'mill lane', 'c', 'p/r/c/'),
     (2, 2, 'system', 'customer.created', 'customer', 'gone', 'Gone', 'gone', 'gone', 'p/r/gone/')",
    "update change_counter set last_number = 2",
];

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date_with_its_rows() {
    let old = db::test::fresh(&FIRST).await.unwrap();
    let mut tx = old.begin().await.unwrap();
    for row in ROWS {
        tx.exec(sql![db::Raw(row)]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let database = db::Database::open(old.url(), &control::MIGRATIONS).await.unwrap();
    assert!(!database.migrate(&control::MIGRATIONS).await.unwrap().is_empty());

    let mut conn = database.read().await.unwrap();
    let stopped: Vec<(String, i64)> = conn.all(sql!["select id, stopped from customers order by id"]).await.unwrap();
    let stopped: Vec<(&str, i64)> = stopped.iter().map(|(id, stopped)| (id.as_str(), *stopped)).collect();
    assert_eq!(stopped, [("c", 2), ("o", 1), ("p", 0), ("r", 2)]);
    let places: Vec<(String, String)> = conn
        .all(sql!["select customer_id, path from totals union all select device_id, path from repositories order by 1"])
        .await
        .unwrap();
    let places: Vec<String> = places.iter().map(|(id, path)| format!("{id} {path}")).collect();
    assert_eq!(places, ["c p/r/c/", "d p/r/c/", "o p/o/", "p p/", "r p/r/"]);
    let search: String = conn.one(sql!["select search from customers where id = 'c'"]).await.unwrap();
    assert_eq!(search, "  mill  lane  a@mill.example  jorg  lodz  030/12  34  0301234");
    // As the program writes it.
    let fields = ["Mill Lane", "a@mill.example", "Jörg", "Łódź"].map(Some);
    assert_eq!(search, base::text::search_column(fields, Some("030/12 34")));
    // Histories are found at every node that an entry happened below, and those of what is gone at itself.
    let histories: Vec<(String, i64)> =
        conn.all(sql!["select customer_id, number from change_places order by customer_id, number"]).await.unwrap();
    let histories: Vec<String> = histories.iter().map(|(id, number)| format!("{id} {number}")).collect();
    assert_eq!(histories, ["c 1", "gone 2", "p 1", "p 2", "r 1", "r 2"]);
    let notes: Vec<Option<String>> = conn.all(sql!["select shared_notes from customers"]).await.unwrap();
    assert!(notes.iter().all(Option::is_none));
    if database.engine() == db::Engine::Sqlite {
        let customers = sql![
            "select c.id from customers_grams cross join customers c
             where customers_grams match ",
            "\"lane\" AND \"jorg\"".to_owned(),
            " and c.n = customers_grams.rowid"
        ];
        let devices = sql![
            "select d.id from devices_grams cross join devices d
             where devices_grams match ",
            "\"till\"".to_owned(),
            " and d.n = devices_grams.rowid"
        ];
        for (statement, found) in [(customers, "c"), (devices, "d")] {
            let ids: Vec<String> = conn.all(statement).await.unwrap();
            assert_eq!(ids, [found]);
        }
    }
    drop(conn);
    drop(database);
    old.finish().await.unwrap();
}
