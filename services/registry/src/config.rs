//! Configuration of the registry.

use std::collections::BTreeSet;

use anyhow::Context;
use canopy_kernel::{BasisPoints, UsccRules};
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
    /// How it keeps its register.
    #[serde(default)]
    pub register: RegisterSettings,
}

/// Section `register`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegisterSettings {
    /// Largest share of the active firms that one complete list may end, in basis points (`RULES.md` R4).
    pub snapshot_max_ended_bp: i64,
    /// Lawful early codes whose check characters fail (`RULES.md` R1).
    pub uscc_exceptions: BTreeSet<String>,
}

impl Default for RegisterSettings {
    fn default() -> Self {
        Self { snapshot_max_ended_bp: 500, uscc_exceptions: BTreeSet::new() }
    }
}

impl RegisterSettings {
    /// Largest share of the active firms that one complete list may end.
    pub(crate) fn snapshot_max_ended(&self) -> anyhow::Result<BasisPoints> {
        BasisPoints::new(self.snapshot_max_ended_bp).context("register.snapshot_max_ended_bp")
    }

    /// Which codes are lawful although their check characters fail.
    pub(crate) fn codes(&self) -> UsccRules {
        UsccRules { lawful_exceptions: self.uscc_exceptions.clone() }
    }
}

impl Config {
    /// The service's own keys, for `--help`; those of `server` and `database` stand beside them.
    pub const KEYS: &'static [Key] = &[
        Key {
            name: "register.snapshot_max_ended_bp",
            default: "500",
            meaning: "largest share of the active firms that one complete list may end, in basis points",
        },
        Key {
            name: "register.uscc_exceptions",
            default: "[]",
            meaning: "lawful early credit codes whose check characters fail",
        },
    ];

    /// Every key, for `--help`.
    pub fn keys() -> Vec<Key> {
        [ServerSettings::KEYS, DatabaseSettings::KEYS, Self::KEYS].concat()
    }
}
