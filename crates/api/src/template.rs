//! Templates: settings that are given to customers together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use utoipa::ToSchema;

use crate::id::{CustomerId, TemplateId};
use crate::setting::SettingSet;
use crate::units::{Action, Time};

/// Settings by their names, each with its value and whether it is locked.
pub type Bundle = BTreeMap<String, SettingSet>;

/// Settings that are given to customers together.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Template {
    pub id: TemplateId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// It is for customers at and below this one; `null` where it is offered by somebody above what the caller may see.
    pub customer_id: Option<CustomerId>,
    pub customer_name: Option<String>,
    pub name: String,
    /// Whether those who look after customers further down may use it too, and see what it sets.
    pub offered: bool,
    /// Counts the changes of what it sets.
    pub revision: i64,
    pub settings: Bundle,
    /// What it set before, the newest first, 50 at most. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Vec<TemplateRevision>>,
    /// How many customers that the caller sees have it.
    pub assigned: i64,
    /// How many of those set something else than it does.
    pub differing: i64,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// What a template set from a time on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TemplateRevision {
    pub revision: i64,
    pub since: Time,
    pub settings: Bundle,
}

/// A new one.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateCreate {
    /// Unique at its customer ignoring case.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it sets; 50 at most. On top of what `from_customer_id` gives.
    #[serde(default)]
    pub settings: Bundle,
    /// It begins with what this customer sets itself.
    pub from_customer_id: Option<CustomerId>,
    #[serde(default)]
    pub offered: bool,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// All that it sets from now on. Customers that have it keep what they set, and differ until it is assigned to them again.
    pub settings: Option<Bundle>,
    pub offered: Option<bool>,
}

/// The templates that can be assigned at a customer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TemplateList {
    pub items: Vec<Template>,
}

/// Gives a customer what a template sets.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateAssign {
    pub template_id: TemplateId,
}

/// Whether a customer still sets what its template does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TemplateState {
    Same,
    /// The customer or the template has been changed since.
    Differs,
}

/// The template that a customer has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssignedTemplate {
    pub id: TemplateId,
    pub name: String,
    pub state: TemplateState,
}
