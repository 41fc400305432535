//! The same done to many: a preview first, then a task.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::TaskId;
use crate::page::RowsOf;
use crate::task::Outcome;

/// So many rows of a preview are told.
pub const PREVIEWED: usize = 100;

/// What is to be done to many.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// The list that they are chosen from: `customers`, `devices`, `users`.
    pub noun: String,
    /// Customers: `suspend`, `activate`, `delete`, `restore`, `set_country`, `add_site`, `invitation`. Devices: `approve`,
    /// `suspend`, `activate`, `delete`. Both: `set_setting`, `inherit_setting`. Users: `delete`, `invitation`. The links that
    /// invitations make stand in the results of the task.
    pub action: String,
    pub selection: Selection,
    /// What the action asks for when it is done to one: for `suspend` a reason, a mode and perhaps a public message, for
    /// `set_country` a country and perhaps a storage location, for `add_site` a name, for `delete` perhaps
    /// `remove_products`, for `set_setting` the `name` of the setting, a `value` and perhaps `locked`, for
    /// `inherit_setting` its `name`, for `invitation` perhaps `by_mail`.
    pub input: Option<serde_json::Value>,
    /// Answer with what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// Which: either by their ids, or all of a list but some. It is frozen when the task begins.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// These; at most 10,000.
    pub ids: Option<Vec<String>>,
    /// All but these of the list that the other fields narrow as they narrow the list itself.
    pub except: Option<Vec<String>>,
    pub under: Option<String>,
    pub parent_id: Option<String>,
    pub q: Option<String>,
    /// Seen from the moment of the request: `now-2d` is two days before that.
    pub filter: Option<String>,
    pub level: Option<tree::Level>,
    /// `site`: the sites of the customers that the other fields choose, instead of these.
    pub rows: Option<RowsOf>,
}

/// What would become of a selection.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct BulkPreview {
    /// How many are selected.
    pub total: i64,
    /// How many would change.
    pub allowed: i64,
    /// How many are like that already.
    pub unchanged: i64,
    pub refused: Vec<RefusedCount>,
    /// What would follow in sum, by what it is counted in: `customers`, `devices` and so on.
    pub effects: BTreeMap<String, i64>,
    /// The first hundred, refused ones before others.
    pub rows: Vec<BulkRow>,
}

/// How many are refused for one reason.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RefusedCount {
    pub code: String,
    pub detail: String,
    pub count: i64,
}

/// What would become of one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct BulkRow {
    pub subject_id: String,
    pub subject_name: Option<String>,
    /// `done`, `unchanged` or `refused`.
    pub outcome: Outcome,
    pub code: Option<String>,
    /// Why it is refused, or what would change.
    pub detail: Option<String>,
}

/// A task that was begun.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct TaskBegun {
    pub task_id: TaskId,
}
