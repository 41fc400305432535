//! What goes in comes out, on both engines.

use super::databases;
use crate::{Cell, Column, Error, Record, Row, columns, columns_of, list, record, sql};

#[derive(Debug, PartialEq)]
struct PlaceId(String);

impl AsRef<str> for PlaceId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, PartialEq)]
struct Rank(u8);

impl Column for Rank {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(u8::try_from(i64::from_cell(cell)?)?))
    }
}

fn checked_name(text: String) -> Result<String, String> {
    if text.is_empty() { Err("empty".to_owned()) } else { Ok(text) }
}

record! {
    /// A record with every kind of field.
    #[derive(Debug, PartialEq)]
    struct Place {
        /// Its id.
        id: PlaceId as String => PlaceId,
        name: String as String => checked_name,
        rank: Option<Rank>,
        is_open: Option<bool>,
        picture: Option<Vec<u8>>,
        parent_id: Option<PlaceId> as Option<String> => |id| id.map(PlaceId),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_value_makes_the_round_trip() {
    for database in databases().await {
        let full = Place {
            id: PlaceId("a'\u{1F980}\"\n$1 ?1".into()),
            name: "Ängström".into(),
            rank: Some(Rank(7)),
            is_open: Some(true),
            picture: Some(vec![0, 255, 10, 0]),
            parent_id: None,
        };
        let empty = Place {
            id: PlaceId("b".into()),
            name: "x".into(),
            rank: None,
            is_open: None,
            picture: None,
            parent_id: Some(PlaceId(full.id.0.clone())),
        };
        let mut tx = database.begin().await.unwrap();
        for place in [&full, &empty] {
            let changed = tx
                .exec(sql![
                    "insert into places (id, name, rank, is_open, picture, parent_id) values (",
                    &place.id,
                    ", ",
                    &place.name,
                    ", ",
                    place.rank.as_ref().map(|rank| i64::from(rank.0)),
                    ", ",
                    place.is_open,
                    ", ",
                    place.picture.clone(),
                    ", ",
                    place.parent_id.as_ref(),
                    ")"
                ])
                .await
                .unwrap();
            assert_eq!(changed, 1);
        }
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
            "select name, id, rank, is_open, picture, parent_id from places union all \
             select 'a', 'b', null, null, null, null"
        ];
        let disordered = decode(conn.all::<Place>(disordered).await.map(drop));
        assert!(disordered.1.contains("wants the column id"), "{disordered:?}");
        let unwanted = sql![
            "select 'i' as id, '' as name, ",
            1_i64,
            " as rank, ",
            true,
            " as is_open, ",
            None::<Vec<u8>>,
            " as picture, 'p' as parent_id"
        ];
        assert_eq!(decode(conn.one::<Place>(unwanted).await.map(drop)), ("name".into(), "empty".into()));
    }
}

struct ByName {
    second: i64,
}

impl Record for ByName {
    const COLUMNS: &'static str = "";

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
