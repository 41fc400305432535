//! Who is in the demonstration: `provider.json`, read into shapes from which requests are made.

use api::Level;
use api::customer::{Kind, Profile};
use api::device::DeviceKind;
use api::user::Role;
use serde::Deserialize;

use crate::serve::Failure;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    pub name: String,
    pub domain: String,
    /// Parents before their children.
    pub partners: Vec<Partner>,
    pub customers: Vec<EndCustomer>,
    pub people: Vec<Person>,
}

/// A distributor, sub-distributor or reseller.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Partner {
    pub company_name: String,
    pub level: Level,
    /// The provider, where none is named.
    pub parent: Option<String>,
    pub country: String,
    pub domain: String,
    pub city: String,
    pub address: String,
    pub phone: Option<String>,
    pub contact: String,
    pub reference: Option<String>,
    pub max_devices: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndCustomer {
    pub company_name: String,
    pub reseller: String,
    pub country: String,
    /// The country of the storage location, where the customer's own hosts none.
    pub location: Option<String>,
    pub domain: String,
    pub city: String,
    pub address: String,
    pub phone: Option<String>,
    pub contact: String,
    pub reference: String,
    pub notes: Option<String>,
    pub username: Option<String>,
    pub kind: Option<Kind>,
    pub max_devices: Option<i64>,
    pub sites: Vec<String>,
    /// The pass key with which the devices register.
    #[serde(default)]
    pub key: Key,
    /// Has another one that was revoked.
    #[serde(default)]
    pub has_revoked_key: bool,
    pub suspension: Option<Suspension>,
    pub devices: Vec<Machine>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    pub max_uses: Option<i64>,
    pub expires_in_days: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Suspension {
    pub reason: String,
    pub public_message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    pub name: String,
    pub kind: Option<DeviceKind>,
    pub os: String,
    pub site: String,
    /// Of files; less than one where it isn't said.
    pub megabytes: Option<usize>,
    #[serde(default)]
    pub habit: Habit,
}

/// How a machine goes about its backups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Habit {
    #[default]
    Steady,
    /// It has twice as much every time.
    Growing,
    /// Not heard of for the last days.
    Silent,
    /// It was registered, and that was all.
    Never,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    /// The partner or customer whose subtree it sees.
    pub at: String,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Whether the login is among those printed.
    #[serde(default)]
    pub is_shown: bool,
}

impl Provider {
    pub(super) fn read() -> Result<Self, Failure> {
        Ok(serde_json::from_str(include_str!("provider.json"))?)
    }

    /// The same with these customers only, and the people who belong to the others left out.
    #[must_use]
    pub(super) fn only(mut self, customers: &[&str]) -> Self {
        let gone: Vec<String> = self
            .customers
            .extract_if(.., |customer| !customers.contains(&customer.company_name.as_str()))
            .map(|customer| customer.company_name)
            .collect();
        self.people.retain(|person| !gone.contains(&person.at));
        self
    }

    /// How the first administrator signs in.
    pub(super) fn administrator(&self) -> String {
        format!("operations@{}", self.domain)
    }
}

impl Partner {
    /// How its administrator signs in.
    pub(super) fn administrator(&self) -> String {
        format!("admin@{}", self.domain)
    }

    pub(super) fn profile(&self) -> Profile {
        Profile {
            address: Some(self.address.clone()),
            city: Some(self.city.clone()),
            phone: self.phone.clone(),
            contact: Some(self.contact.clone()),
            reference: self.reference.clone(),
            ..Profile::default()
        }
    }
}

impl EndCustomer {
    pub(super) fn profile(&self) -> Profile {
        Profile {
            address: Some(self.address.clone()),
            city: Some(self.city.clone()),
            phone: self.phone.clone(),
            contact: Some(self.contact.clone()),
            reference: Some(self.reference.clone()),
            notes: self.notes.clone(),
            ..Profile::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_customer_stores_somewhere() {
        let is_hosted = |country: &str| control::storage::CATALOGUE.iter().any(|(hosted, _)| *hosted == country);
        for customer in Provider::read().unwrap().customers {
            let place = customer.location.as_ref().unwrap_or(&customer.country);
            assert!(is_hosted(place), "{} stores nowhere", customer.company_name);
        }
    }

    #[test]
    fn the_provider_is_as_large_as_promised_and_hangs_together() {
        let provider = Provider::read().unwrap();
        let below = |parent: &str| {
            provider
                .partners
                .iter()
                .filter(|partner| partner.level == Level::Reseller && partner.parent.as_deref() == Some(parent))
                .count()
        };
        let distributor = provider.partners.iter().find(|partner| partner.level == Level::Distributor).unwrap();
        assert!(below(&distributor.company_name) >= 3);
        assert!(provider.customers.len() >= 30);
        let devices: Vec<&Machine> = provider.customers.iter().flat_map(|customer| &customer.devices).collect();
        assert!(devices.len() >= 60);
        assert!(devices.iter().filter(|device| device.megabytes.is_some()).count() >= 6);
        assert_eq!(provider.customers.iter().filter(|customer| customer.suspension.is_some()).count(), 1);

        let mut known = HashSet::new();
        for partner in &provider.partners {
            assert!(partner.parent.as_ref().is_none_or(|parent| known.contains(parent)), "{}", partner.company_name);
            assert!(known.insert(partner.company_name.clone()));
        }
        for customer in &provider.customers {
            assert!(known.contains(&customer.reseller), "{}", customer.company_name);
            assert!((1..=4).contains(&customer.sites.len()), "{}", customer.company_name);
            assert!(customer.devices.iter().all(|device| customer.sites.contains(&device.site)));
            let appliances = |site: &String| {
                let stands_here = |device: &&Machine| device.site == *site;
                let is_appliance = |device: &&Machine| device.kind == Some(DeviceKind::Appliance);
                customer.devices.iter().filter(stands_here).filter(is_appliance).count()
            };
            assert!(customer.sites.iter().all(|site| appliances(site) <= 1), "a site holds one appliance");
        }
        known.extend(provider.customers.iter().map(|customer| customer.company_name.clone()));
        assert!(provider.people.iter().all(|person| known.contains(&person.at)));
        assert_eq!(known.len(), provider.partners.len() + provider.customers.len(), "every name once");
    }
}
