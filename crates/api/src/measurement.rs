//! What a customer used, by days.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::units::{Day, Time};

/// Which days.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MeasurementQuery {
    /// The first day in UTC, as `2025-01-31`. 89 days before the last unless given; at most 731 days are answered at once.
    #[param(format = Date)]
    pub from: Option<String>,
    /// The last day, itself included; today unless given.
    #[param(format = Date)]
    pub to: Option<String>,
}

/// Bytes in the repositories of everything below a customer, on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeasuredBytes {
    /// Over the measured time of the day, each size weighted by how long it held; rounded to a byte.
    pub average: i64,
    /// The greatest size that was stored at any time.
    pub high: i64,
    /// The size at the end of the day, of today the present one.
    pub last: i64,
}

/// A customer's day, with everything below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MeasuredDay {
    /// From midnight to midnight in UTC.
    pub day: Day,
    /// How much of the day was measured, at most 86,400: less where no server ran for more than two and a half minutes, on
    /// the day on which measuring began, and today.
    pub measured_seconds: i64,
    pub used_bytes: MeasuredBytes,
    /// Devices at the end of the day.
    pub devices: i64,
    /// Of these, devices that had completed a backup by then, on whatever day.
    pub devices_protected: i64,
    /// Devices that completed a backup on this day.
    pub devices_backed_up: i64,
}

/// What a customer used. Days on which nothing was measured at all are left out: a gap is told as a gap.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Measurements {
    /// The days that were asked for.
    pub from: Day,
    pub to: Day,
    /// Until when; what is newer than a second or two may not be in it.
    pub as_of: Time,
    /// In their order.
    pub items: Vec<MeasuredDay>,
}
