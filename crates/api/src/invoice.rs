//! Invoices: by which plans, for what, and how they stand.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use tree::prices::{Basis, PricedFor};
use utoipa::{IntoParams, ToSchema};

use crate::id::{CustomerId, InvoiceId, InvoicePlanId};
use crate::measurement::MeasuredDay;
use crate::page::ExportFormat;
use crate::units::{Action, Day, Decimal, Time};

/// What is charged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Charged {
    /// Used bytes, in megabytes of a million bytes.
    StorageMb,
    /// In gigabytes of a thousand million bytes.
    StorageGb,
    /// In terabytes of a thousand gigabytes.
    StorageTb,
    /// Devices at the end of the day.
    Devices,
    /// Those of them that have a backup.
    DevicesProtected,
    /// Nothing that is measured: a price of its own.
    Flat,
}

/// How a quantity is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PricingKind {
    /// `rate` for each unit; of what is flat, once.
    Each,
    /// All units at the rate of the slab that the quantity lies in.
    Uniform,
    /// The rate of the slab that the quantity lies in, once.
    Fixed,
    /// The units of each slab at its rate.
    Sliding,
}

/// A rate for quantities from one, included, to another, which isn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceSlab {
    /// 0 in the first; where the one before ends in the others.
    pub from: Decimal,
    /// `null` in the last.
    pub to: Option<Decimal>,
    pub rate: Decimal,
}

/// A line of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanItem {
    /// As the invoice calls it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    pub charged: Charged,
    /// What of the days counts. The average unless given.
    #[serde(default = "average")]
    pub basis: Basis,
    pub pricing: PricingKind,
    /// Of `each`, and of what is flat.
    pub rate: Option<Decimal>,
    /// Of all others; 50 at most.
    #[serde(default)]
    pub slabs: Vec<PriceSlab>,
    /// So many units cost nothing.
    #[serde(default)]
    pub included: Decimal,
    /// At least so much is due, for the same time as the price.
    #[serde(default)]
    pub minimum: Decimal,
    /// For how long a price is one. A period unless given.
    #[serde(default = "period")]
    pub priced_for: PricedFor,
}

fn average() -> Basis {
    Basis::Average
}

fn period() -> PricedFor {
    PricedFor::Period
}

/// When invoices are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum InvoiceSchedule {
    /// By hand.
    #[default]
    Manual,
    /// For weeks that end on a Saturday.
    Week,
    Month,
    /// For three months, from January on.
    Quarter,
}

/// By what a provider or a reseller invoices those below it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvoicePlan {
    pub id: InvoicePlanId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// Whose it is, and who issues the invoices.
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub name: String,
    /// By ISO 4217.
    pub currency: String,
    /// It holds for everybody directly below who has no other.
    pub is_default: bool,
    /// Counts the changes of what it charges. Invoices keep theirs.
    pub revision: i64,
    pub items: Vec<PlanItem>,
    pub schedule: InvoiceSchedule,
    /// Whether what the schedule makes is issued at once; otherwise it is a draft.
    pub issues_itself: bool,
    pub payment_days: i64,
    /// How many customers were given it. Those that have it as the default are not among them.
    pub assigned: i64,
    /// What it charged before, the newest first, 50 at most. Not in lists, nor for those who are invoiced by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Vec<InvoicePlanRevision>>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// What a plan charged from a time on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvoicePlanRevision {
    pub revision: i64,
    pub since: Time,
    pub items: Vec<PlanItem>,
}

/// The plans that the caller sees.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvoicePlanList {
    pub items: Vec<InvoicePlan>,
}

/// A new one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoicePlanCreate {
    /// Whose it is; the caller's customer unless given.
    pub customer_id: Option<CustomerId>,
    /// Unique at its customer ignoring case.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// By ISO 4217, as `EUR`. Never changes.
    pub currency: String,
    /// 1 to 20.
    pub items: Vec<PlanItem>,
    #[serde(default)]
    pub schedule: InvoiceSchedule,
    #[serde(default)]
    pub issues_itself: bool,
    /// 14 unless given.
    #[schema(minimum = 0, maximum = 365)]
    pub payment_days: Option<i64>,
    /// Instead of the one that was it. The first is it in any case.
    #[serde(default)]
    pub is_default: bool,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoicePlanUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// All that it charges from now on. What was made before stays; a draft that is made again is reckoned by it.
    pub items: Option<Vec<PlanItem>>,
    pub schedule: Option<InvoiceSchedule>,
    pub issues_itself: Option<bool>,
    #[schema(minimum = 0, maximum = 365)]
    pub payment_days: Option<i64>,
    /// Only true: another becomes the default by being made it.
    pub is_default: Option<bool>,
}

/// Why a customer is not invoiced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NotInvoiced {
    /// A trial never is.
    OnTrial,
    /// Its settings say so.
    SwitchedOff,
    /// It was given no plan, and whoever stands above it has none.
    NoPlan,
}

