//! The server as a library, so that tests start the very thing that the binary runs.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod arguments;
pub mod config;
pub mod console;
pub mod demo;
pub mod documents;
pub mod listen;
pub mod machine;
pub mod metrics;
pub mod serve;
