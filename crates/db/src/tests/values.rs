//! What goes in comes out, on both engines.

use std::convert::Infallible;
use std::str::FromStr;

use super::databases;
use crate::{
    Assignments, Column, Engine, Error, Fields, Kept, Record, Row, Rows, Stored, Text, Value, assign, columns,
    columns_of, list, record, sql,
};

#[derive(Clone, Debug, PartialEq)]
struct PlaceId(String);

impl AsRef<str> for PlaceId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlaceId {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Name(String);

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') { Err("has a slash".to_owned()) } else { Ok(Self(text.to_owned())) }
    }
}

/// Fills two columns.
#[derive(Clone, Debug, Default, PartialEq)]
struct Looks {
    rank: Option<u8>,
    picture: Option<Vec<u8>>,
}

struct LooksColumns;

impl Kept<Looks> for LooksColumns {
    fn columns(_: &'static str) -> Vec<&'static str> {
        vec!["rank", "picture"]
    }

    fn load(row: &Row<'_>, _: &'static str) -> Result<Looks, Error> {
        let rank = row.read("rank", |cell| Ok(Option::<i64>::from_cell(cell)?.map(u8::try_from).transpose()?))?;
        Ok(Looks { rank, picture: row.read("picture", Option::from_cell)? })
    }

    fn store(looks: &Looks) -> Vec<Value> {
        vec![looks.rank.map(i64::from).into(), looks.picture.clone().into()]
    }
}

record! {
    /// A record with every kind of field.
    #[derive(Clone, Debug, PartialEq)]
    struct Place {
        /// Its id.
        id: PlaceId as Text,
        version: i64,
        name: Name as Text [logged],
        looks: Looks as LooksColumns [logged],
        is_open: Option<bool>,
        parent_id: Option<PlaceId> as Option<Text> [logged],
    }
}

impl Stored for Place {
    const TABLE: &'static str = "places";

