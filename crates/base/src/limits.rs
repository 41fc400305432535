//! How long a text and how large a number may be: the description of a wire type tells it, and what is told is checked.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::{Number, PartialSchema};

/// What the description of a type says of its fields.
#[derive(Debug, Default)]
pub struct Limits(HashMap<String, Limit>);

#[derive(Clone, Debug, Default)]
struct Limit {
    length: Option<RangeInclusive<usize>>,
    range: Option<RangeInclusive<i64>>,
}

impl Limits {
    pub fn of<T: PartialSchema>() -> Self {
        Self::default().with::<T>("")
    }

    /// These and, under a prefix, those of a field that has fields of its own: `"profile."`.
    #[must_use]
    pub fn with<T: PartialSchema>(mut self, prefix: &str) -> Self {
        for (name, field) in object::<T>().properties {
            if let RefOr::T(Schema::Object(field)) = field {
                self.0.insert(format!("{prefix}{name}"), Limit::of(&field));
            }
        }
        self
    }

    /// How many characters a text may have. One whose length isn't told may have none, so that its first use shows it.
    pub fn length(&self, field: &str) -> RangeInclusive<usize> {
        let told = self.0.get(field).and_then(|limit| limit.length.clone());
        debug_assert!(told.is_some(), "no length of {field} is told");
        told.unwrap_or(0..=0)
    }

    /// From where to where a number may be.
    pub fn range(&self, field: &str) -> RangeInclusive<i64> {
        let told = self.0.get(field).and_then(|limit| limit.range.clone());
        debug_assert!(told.is_some(), "no range of {field} is told");
        told.unwrap_or(0..=0)
    }
}

impl Limit {
    fn of(field: &Object) -> Self {
        let (minimum, maximum) = (field.minimum.as_ref().and_then(int), field.maximum.as_ref().and_then(int));
        Self {
            length: field.max_length.map(|max| field.min_length.unwrap_or_default()..=max),
            range: minimum.zip(maximum).map(|(minimum, maximum)| minimum..=maximum),
        }
    }
}

/// The most characters that a text may have which is a type of its own.
pub fn max_length_of<T: PartialSchema>() -> usize {
    object::<T>().max_length.unwrap_or_default()
}

fn object<T: PartialSchema>() -> Object {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::default(),
    }
}

fn int(number: &Number) -> Option<i64> {
    match number {
        Number::Int(int) => i64::try_from(*int).ok(),
        Number::UInt(int) => i64::try_from(*int).ok(),
        Number::Float(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::customer::{CustomerCreate, CustomerUpdate, Profile};
    use api::units::Secret;

    #[test]
    fn limits_are_those_that_the_description_tells() {
        let limits = Limits::of::<CustomerCreate>().with::<Profile>("profile.");
        assert_eq!(limits.length("username"), 3..=64);
        assert_eq!(limits.length("profile.phone"), 0..=50);
        assert_eq!(limits.range("max_devices"), 0..=1_000_000);
        // A field that may be cleared as well as left out has them too.
        assert_eq!(Limits::of::<CustomerUpdate>().length("email"), 0..=254);
        assert_eq!(max_length_of::<Secret>(), 256);
    }
}
