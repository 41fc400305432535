//! Everything that two parts of Tenantry must agree on: wire types (one file per resource), ids, error codes, paging,
//! and [`grant`], where the control plane and the gateway meet. No rule and no query belongs here.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod allotment;
pub mod backup;
pub mod bulk;
pub mod change;
pub mod credit;
pub mod customer;
pub mod device;
pub mod error;
pub mod event;
pub mod factor;
pub mod grant;
pub mod id;
pub mod invitation;
pub mod invoice;
pub mod job;
pub mod licence;
pub mod licence_pool;
pub mod mail;
pub mod measurement;
pub mod notification;
pub mod oidc;
pub mod overview;
pub mod page;
pub mod pass_key;
pub mod permission;
pub mod pool;
pub mod product;
pub mod removed;
pub mod report;
pub mod session;
pub mod setting;
pub mod space;
pub mod storage;
pub mod task;
pub mod template;
pub mod token;
pub mod units;
pub mod user;
pub mod vault;
pub mod view;
pub mod webhook;

pub use error::{Code, Error, FieldError, Problem};
pub use tree::{Level, Mode};
