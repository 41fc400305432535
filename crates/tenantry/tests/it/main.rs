//! One integration binary: the real server, over real HTTP, on a real database. With `TENANTRY_TEST_POSTGRES` set it runs
//! on PostgreSQL instead of SQLite, so the same tests show that both behave alike.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod app;
mod audit;
mod client;
mod description;
mod machine;

mod contract;
mod customers;
mod guessing;
mod paging;
mod sessions;
mod setup;
mod suspensions;
mod users;

// Real processes and the real restic.
mod process;
mod story;
