//! The configuration: one documented file of defaults in the binary, a file and the environment above it.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};

use crate::listen::{Bounds, Files};

/// The documented defaults; also `docs/configuration.md`.
pub const DEFAULTS: &str = include_str!("../config.default.toml");
const FILE: &str = "tenantry.toml";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub storage: Storage,
    pub customers: Customers,
    pub sign_in: SignIn,
    pub webhooks: Webhooks,
    pub metrics: Metrics,
    pub log: Log,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: String,
    pub public_url: String,
    /// Both empty: plain HTTP.
    pub tls_certificate: String,
    pub tls_key: String,
    /// Also where others than this host reach it.
    pub plain_http: bool,
    /// Zero: as many as open files allow.
    pub max_connections: usize,
    /// Zero: a quarter of all.
    pub max_connections_per_address: usize,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

/// Networks, or single addresses.
fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let networks = texts.iter().map(|text| {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map_err(|_| serde::de::Error::custom(format!("{text:?} is neither an address nor a network")))
    });
    networks.collect()
}

impl Server {
    /// Where the certificate lies, if there is one.
    pub fn tls(&self) -> Option<Files> {
        let files = Files { certificate: (&self.tls_certificate).into(), key: (&self.tls_key).into() };
        (!self.tls_certificate.is_empty()).then_some(files)
    }

    /// # Errors
    /// A sentence, where passwords would go over the network as they are.
    pub fn check_reach(&self, listen: SocketAddr) -> Result<(), String> {
        if listen.ip().is_loopback() || self.plain_http || !self.tls_certificate.is_empty() {
            return Ok(());
        }
        Err(format!(
            "others than this host would reach {listen} without TLS: set server.tls_certificate and server.tls_key, or \
             server.plain_http = true where a proxy in front of it does TLS"
        ))
    }

    pub fn bounds(&self) -> Bounds {
        let given = |number: usize| Some(number).filter(|number| *number > 0);
        Bounds {
            connections: given(self.max_connections),
            per_address: given(self.max_connections_per_address),
            trusted_proxies: self.trusted_proxies.clone(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub keep_free_bytes: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customers {
    pub deletion_hold_days: u16,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub local_issuers: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub local: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Empty: nowhere of its own.
    pub listen: String,
    /// Empty: not where everything else is.
    pub token: String,
    pub devices: u32,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("listen", &self.listen).field("devices", &self.devices).finish_non_exhaustive()
    }
}

impl Metrics {
    /// Where they are told, if anywhere.
    pub fn wanted(&self) -> Option<crate::metrics::Metrics> {
        let (listen, token) = (self.listen.parse().ok(), Some(self.token.clone()).filter(|token| !token.is_empty()));
        let metrics = crate::metrics::Metrics { listen, token, devices: self.devices };
        (metrics.listen.is_some() || metrics.token.is_some()).then_some(metrics)
    }
}

/// Shorter ones are guessed.
const SHORTEST_TOKEN: usize = 20;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// Reads defaults, file and environment, in this order.
///
/// # Errors
/// A sentence that names the key or the file.
pub fn load(data: &Path, file: Option<&Path>) -> Result<Config, String> {
    let path: PathBuf = file.map_or_else(|| data.join(FILE), Path::to_path_buf);
    if file.is_some() && !path.is_file() {
        return Err(format!("there is no configuration file {}", path.display()));
    }
    let figment =
        Figment::from(Toml::string(DEFAULTS)).merge(Toml::file(path)).merge(Env::prefixed("TENANTRY__").split("__"));
    let config: Config = figment.extract().map_err(|error| error.to_string())?;
    config.check()?;
    Ok(config)
}

impl Config {
    fn check(&self) -> Result<(), String> {
        let Metrics { listen, token, .. } = &self.metrics;
        if !listen.is_empty() && listen.parse::<std::net::SocketAddr>().is_err() {
            return Err(format!("metrics.listen is an address and port, not {listen:?}"));
        }
        if !token.is_empty() && token.len() < SHORTEST_TOKEN {
            return Err(format!("metrics.token has at least {SHORTEST_TOKEN} characters"));
        }
        let url = &self.server.public_url;
        if !url.is_empty() && (!(url.starts_with("http://") || url.starts_with("https://")) || url.ends_with('/')) {
            return Err("server.public_url begins with http:// or https:// and has no slash at its end".to_owned());
        }
        if self.server.tls_certificate.is_empty() != self.server.tls_key.is_empty() {
            return Err("server.tls_certificate and server.tls_key belong together".to_owned());
        }
        if self.server.listen.parse::<std::net::SocketAddr>().is_err() {
            return Err(format!("server.listen is no address and port: {}", self.server.listen));
        }
        if let Err(error) = self.log.filter.parse::<tracing_subscriber::EnvFilter>() {
            return Err(format!("log.filter: {error}"));
        }
        Ok(())
    }
}

/// `docs/configuration.md`.
pub fn document() -> String {
    format!(
        "# Configuration\n\nGenerated from `crates/tenantry/config.default.toml`, the defaults in the binary.\n\n\
         ```toml\n{DEFAULTS}```\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete_and_valid() {
        let config = load(Path::new("/nonexistent"), None).unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:8420");
    }

    #[test]
    fn unknown_keys_and_wrong_values_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for (text, named) in [
            ("[server]\nlisen = \"x\"", "lisen"),
            ("[server]\nlisten = \"localhost\"", "server.listen"),
            ("[server]\npublic_url = \"backup.example.com\"", "server.public_url"),
            ("[customers]\ndeletion_hold_days = -1", "deletion_hold_days"),
            ("[server]\ntls_key = \"/key.pem\"", "server.tls_certificate"),
            ("[log]\nformat = \"xml\"", "xml"),
        ] {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let error = load(folder.path(), None).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
        assert!(load(folder.path(), Some(Path::new("/nonexistent.toml"))).is_err());
    }
}
