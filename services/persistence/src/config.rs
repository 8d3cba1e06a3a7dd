//! How a service reaches its database and its keys.

use std::path::PathBuf;

use canopy_platform::config::Key;
use serde::Deserialize;

/// Settings of the database and of the keys that guard what stands in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// Postgres URL of the service's own database. It may hold a password, so it is never logged.
    pub url: String,
    /// Most connections that one process holds for reads, and again for transactions.
    #[serde(default = "default_connections")]
    pub max_connections: u32,
    /// Folder of the keys for personal columns, blind indexes and page tokens.
    pub crypt_folder: PathBuf,
    /// File of the key that signs checkpoints of the audit log.
    pub log_key_file: PathBuf,
}

fn default_connections() -> u32 {
    16
}

impl DatabaseSettings {
    /// The keys, for `--help`.
    pub const KEYS: &'static [Key] = &[
        Key { name: "database.url", default: "", meaning: "Postgres URL of the service's own database" },
        Key {
            name: "database.max_connections",
            default: "16",
            meaning: "most connections of one process for reads, and again for transactions",
        },
        Key {
            name: "database.crypt_folder",
            default: "",
            meaning: "folder of the keys for personal columns",
        },
        Key {
            name: "database.log_key_file",
            default: "",
            meaning: "file of the key that signs the audit log",
        },
    ];
}
