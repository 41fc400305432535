//! Levels, and who may stand under whom.
//!
//! The rules are N-able Cove's: distributors under the provider, sub-distributors under the provider or a distributor,
//! resellers under any of these, end customers under a reseller only, sites under an end customer only.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};

/// What kind of node a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Level {
    Provider,
    Distributor,
    SubDistributor,
    Reseller,
    EndCustomer,
    Site,
}

impl Level {
    pub const ALL: [Self; 6] =
        [Self::Provider, Self::Distributor, Self::SubDistributor, Self::Reseller, Self::EndCustomer, Self::Site];

    /// The levels that may stand directly under this one.
    pub fn children(self) -> &'static [Self] {
        match self {
            Self::Provider => &[Self::Distributor, Self::SubDistributor, Self::Reseller],
            Self::Distributor => &[Self::SubDistributor, Self::Reseller],
            Self::SubDistributor => &[Self::Reseller],
            Self::Reseller => &[Self::EndCustomer],
            Self::EndCustomer => &[Self::Site],
            Self::Site => &[],
        }
    }

    pub fn may_stand_under(self, parent: Self) -> bool {
        parent.children().contains(&self)
    }

    /// The level of a new child where only one fits, so that nobody has to choose it.
    pub fn only_child(self) -> Option<Self> {
        match self.children() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Devices stand under end customers and their sites. A reseller backs up its own machines as a customer of its own.
    pub fn holds_devices(self) -> bool {
        matches!(self, Self::EndCustomer | Self::Site)
    }

    /// What it is called in a sentence, with its article.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Provider => "a provider",
            Self::Distributor => "a distributor",
            Self::SubDistributor => "a sub-distributor",
            Self::Reseller => "a reseller",
            Self::EndCustomer => "an end customer",
            Self::Site => "a site",
        }
    }

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_those_of_the_source() {
        use Level::{Distributor, EndCustomer, Provider, Reseller, Site, SubDistributor};
        let allowed = [
            (Distributor, Provider),
            (SubDistributor, Provider),
            (SubDistributor, Distributor),
            (Reseller, Provider),
            (Reseller, Distributor),
            (Reseller, SubDistributor),
            (EndCustomer, Reseller),
            (Site, EndCustomer),
        ];
        for child in Level::ALL {
            for parent in Level::ALL {
                assert_eq!(
                    child.may_stand_under(parent),
                    allowed.contains(&(child, parent)),
                    "{child:?} under {parent:?}"
                );
            }
        }
    }

    #[test]
    fn a_child_always_ranks_below_its_parent() {
        for parent in Level::ALL {
            assert!(parent.children().iter().all(|child| *child > parent));
        }
    }

    #[test]
    fn the_level_is_derived_where_only_one_fits() {
        assert_eq!(Level::Reseller.only_child(), Some(Level::EndCustomer));
        assert_eq!(Level::EndCustomer.only_child(), Some(Level::Site));
        assert_eq!(Level::Provider.only_child(), None);
        assert_eq!(Level::Site.only_child(), None);
    }

    #[test]
    fn words_name_their_level() {
        for level in Level::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
            assert_eq!(serde_word(level), level.as_str());
        }
        assert!("partner".parse::<Level>().is_err());
    }

    fn serde_word(level: Level) -> String {
        use serde::de::IntoDeserializer;
        let word: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = level.as_str().into_deserializer();
        Level::deserialize(word).unwrap().as_str().to_owned()
    }
}
