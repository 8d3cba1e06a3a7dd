//! Settings that every server of the suite has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use canopy_kernel::clock::time_zone;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::assertion::{AcceptedIssuers, PublicKey, SigningIdentity};
use crate::config::Key;
use crate::telemetry::TelemetrySettings;

/// Section `server` of a service's configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Address to listen on.
    pub listen: String,
    /// How long calls in flight may take to finish once the server is told to stop, in seconds.
    pub drain_seconds: u64,
    /// Calls in flight at most; beyond it a call is refused as OVERLOADED.
    pub max_in_flight: usize,
    /// Longest time that a call may take, in seconds, whatever its caller allows. Streams are not capped.
    pub deadline_cap_seconds: u64,
    /// Size of a request message at most, in bytes; tonic itself takes no more than 4 MiB.
    pub max_message_bytes: usize,
    /// Who this service is, and whose assertions it accepts.
    pub identity: IdentitySettings,
    /// A suite for try-outs: business time is accepted, days are opened by hand.
    pub tryout: bool,
    /// Time zone of local days.
    pub time_zone: String,
    /// Traces, metrics and logs.
    pub telemetry: TelemetrySettings,
}

/// Section `server.identity`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentitySettings {
    /// Name of the service: audience of calls to it, issuer of its own.
    pub name: String,
    /// File with its private Ed25519 key: PKCS#8 PEM, or 32 bytes.
    pub key_file: PathBuf,
    /// Issuers accepted, with their public key: base64 of 32 bytes, or the path of a file that holds it or PEM.
    pub accept: BTreeMap<String, String>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            drain_seconds: 20,
            max_in_flight: 1024,
            deadline_cap_seconds: 60,
            max_message_bytes: 4 * 1024 * 1024,
            identity: IdentitySettings::default(),
            tryout: false,
            time_zone: "Asia/Shanghai".to_owned(),
            telemetry: TelemetrySettings::default(),
        }
    }
}

impl ServerSettings {
    /// The keys, for `--help`.
    pub const KEYS: &'static [Key] = &[
        key("server.listen", "127.0.0.1:0", "address to listen on"),
        key("server.drain_seconds", "20", "seconds that calls in flight may take to finish at a stop"),
        key("server.max_in_flight", "1024", "calls in flight at most"),
        key(
            "server.deadline_cap_seconds",
            "60",
            "longest time a call may take, in seconds; streams are not capped",
        ),
        key("server.max_message_bytes", "4194304", "size of a request message at most, in bytes"),
        key("server.identity.name", "", "name of the service, as its peers list it"),
        key("server.identity.key_file", "", "file with the private Ed25519 key (PKCS#8 PEM or 32 bytes)"),
        key("server.identity.accept.<issuer>", "", "public key of an accepted issuer: base64, or a file"),
        key("server.tryout", "false", "accept business time; never in production"),
        key("server.time_zone", "Asia/Shanghai", "time zone of local days"),
        key(
            "server.telemetry.otlp_endpoint",
            "",
            "OTLP collector, such as http://127.0.0.1:4317; empty = off",
        ),
        key("server.telemetry.service_name", "canopy", "name under which telemetry is sent"),
        key("server.telemetry.log_filter", "info", "log filter, such as info,canopy_registry=debug"),
        key("server.telemetry.log_format", "text", "text or json, to standard error"),
    ];

    /// The time zone of local days.
    pub fn zone(&self) -> anyhow::Result<TimeZone> {
        time_zone(&self.time_zone).with_context(|| format!("server.time_zone {:?}", self.time_zone))
    }
}

impl IdentitySettings {
    /// The own name and private key.
    pub fn signing(&self) -> anyhow::Result<SigningIdentity> {
        SigningIdentity::from_file(&self.name, &self.key_file)
    }

    /// The issuers accepted. One with several keys has them separated by spaces.
    pub fn issuers(&self) -> anyhow::Result<AcceptedIssuers> {
        let mut keys = Vec::new();
        for (issuer, value) in &self.accept {
            for part in value.split_whitespace() {
                let key = public_key(part).with_context(|| format!("server.identity.accept.{issuer}"))?;
                keys.push((issuer.clone(), key));
            }
        }
        Ok(AcceptedIssuers::new(keys))
    }
}

fn public_key(value: &str) -> anyhow::Result<PublicKey> {
    if let Ok(key) = PublicKey::parse(value) {
        return Ok(key);
    }
    let text = std::fs::read_to_string(Path::new(value))
        .with_context(|| format!("neither a key nor a file: {value}"))?;
    PublicKey::parse(&text)
}

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { name, default, meaning }
}
