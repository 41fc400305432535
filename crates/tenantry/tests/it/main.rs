//! One integration binary: the real server, over real HTTP, on a real database. With `TENANTRY_TEST_POSTGRES` set it runs
//! on `PostgreSQL` instead of `SQLite`, so the same tests show that both behave alike.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod app;
mod audit;
mod client;
mod description;
mod machine;
mod requests;

mod bulk;
mod changes;
mod contract;
mod customers;
mod demo;
mod devices;
mod fairness;
mod faults;
mod feed;
mod filters;
mod guessing;
mod idempotency;
mod invitations;
mod latency;
mod listener;
mod lists;
mod migrations;
mod paging;
mod pass_keys;
mod permissions;
mod races;
mod refusals;
mod seals;
mod sessions;
mod setup;
mod strangers;
mod suspensions;
mod users;

// Real processes and the real restic.
mod crash;
mod early;
mod exhaustion;
mod full;
mod hostile;
mod lost;
mod pools;
mod process;
mod processes;
mod rustic;
mod story;
mod wire;
