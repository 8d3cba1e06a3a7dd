//! What an operator may set.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use canopy_platform::{ServerSettings, config::Key};
use serde::Deserialize;

/// Configuration of the gateway.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What every server of the suite has; the identity signs the assertions.
    pub server: ServerSettings,
    /// Certificate of the public port; plain HTTP/2 without.
    pub tls: Option<TlsSettings>,
    /// Address of the service behind each gRPC package: `"canopy.registry.v1" = "http://127.0.0.1:7001"`.
    pub routes: BTreeMap<String, String>,
    /// Audience of the assertions for a package whose service is not named as its middle part.
    pub audiences: BTreeMap<String, String>,
    /// Connections to the services.
    pub backend: BackendSettings,
    /// Whose tokens are accepted.
    pub tokens: TokenSettings,
    /// How much callers may use.
    pub quota: QuotaSettings,
}

/// Certificate and key of the public port.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    /// PEM file with the certificate chain, own certificate first.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}

/// Connections to the services.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackendSettings {
    /// HTTP/2 connections to each service, used in turn.
    pub connections: NonZeroU32,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: u32,
}

impl Default for BackendSettings {
    fn default() -> Self {
        Self { connections: NonZeroU32::new(4).expect("four"), connect_timeout_ms: 1_000 }
    }
}

/// Whose tokens are accepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenSettings {
    /// The audience that a token must name.
    pub audience: String,
    /// Ed25519 public keys by issuer (`iss`) and key id (`kid`); at most two per issuer, the present
    /// one and its successor. A key is base64 of its 32 bytes, PEM, or the path of a file that holds either.
    pub issuers: BTreeMap<String, BTreeMap<String, String>>,
    /// How many verified tokens are remembered.
    pub remembered: usize,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self { audience: "canopy".to_owned(), issuers: BTreeMap::new(), remembered: 10_000 }
    }
}

/// How much callers may use.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotaSettings {
    /// For every calling system that is not named below.
    pub standard: Allowance,
    /// For named ones, by `agency/system`.
    pub callers: BTreeMap<String, Allowance>,
}

/// Size of a bucket.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Units that come in each second. A call uses as many as its method option says.
    pub units_per_second: NonZeroU32,
    /// Units that may be used at once.
    pub burst: NonZeroU32,
}

impl Default for Allowance {
    fn default() -> Self {
        let units = NonZeroU32::new(20_000).expect("not zero");
        Self { units_per_second: units, burst: units }
    }
}

impl Config {
    /// The keys beside [`ServerSettings::KEYS`].
    pub const KEYS: &'static [Key] = &[
        key("tls.certificate", "", "PEM certificate chain of the public port; plain HTTP/2 without"),
        key("tls.key", "", "PEM private key of the public port"),
        key(
            "routes.\"<package>\"",
            "",
            "address of the service, such as \"canopy.registry.v1\" = \"http://127.0.0.1:7001\"",
        ),
        key(
            "audiences.\"<package>\"",
            "middle part of the package",
            "audience of the assertions for that package",
        ),
        key("backend.connections", "4", "HTTP/2 connections to each service, used in turn"),
        key("backend.connect_timeout_ms", "1000", "how long to wait for a connection"),
        key("tokens.audience", "canopy", "audience that a caller's token must name"),
        key(
            "tokens.issuers.\"<iss>\".\"<kid>\"",
            "",
            "Ed25519 public key: base64 or a file; at most two per issuer",
        ),
        key("tokens.remembered", "10000", "how many verified tokens are remembered"),
        key("quota.standard.units_per_second", "20000", "units per second of a calling system"),
        key("quota.standard.burst", "20000", "units that a calling system may use at once"),
        key(
            "quota.callers.\"<agency>/<system>\"",
            "",
            "units_per_second and burst of a named calling system",
        ),
    ];
}

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { name, default, meaning }
}
