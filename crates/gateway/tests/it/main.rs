//! The gateway over real sockets and a real directory.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod pace;
mod pools;
mod protocol;
mod quota;
mod support;
mod trail;
mod uploads;
mod usage;
