//! Lists: a cursor for whoever walks through everything, a window by offset for a scrollbar.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::bulk::Selection;

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
    /// Only what this filter finds, such as `level == end_customer and last_backup_at < now-2d`; on the fields that
    /// `GET /fields` names, in the language of `docs/filters.md`.
    #[param(max_length = 4000)]
    pub filter: Option<String>,
    /// Only customers of this level; other lists have no levels.
    pub level: Option<tree::Level>,
    /// Customers: `site` gives one row per site, a customer without sites still once. What narrows the list and its order
    /// are the customer's; the site stands in the row's `site`.
    pub rows: Option<RowsOf>,
}

/// What a row of a list of customers stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowsOf {
    /// A customer of any level, sites among them.
    Customer,
    /// A site of a customer, or a customer that has none.
    Site,
}

/// Which rows of a list to count by which fields: what narrows the list narrows this alike.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CountQuery {
    /// Fields with few values, separated by commas, such as `level,effective_state.state`; at most 20.
    pub by: String,
    /// A customer's id: only it and what is below it.
    pub under: Option<String>,
    /// Customers: only those directly below this one. Devices, users: only those of this customer itself.
    pub parent_id: Option<String>,
    /// Only these, separated by commas; at most 500.
    pub ids: Option<String>,
    /// Text that must occur, as in the list.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only what this filter finds, as in the list.
    #[param(max_length = 4000)]
    pub filter: Option<String>,
    /// Only customers of this level; other lists have no levels.
    pub level: Option<tree::Level>,
}

impl CountQuery {
    /// The list that is counted.
    pub fn list(&self) -> ListQuery {
        ListQuery {
            under: self.under.clone(),
            parent_id: self.parent_id.clone(),
            ids: self.ids.clone(),
            q: self.q.clone(),
            filter: self.filter.clone(),
            level: self.level,
            ..ListQuery::default()
        }
    }
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// RFC 4180, for spreadsheets and scripts.
    #[default]
    Csv,
    /// A JSON object per line.
    Jsonl,
}

/// Which rows of a list to write out whole, in which order and form: what narrows and sorts the list does so here.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// `csv` unless said otherwise.
    #[param(inline)]
    pub format: Option<ExportFormat>,
    /// Fields as `GET /fields` names them, separated by commas, in this order behind `id` and `path`; all of them unless
    /// said otherwise. With `rows=site` a field of the site is called `site.name` and so on.
    #[param(max_length = 4000)]
    pub columns: Option<String>,
    /// Whether CSV begins with a byte order mark, by which spreadsheets know that it is UTF-8.
    #[serde(default)]
    #[param(default = false)]
    pub bom: bool,
    /// A field to sort by; with a leading `-` descending.
    pub sort: Option<String>,
    /// A customer's id: only it and what is below it.
    pub under: Option<String>,
    /// Customers: only those directly below this one. Devices, users: only those of this customer itself.
    pub parent_id: Option<String>,
    /// Only these, separated by commas; at most 500.
    pub ids: Option<String>,
    /// Text that must occur, as in the list.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only what this filter finds, as in the list.
    #[param(max_length = 4000)]
    pub filter: Option<String>,
    /// Only customers of this level; other lists have no levels.
    pub level: Option<tree::Level>,
    /// Customers: `site` gives one row per site, as in the list.
    pub rows: Option<RowsOf>,
}

impl ExportQuery {
    /// The list that is written out.
    pub fn list(&self) -> ListQuery {
        ListQuery {
            sort: self.sort.clone(),
            under: self.under.clone(),
            parent_id: self.parent_id.clone(),
            ids: self.ids.clone(),
            q: self.q.clone(),
            filter: self.filter.clone(),
            level: self.level,
            rows: self.rows,
            ..ListQuery::default()
        }
    }
}

/// Which rows of a list to write out whole, chosen as for a bulk action: for more of them than an address can name.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    pub selection: Selection,
    /// `csv` unless said otherwise.
    pub format: Option<ExportFormat>,
    /// Fields as `GET /fields` names them, in this order behind `id` and `path`; all of them unless said otherwise. With
    /// rows by site a field of the site is called `site.name` and so on.
    pub columns: Option<Vec<String>>,
    /// Whether CSV begins with a byte order mark, by which spreadsheets know that it is UTF-8.
    #[serde(default)]
    pub bom: bool,
    /// A field to sort by; with a leading `-` descending.
    #[schema(max_length = 100)]
    pub sort: Option<String>,
}

/// How many rows of a list have which value.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ListCounts {
    /// How many rows were looked at.
    pub total: i64,
    /// Whether these are all. Where they are not, every count is a lower bound.
    pub is_exact: bool,
    /// In the order in which they were asked for.
    pub fields: Vec<FieldCounts>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldCounts {
    pub field: String,
    /// Every word of an enumeration in its order, else what there is, the most frequent first.
    pub values: Vec<ValueCount>,
    /// Whether there are values beyond the hundred most frequent.
    pub has_more: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ValueCount {
    /// As a filter takes it, without quotes; `null` for rows that have no value.
    pub value: Option<String>,
    pub count: i64,
}

/// What a field's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Id,
    Code,
    Word,
    Number,
    Bytes,
    Time,
    Flag,
}

/// A field that lists can be filtered by.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Field {
    /// As rows, filters and orders have it, dotted where it lies in another.
    pub name: String,
    pub kind: FieldKind,
    /// The words of an enumeration, in their order; empty for every other kind.
    pub values: Vec<String>,
    /// How a filter may ask for it: `==`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `in`, and `exists` where a row may have none.
    pub comparisons: Vec<String>,
    /// Whether lists can be sorted by it.
    pub sortable: bool,
    /// Whether a search for text looks at it.
    pub searchable: bool,
    /// Whether lists can be counted by it.
    pub countable: bool,
}

/// Something that is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedNoun {
    Customers,
    RemovedCustomers,
    Devices,
    Users,
    PassKeys,
    Licences,
    Events,
    Jobs,
    Changes,
    Tasks,
}

/// What can be asked of a noun's rows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NounFields {
    pub noun: ListedNoun,
    pub fields: Vec<Field>,
}

/// What the caller can ask of each list that it can read.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldList {
    pub items: Vec<NounFields>,
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
