//! Configuration: defaults, then a TOML file, then the environment. An unknown or malformed key stops the start.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::de::DeserializeOwned;

/// One key of a configuration, for `--help`.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted name in the TOML file, such as `server.listen`.
    pub name: &'static str,
    /// Value when the key is not given; empty = none.
    pub default: &'static str,
    /// What it means, with its unit.
    pub meaning: &'static str,
}

/// Reads a configuration. `CANOPY_REGISTRY` as prefix makes `CANOPY_REGISTRY__DATABASE__URL` set `database.url`.
pub fn load<T: DeserializeOwned>(env_prefix: &str, file: Option<&Path>) -> anyhow::Result<T> {
    let mut figment = Figment::new();
    if let Some(file) = file {
        ensure!(file.is_file(), "there is no configuration file {}", file.display());
        figment = figment.merge(Toml::file_exact(file));
    }
    figment = figment.merge(Env::prefixed(&format!("{env_prefix}__")).split("__"));
    figment.extract().map_err(|fault| explain(&fault)).context("the configuration is not usable")
}

/// Every fault with the key it concerns and where that was set.
fn explain(fault: &figment::Error) -> anyhow::Error {
    let faults: Vec<String> = fault
        .clone()
        .into_iter()
        .map(|fault| {
            let key = fault.path.join(".");
            let place = fault.metadata.as_ref().map(|metadata| match &metadata.source {
                Some(source) => format!(" (from {source})"),
                None => format!(" (from {})", metadata.name),
            });
            format!("key `{key}`: {}{}", fault.kind, place.unwrap_or_default())
        })
        .collect();
    anyhow!(faults.join("; "))
}

/// The keys as text under `--help`.
pub fn help(keys: &[Key]) -> String {
    let width = keys.iter().map(|key| key.name.len()).max().unwrap_or_default();
    let mut text = String::from("Configuration keys (TOML file; in the environment with __ for each dot):\n");
    for key in keys {
        let default =
            if key.default.is_empty() { String::new() } else { format!(" [default: {}]", key.default) };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:width$}  {}{default}", key.name, key.meaning);
    }
    text
}
