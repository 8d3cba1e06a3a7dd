//! Configuration of the service.

use std::time::Duration;

use canopy_persistence::DatabaseSettings;
use canopy_platform::ServerSettings;
use canopy_platform::config::Key;
use serde::Deserialize;

/// The whole configuration of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How it serves.
    #[serde(default)]
    pub server: ServerSettings,
    /// Its database.
    pub database: DatabaseSettings,
    /// Address of the registry.
    pub registry: String,
    /// Address of the treasury bank.
    pub treasury: String,
    /// How it pays.
    #[serde(default)]
    pub payment: PaymentSettings,
}

/// Section `payment`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentSettings {
    /// Name by which the treasury bank knows itself: the audience of calls to it.
    pub treasury_audience: String,
    /// How long the bank may take to answer, in milliseconds; then it is silent.
    pub bank_patience_ms: u64,
}

impl Default for PaymentSettings {
    fn default() -> Self {
        Self { treasury_audience: "treasury".to_owned(), bank_patience_ms: 10_000 }
    }
}

impl PaymentSettings {
    /// How long the bank may take to answer.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.bank_patience_ms)
    }
}

impl Config {
    /// The service's own keys, for `--help`; those of `server` and `database` stand beside them.
    pub const KEYS: &'static [Key] = &[
        Key {
            name: "registry",
            default: "",
            meaning: "address of the registry, such as http://127.0.0.1:7101",
        },
        Key { name: "treasury", default: "", meaning: "address of the treasury bank" },
        Key {
            name: "payment.treasury_audience",
            default: "treasury",
            meaning: "name by which the treasury bank knows itself",
        },
        Key {
            name: "payment.bank_patience_ms",
            default: "10000",
            meaning: "how long the bank may take to answer, in milliseconds",
        },
    ];

    /// Every key, for `--help`.
    pub fn keys() -> Vec<Key> {
        [ServerSettings::KEYS, DatabaseSettings::KEYS, Self::KEYS].concat()
    }
}
