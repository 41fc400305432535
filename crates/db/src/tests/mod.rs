//! Everything against real databases: `SQLite` always, `PostgreSQL` where the environment names a server.

mod errors;
mod migrations;
mod transactions;
mod values;

use crate::test::{Fresh, fresh_on, postgres_server};
use crate::{Engine, Migration, Migrations};

const TABLES: Migrations = Migrations::new(&[Migration::new(
    "V1__tables.sql",
    "create table places (id id_text primary key, name text not null, rank bigint, is_open boolean, picture bytea, \
     parent_id id_text references places (id), version bigint not null default 1, shout text,
     constraint rank_is_positive check (rank > 0));
     create unique index places_name on places (parent_id, name);
     create unique index places_lower on places (lower(name)) where parent_id is null;
     create table counters (id bigint primary key, count bigint not null);
     insert into counters (id, count) values (1, 0);",
)]);

/// A database with the tables above on each engine that is there.
async fn databases() -> Vec<Fresh> {
    on_each_engine(&TABLES).await
}

async fn on_each_engine(migrations: &Migrations) -> Vec<Fresh> {
    let mut databases = vec![fresh_on(Engine::Sqlite, "", migrations).await.unwrap()];
    if let Some(server) = postgres_server() {
        databases.push(fresh_on(Engine::Postgres, &server, migrations).await.unwrap());
    }
    databases
}
