//! Products, and the plans under which they are sold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use utoipa::ToSchema;

use crate::id::{PlanId, ProductId, TemplateId};
use crate::units::{Action, Time, present};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Unit {
    Device,
    Server,
    Workstation,
    Seat,
    /// Terabytes.
    Tb,
    /// Units by weight: a server may take more of them than a desktop.
    Credit,
}

/// For how something is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Edition {
    Trial,
    Full,
}

/// What can be sold.
#[expect(clippy::struct_excessive_bools, reason = "each is a field on the wire")]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Product {
    pub id: ProductId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub name: String,
    pub unit: Unit,
    /// Billed by what is used: there is nothing to assign.
    pub usage_billed: bool,
    /// Customers with it are looked after here.
    pub managed_here: bool,
    pub has_templates: bool,
    pub has_firmware: bool,
    /// How many units something takes, by its class; empty: one each.
    pub weights: BTreeMap<String, i64>,
    /// Products of these units must not stand beside it at a site, whichever of both says so.
    pub excludes: Vec<Unit>,
    /// When it was taken off the shelf: what was sold goes on.
    pub retired_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// A new product.
#[expect(clippy::struct_excessive_bools, reason = "each is a field on the wire")]
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductCreate {
    /// Unique ignoring case.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Never changes.
    pub unit: Unit,
    #[serde(default)]
    pub usage_billed: bool,
    #[serde(default)]
    pub managed_here: bool,
    #[serde(default)]
    pub has_templates: bool,
    #[serde(default)]
    pub has_firmware: bool,
    /// Only of credits: by class, from 1 to 1,000.
    #[serde(default)]
    pub weights: BTreeMap<String, i64>,
    /// Products of these units must not stand beside it at a site. Unless given, storage excludes storage and endpoints, and
    /// endpoints exclude storage.
    pub excludes: Option<Vec<Unit>>,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    pub managed_here: Option<bool>,
    pub has_templates: Option<bool>,
    pub has_firmware: Option<bool>,
    /// Holds for what is assigned from now on.
    pub excludes: Option<Vec<Unit>>,
    /// Off the shelf, or back on it.
    pub retired: Option<bool>,
}

/// For how long, and what happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Terms {
    /// Counts the changes of terms; what was sold keeps those that it was sold under.
    pub revision: i64,
    pub term_months: Option<i64>,
    /// Of trials, say. Neither: without an end.
    pub term_days: Option<i64>,
    /// At its end it begins anew.
    pub auto_renew: bool,
    /// How many days before the end somebody is told.
    pub expiry_notice_days: i64,
    pub since: Time,
}

/// The terms under which a product is sold.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    pub id: PlanId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub name: String,
    pub product_id: ProductId,
    pub product_name: String,
    pub edition: Edition,
    pub terms: Terms,
    /// Those before, the newest first. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_terms: Option<Vec<Terms>>,
    /// What customers are given that begin with a licence of the plan.
    pub template_id: Option<TemplateId>,
    pub retired_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// A new plan.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCreate {
    /// Unique ignoring case.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    pub product_id: ProductId,
    /// Full unless said otherwise. Never changes.
    pub edition: Option<Edition>,
    #[schema(minimum = 1, maximum = 120)]
    pub term_months: Option<i64>,
    #[schema(minimum = 1, maximum = 3650)]
    pub term_days: Option<i64>,
    #[serde(default)]
    pub auto_renew: bool,
    /// 60 of a full plan and 14 of a trial unless said otherwise.
    #[schema(minimum = 0, maximum = 365)]
    pub expiry_notice_days: Option<i64>,
    /// One of the provider's own, given to customers that begin with a licence of the plan; not for a product without templates.
    pub template_id: Option<TemplateId>,
}

/// What changes. A field that is left out stays. Other terms hold for what is sold from now on.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 120)]
    pub term_months: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 3650)]
    pub term_days: Option<Option<i64>>,
    pub auto_renew: Option<bool>,
    #[schema(minimum = 0, maximum = 365)]
    pub expiry_notice_days: Option<i64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TemplateId>)]
    pub template_id: Option<Option<TemplateId>>,
    /// Off the shelf, or back on it.
    pub retired: Option<bool>,
}
