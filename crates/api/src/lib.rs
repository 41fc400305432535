//! Everything that two parts of Tenantry must agree on: wire types (one file per resource), ids, error codes, paging,
//! and [`grant`], where the control plane and the gateway meet. No rule and no query belongs here.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod bulk;
pub mod change;
pub mod customer;
pub mod device;
pub mod error;
pub mod grant;
pub mod id;
pub mod invitation;
pub mod page;
pub mod pass_key;
pub mod pool;
pub mod session;
pub mod storage;
pub mod task;
pub mod units;
pub mod user;

pub use error::{Code, Error, FieldError, Problem};
pub use tree::{Level, Mode};
