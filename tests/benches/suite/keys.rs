//! Keys of a suite's parts, and tokens of its callers.

use std::path::{Path, PathBuf};

use canopy_kernel::{Clock, Role};
use canopy_platform::generate_key;
use canopy_sandbox::issuer::{Grant, Issuer};
use jiff::SignedDuration;

/// The keys with which the parts of a suite sign assertions.
pub struct Keys(Vec<(&'static str, String)>);

impl Keys {
    /// Makes them in a data folder.
    pub fn generate(folder: &Path) -> anyhow::Result<Keys> {
        std::fs::create_dir_all(folder.join("keys"))?;
        let mut keys = Vec::new();
        for name in ["gateway", "registry", "subsidy", "commissioner"] {
            let (private, public) = generate_key()?;
            std::fs::write(Keys::file(folder, name), private)?;
            keys.push((name, public));
        }
        Ok(Keys(keys))
    }

    /// File of one's private key.
    pub fn file(folder: &Path, name: &str) -> PathBuf {
        folder.join("keys").join(format!("{name}.pem"))
    }

    /// One's public key.
    pub fn public(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, key)| key.as_str()).unwrap_or_default()
    }

    /// Whom a program should accept, with the key, as an argument.
    pub fn accept(&self, name: &str) -> String {
        format!("{name}={}", self.public(name))
    }
}

/// A token of a person in that role.
pub fn token(issuer: &Issuer, person: &str, role: Role) -> anyhow::Result<String> {
    let grant = Grant {
        person: Some(person.to_owned()),
        agency: "bench".to_owned(),
        system: "bench".to_owned(),
        assurance: "high".to_owned(),
        roles: [role].into(),
        represented: None,
        purpose: None,
        may_set_time: false,
        lifetime: SignedDuration::from_hours(1),
    };
    issuer.mint(&grant, Clock::System.now())
}
