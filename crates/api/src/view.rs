//! Saved views: how somebody looks at a list, kept under a name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr};
use utoipa::{IntoParams, ToSchema};

use crate::customer::FieldlessProblem;
use crate::id::{CustomerId, ViewId};
use crate::units::Action;

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ViewNoun {
    Customers,
    Devices,
    Users,
}

/// Whose a view is, to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewOrigin {
    /// The account's own: nobody else sees it.
    Own,
    /// Shared at the reader's customer or below it.
    Shared,
    /// Shared from above; who did is not told.
    Above,
}

/// What is shown of a list, and how: what its address in the console carries beside the customer that it is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ViewContent {
    /// In the language of `docs/filters.md`. It runs within what the reader sees.
    #[schema(max_length = 4000)]
    pub filter: Option<String>,
    #[schema(max_length = 200)]
    pub q: Option<String>,
    /// A field to sort by; with a leading `-` descending.
    #[schema(max_length = 100)]
    pub sort: Option<String>,
    pub layout: ViewLayout,
    /// What else the address carries, by name: at most 16, of at most 200 characters each.
    pub parameters: BTreeMap<String, String>,
}

/// The columns of a list, as the console names them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ViewLayout {
    /// Those that are shown, in their order; `null`: as the list has them by itself. At most 100.
    pub columns: Option<Vec<String>>,
    /// In rem, from 1 to 100.
    pub widths: BTreeMap<String, f64>,
    /// Those that stay in place while the others scroll.
    pub pinned: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct View {
    pub id: ViewId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub noun: ViewNoun,
    pub name: String,
    pub origin: ViewOrigin,
    /// The customer that it is shared at; `null` where it isn't, and where that is above the reader.
    pub customer_id: Option<CustomerId>,
    /// The reader's list opens with it.
    pub is_default: bool,
    pub content: ViewContent,
    /// Why its filter finds nothing for the reader: it asks for a field that there isn't, or isn't any more. Of a view that is
    /// shared from above the filter itself is not told then.
    pub filter_problem: Option<FieldlessProblem>,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewCreate {
    pub noun: ViewNoun,
    /// Another one than the other views of its owner and noun have.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// Everybody at the customer and below it sees it.
    #[serde(default)]
    pub is_shared: bool,
    /// Where it is shared: the caller's own customer unless given, or one below it.
    pub customer_id: Option<CustomerId>,
    #[serde(default)]
    pub content: ViewContent,
}

/// Only what is given changes.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewUpdate {
    #[schema(min_length = 1, max_length = 80)]
    pub name: Option<String>,
    /// True shares it at the caller's customer, false makes it the caller's own.
    pub is_shared: Option<bool>,
    /// Taken whole.
    pub content: Option<ViewContent>,
}

/// Whether the caller's list opens with it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewDefault {
    pub is_default: bool,
}

/// Which of the managed accounts somebody's list of customers shows. The console narrows the list by it
/// (`kind != managed or managed_here == true`); other programs are told of all. It goes with the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewSettings {
    pub managed_accounts: ManagedAccounts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ManagedAccounts {
    #[default]
    All,
    /// Those that hold a licence of a product which is managed here, at them or below.
    ManagedHere,
}

/// Which views to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ViewQuery {
    /// Only those of this list.
    #[param(inline)]
    pub noun: Option<ViewNoun>,
    /// Only those that are shared at this very customer, instead of those that the caller uses.
    pub customer_id: Option<CustomerId>,
}