    fn derived(&self) -> Assignments {
        assign! { shout: self.name.0.to_uppercase() }
    }
}

fn full() -> Place {
    Place {
        id: PlaceId("a'\u{1F980}\"\n$1 ?1".into()),
        version: 1,
        name: Name("Ängström".into()),
        looks: Looks { rank: Some(7), picture: Some(vec![0, 255, 10, 0]) },
        is_open: Some(true),
        parent_id: None,
    }
}

#[test]
fn a_record_is_written_with_what_follows_from_it() {
    let place = full();
    let sql = place.insertion();
    assert_eq!(
        sql.text(Engine::Postgres),
        "insert into places (id, version, name, rank, picture, is_open, parent_id, shout) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    assert_eq!(sql.values().last(), Some(&Value::from("ÄNGSTRÖM")));
    assert_eq!(sql.values().nth(6), Some(&Value::Text(None)));

    let renamed = Place { name: Name("x".into()), ..place.clone() };
    let sql = renamed.update_of(&place, assign! { secret: "s" }).unwrap();
    assert_eq!(
        sql.text(Engine::Postgres),
        "update places set version = version + 1, name = $1, shout = $2, secret = $3 where id = $4 and version = $5"
    );
    let sql = place.update_of(&place, assign! { secret: "s" }).unwrap();
    assert!(sql.text(Engine::Sqlite).starts_with("update places set version = version + 1, secret = ?1 where"));
    assert_eq!(place.update_of(&place, Assignments::new()), None);
    // What follows from the same texts stays as it is.
    let louder = Place { name: Name("X".into()), ..place };
    let text = louder.update_of(&renamed, Assignments::new()).unwrap().text(Engine::Sqlite);
    assert_eq!(text, "update places set version = version + 1, name = ?1 where id = ?2 and version = ?3");
}

#[test]
fn only_what_is_marked_may_be_logged() {
    let logged = full().logged();
    let names: Vec<&str> = logged.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["name", "rank", "picture", "parent_id"]);
    assert_eq!(logged[0].1, Value::from("Ängström"));
    assert_eq!(logged[3].1, Value::Text(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_writes_the_difference_once() {
    for database in databases().await {
        let place = full();
        let changed = Place { name: Name("x".into()), looks: Looks::default(), is_open: None, ..place.clone() };
        let mut tx = database.begin().await.unwrap();
        tx.exec(place.insertion()).await.unwrap();
        let statement = changed.update_of(&place, Assignments::new()).unwrap();
        assert_eq!(tx.exec(statement.clone()).await.unwrap(), 1);
        // Its version is another one by now.
        assert_eq!(tx.exec(statement).await.unwrap(), 0);
        let (found, shout): (Place, String) =
            tx.one(sql!["select ", columns::<Place>(), ", shout from places"]).await.unwrap();
        assert_eq!((found, shout.as_str()), (Place { version: 2, ..changed }, "X"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_value_makes_the_round_trip() {
    for database in databases().await {
        let full = full();
        let empty = Place {
            id: PlaceId("b".into()),
            version: 1,
            name: Name("x".into()),
            looks: Looks::default(),
            is_open: None,
            parent_id: Some(full.id.clone()),
        };
        let mut tx = database.begin().await.unwrap();
        let mut rows = Rows::new(Place::TABLE);
        rows.push(full.assignments());
        rows.push(empty.assignments());
        assert_eq!(tx.exec(rows.into_sql()).await.unwrap(), 2);
        tx.commit().await.unwrap();

        let mut conn = database.read().await.unwrap();
        let places: Vec<Place> =
            conn.all(sql!["select ", columns::<Place>(), " from places order by id"]).await.unwrap();
        assert_eq!(places, [full, empty], "{:?}", database.engine());

        let open: Vec<String> = conn.all(sql!["select id from places where is_open = ", true]).await.unwrap();
        assert_eq!(open.len(), 1);
        let picture: [u8; 4] =
            conn.one(sql!["select picture from places where picture = ", [0_u8, 255, 10, 0]]).await.unwrap();
        assert_eq!(picture, [0, 255, 10, 0]);
        let (child, parent): (Place, Option<String>) = conn
            .one(sql![
                "select ",
                columns_of::<Place>("c"),
                ", p.name from places c join places p on p.id = c.parent_id where c.name = ",
                String::from("x")
            ])
            .await
            .unwrap();
        assert_eq!((child.id.0.as_str(), parent.as_deref()), ("b", Some("Ängström")));
        drop(conn);
        database.finish().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_keep_their_types_where_a_server_would_guess() {
    for database in databases().await {
        let mut conn = database.read().await.unwrap();
        let none: Option<&str> = None;
        let all: (i64, String, bool, Vec<u8>, Option<i64>) = conn
            .one(sql!["select ", i64::MIN, ", ", String::from("text"), ", ", true, ", ", vec![1_u8], ", ", None::<i64>])
            .await
            .unwrap();
        assert_eq!(all, (i64::MIN, "text".to_owned(), true, vec![1], None));
        let count: i64 = conn
            .one(sql!["select count(*) from counters where ", none, " is null and id = ", 1_i64, " and 1 = ", 1_i64])
            .await
            .unwrap();
        assert_eq!(count, 1);
        // The sum is a numeric on PostgreSQL; what it is compared to stays what we bound.
        let found: i64 = conn.one(sql!["select count(*) from counters having sum(count) < ", i64::MAX]).await.unwrap();
        assert_eq!(found, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_repeated_values_are_bound_in_order() {
    for database in databases().await {
        let mut conn = database.read().await.unwrap();
        let id = String::from("b");
        for (ids, expected) in [(vec!["a", "b", "c"], 1), (vec!["c"], 0), (vec![], 0)] {
            let count: i64 = conn
                .one(sql!["select count(*) from counters where ", &id, " in ", list(ids), " and ", &id, " = ", &id])
                .await
                .unwrap();
            assert_eq!(count, expected);
        }
        // The same text again, now from the cache, with other values.
        for number in 0..3_i64 {
            assert_eq!(conn.one::<i64>(sql!["select ", number, " + ", 10_i64]).await.unwrap(), number + 10);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_an_error_that_names_the_column() {
    for database in databases().await {
        let mut conn = database.read().await.unwrap();
        let decode = |result: Result<(), Error>| match result.unwrap_err() {
            Error::Decode { column, source } => (column, source.to_string()),
            other => panic!("{other:?}"),
        };
        let mut ask = async |sql| decode(conn.one::<String>(sql).await.map(drop));
        assert_eq!(ask(sql!["select 1 as n"]).await, ("n".into(), "expected text, found an integer".into()));
        assert_eq!(ask(sql!["select null as n"]).await, ("n".into(), "expected text, found null".into()));
        assert_eq!(ask(sql!["select 1.5 as n"]).await.0, "n");
        let mut conn = database.read().await.unwrap();
        let short = conn.one::<(i64, i64)>(sql!["select 1"]).await;
        assert!(decode(short.map(drop)).1.contains("only 1 columns"));
        let narrow = conn.one::<[u8; 2]>(sql!["select ", vec![1_u8]]).await;
        assert_eq!(decode(narrow.map(drop)).1, "expected 2 bytes, found 1");
        let disordered = sql![
            "select name, version, id, rank, picture, is_open, parent_id from places union all \
             select 'a', 1, 'b', null, null, null, null"
        ];
        let disordered = decode(conn.all::<Place>(disordered).await.map(drop));
        assert!(disordered.1.contains("wants the column id"), "{disordered:?}");
        let mut ask = async |name: &str, rank: i64| {
            let unwanted = sql![
                "select 'i' as id, 1 as version, ",
                name,
                " as name, ",
                rank,
                " as rank, ",
                None::<Vec<u8>>,
                " as picture, ",
                true,
                " as is_open, 'p' as parent_id"
            ];
            decode(conn.one::<Place>(unwanted).await.map(drop))
        };
        assert_eq!(ask("a/b", 1).await, ("name".into(), "a/b: has a slash".into()));
        assert_eq!(ask("a", 256).await.0, "rank");
    }
}

struct ByName {
    second: i64,
}

impl Record for ByName {
    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self { second: row.get("second")? })
    }
}

#[tokio::test]
async fn a_runtime_with_one_thread_will_do() {
    for database in databases().await {
        let mut conn = database.read().await.unwrap();
        let row: ByName = conn.one(sql!["select 1 as first, 2 as second"]).await.unwrap();
        assert_eq!(row.second, 2);
        assert!(conn.one::<ByName>(sql!["select 1 as first"]).await.is_err());
        drop(conn);
        database.ping().await.unwrap();
        let mut tx = database.begin().await.unwrap();
        tx.exec(sql!["update counters set count = 1"]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_can_be_checked_without_running_them() {
    for database in databases().await {
        database.check(&sql!["delete from counters where id = ", 1_i64]).await.unwrap();
        assert!(database.check(&sql!["select nothing from counters"]).await.is_err());
        assert!(database.check(&sql!["selec 1"]).await.is_err());
        assert!(database.check(&sql!["select count(*) from counters where id = ?"]).await.is_err());
        let count: i64 = database.read().await.unwrap().one(sql!["select count(*) from counters"]).await.unwrap();
        assert_eq!(count, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_sorted_by_their_bytes() {
    for database in databases().await {
        let mut tx = database.begin().await.unwrap();
        for (id, name) in [("b", "1"), ("B", "2"), ("a_", "3"), ("aa", "4"), ("ä", "5"), ("a/", "6"), ("a", "7")] {
            tx.exec(sql!["insert into places (id, name) values (", id, ", ", name, ")"]).await.unwrap();
        }
        let ids: Vec<String> = tx.all(sql!["select id from places order by id"]).await.unwrap();
        assert_eq!(ids, ["B", "a", "a/", "a_", "aa", "b", "ä"], "{:?}", database.engine());
        let below: Vec<String> =
            tx.all(sql!["select id from places where id >= 'a/' and id < 'a0' order by id"]).await.unwrap();
        assert_eq!(below, ["a/"]);
    }
}
