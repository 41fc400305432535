//! Lists: a cursor for whoever walks through everything, a window by offset for a scrollbar.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub const DEFAULT_LIMIT: u32 = 50;
pub const MAX_LIMIT: u32 = 500;
/// Beyond this many matches they are no longer counted.
pub const COUNTED: i64 = 10_000;
/// Most ids that a list is narrowed to.
pub const MAX_IDS: usize = 500;

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give this as `after` to read on; `null` at the end.
    pub next: Option<String>,
    /// How many match in all. Where that is found by counting, beyond 10,000 it is 10,000.
    pub total: i64,
    /// Whether no more than `total` match.
    pub total_is_exact: bool,
}

/// Which part of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it. Not together with `offset`.
    pub after: Option<String>,
    /// Skip this many items.
    #[param(minimum = 0)]
    pub offset: Option<u32>,
    /// A field to sort by; with a leading `-` descending.
    pub sort: Option<String>,
    /// A customer's id: only it and what is below it.
    pub under: Option<String>,
    /// Customers: only those directly below this one. Devices, users: only those of this customer itself.
    pub parent_id: Option<String>,
    /// Only these, separated by commas; at most 500.
    pub ids: Option<String>,
    /// Only these fields of each item, separated by commas; `id` always.
    pub fields: Option<String>,
    /// Text that must occur, ignoring case; of one or two characters at the beginning of a word.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only what this filter finds, such as `level == end_customer and last_backup_at < now-2d`; on the fields that the
    /// list's `fields` operation names, in the language of `docs/filters.md`.
    #[param(max_length = 4000)]
    pub filter: Option<String>,
    /// Only customers of this level; other lists have no levels.
    pub level: Option<tree::Level>,
}

/// Whether to do it or to say what it would do.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// Answer with what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}