/// How a customer is invoiced.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvoiceSettings {
    pub customer_id: CustomerId,
    /// Whether nothing of it is the customer's own.
    pub is_inherited: bool,
    /// The plan that it was given; `null`: the default one of whoever stands above it.
    pub plan_id: Option<InvoicePlanId>,
    pub invoiced: bool,
    /// Its own; `null`: the plan's.
    pub schedule: Option<InvoiceSchedule>,
    /// Of a hundred, off what the lines come to.
    pub discount_percent: Decimal,
    /// By which it is invoiced.
    pub effective_plan_id: Option<InvoicePlanId>,
    pub effective_plan_name: Option<String>,
    pub issuer_name: Option<String>,
    pub effective_schedule: InvoiceSchedule,
    pub not_invoiced: Option<NotInvoiced>,
}

/// All of it anew; what is left out is as it is inherited.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceSettingsSet {
    /// A plan of somebody above the customer.
    pub plan_id: Option<InvoicePlanId>,
    /// True unless given.
    pub invoiced: Option<bool>,
    pub schedule: Option<InvoiceSchedule>,
    /// From 0 to 100.
    #[serde(default)]
    pub discount_percent: Decimal,
}

/// A tax rate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    /// By ISO 3166, as `DE`.
    pub country: String,
    /// From 0 to 100.
    pub percent: Decimal,
}

/// The rates by the country of whoever is invoiced; where a country has none, there is no tax and the invoice says so.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxRates {
    /// Each country once.
    pub items: Vec<TaxRate>,
}

/// For whom and from when to when.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceCreate {
    pub customer_id: CustomerId,
    /// The first day in UTC.
    pub from: Day,
    /// The last day, itself included: before today, and at most a year after the first.
    pub to: Day,
}

/// What an invoice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum InvoiceKind {
    Invoice,
    /// Takes an invoice back, with a number of its own.
    CreditNote,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum InvoiceState {
    /// Has no number yet, and is reckoned anew when it is made again.
    Draft,
    Issued,
    Paid,
    /// Issued, and not paid in time.
    Overdue,
    /// Taken back.
    Credited,
}

/// What something costs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvoiceLine {
    /// As the plan had it.
    pub item: PlanItem,
    /// What the days come to, in units.
    pub quantity: Decimal,
    /// What of it is paid for.
    pub beyond_included: Decimal,
    /// In the smallest unit of the currency.
    pub amount: i64,
}

/// An invoice. Amounts are in the smallest unit of the currency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Invoice {
    pub id: InvoiceId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub kind: InvoiceKind,
    pub state: InvoiceState,
    /// One after the other at its issuer, without a gap; `null` in a draft.
    pub number: Option<i64>,
    /// Of a credit note: what it takes back.
    pub credits_id: Option<InvoiceId>,
    pub issuer_id: CustomerId,
    pub issuer_name: String,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub plan_id: InvoicePlanId,
    pub plan_name: String,
    pub plan_revision: i64,
    pub currency: String,
    /// How many places the currency has.
    pub places: u32,
    pub from: Day,
    pub to: Day,
    pub lines: Vec<InvoiceLine>,
    pub subtotal: i64,
    pub discount_percent: Decimal,
    pub discount: i64,
    /// Whose rate it is.
    pub tax_country: Option<String>,
    pub tax_percent: Decimal,
    pub tax: i64,
    pub total: i64,
    /// What has to be known beside the sums: days that nobody measured, say.
    pub notes: Vec<String>,
    /// What was measured, on which the lines stand. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<MeasuredDay>>,
    pub issued_at: Option<Time>,
    pub due_on: Option<Day>,
    pub paid_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// What an invoice would be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvoicePreview {
    pub issuer_name: String,
    pub plan_name: String,
    pub currency: String,
    pub places: u32,
    /// The first day that is charged: not before the customer was there, nor on a trial.
    pub from: Day,
    pub to: Day,
    pub lines: Vec<InvoiceLine>,
    pub subtotal: i64,
    pub discount: i64,
    pub tax_percent: Decimal,
    pub tax: i64,
    pub total: i64,
    pub notes: Vec<String>,
    pub days: Vec<MeasuredDay>,
}

/// Which of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InvoiceQuery {
    /// Only those of this customer.
    pub customer_id: Option<CustomerId>,
    /// Only those that stand like this.
    #[param(inline)]
    pub state: Option<InvoiceState>,
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it.
    pub after: Option<InvoiceId>,
}

/// Which invoices to write out, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InvoiceExportQuery {
    /// Only those that were issued on this day in UTC or later.
    pub from: Option<Day>,
    /// Only those that were issued on this day in UTC or before.
    pub to: Option<Day>,
    /// Only those of this customer.
    pub customer_id: Option<CustomerId>,
    /// Only those that this one issued.
    pub issuer_id: Option<CustomerId>,
    /// `csv` unless said otherwise.
    #[param(inline)]
    pub format: Option<ExportFormat>,
    /// Names of columns, separated by commas, in this order behind `id` and `path`; all of them unless said otherwise.
    #[param(max_length = 4000)]
    pub columns: Option<String>,
    /// Whether CSV begins with a byte order mark, by which spreadsheets know that it is UTF-8.
    #[serde(default)]
    #[param(default = false)]
    pub bom: bool,
}

/// Invoices, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InvoiceList {
    pub items: Vec<Invoice>,
    /// Give this as `after` to read on; `null` at the end.
    pub next: Option<InvoiceId>,
}
