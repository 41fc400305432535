//! Where a request came from, as far as it is known.

use std::net::IpAddr;

use crate::http::client::network_of;

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub address: Option<String>,
    pub request_id: Option<String>,
    /// With what it was asked, in a few words.
    pub browser: Option<String>,
}

impl Origin {
    /// What limits on guessing count by: the address, or the network of 64 bits that one IPv6 customer has.
    pub fn limited_as(&self) -> String {
        let Some(text) = &self.address else { return String::new() };
        match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address @ IpAddr::V6(_)) => format!("{}/64", network_of(address)),
            Ok(address) => address.to_string(),
            Err(_) => text.clone(),
        }
    }
}
