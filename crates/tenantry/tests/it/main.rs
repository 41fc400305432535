//! One integration binary: the real server, over real HTTP, on a real database. With `TENANTRY_TEST_POSTGRES` set it runs
//! on `PostgreSQL` instead of `SQLite`, so the same tests show that both behave alike.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod app;
mod audit;
mod client;
mod description;
mod machine;
mod requests;

mod approval;
mod backups;
mod bulk;
mod changes;
mod commands;
mod contract;
mod customers;
mod deletions;
mod demo;
mod devices;
mod exports;
mod factors;
mod fairness;
mod faults;
mod feed;
mod filters;
mod guessing;
mod idempotency;
mod invitations;
mod latency;
mod lifecycle;
mod listener;
mod lists;
mod locations;
mod mail;
mod measurements;
mod migrations;
mod moves;
mod oidc;
mod overview;
mod paging;
mod pass_keys;
mod permissions;
mod products;
mod races;
mod refusals;
mod seals;
mod services;
mod sessions;
mod settings;
mod setup;
mod space;
mod strangers;
mod suspensions;
mod tokens;
mod trials;
mod users;
mod views;
mod web_access;

// Real processes and the real restic.
mod append_only;
mod bought;
mod crash;
mod early;
mod exhaustion;
mod full;
mod hostile;
mod lost;
mod pools;
mod process;
mod processes;
mod restic;
mod rustic;
mod story;
mod wire;
