//! The flows over the tree of customers, each written once: which levels stand under which ([`level`]), where a node
//! stands ([`path`]), how state flows down ([`state`]) and settings do ([`settings`]), how budgets split down ([`budgets`]), how usage sums up ([`totals`])
//! and is measured by days ([`measure`]), how a licence stands ([`licences`]), how units that are paid beforehand go
//! month by month ([`credits`]), what something costs ([`prices`]), and which rate a week has at an instant
//! ([`schedule`]). Pure: no I/O, no clock.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod budgets;
pub mod credits;
pub mod level;
pub mod licences;
pub mod measure;
pub mod path;
pub mod prices;
pub mod schedule;
pub mod settings;
pub mod state;
pub mod totals;

pub use budgets::{Budget, Demand};
pub use level::Level;
pub use path::Path;
pub use state::{Effective, Mode, Own};
pub use totals::{Attention, Deltas, Marks, Totals};
