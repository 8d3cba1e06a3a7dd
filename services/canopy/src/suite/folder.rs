//! The data folder: keys made on first start, the address and the operator's token for the other commands.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use canopy_persistence::Crypt;
use canopy_persistence::merkle::LogSigner;
use canopy_platform::{SigningIdentity, generate_key};
use canopy_sandbox::issuer::Issuer;

use super::service::Service;

/// Those who sign assertions beside the services.
const GATEWAY: &str = "gateway";

/// Where a suite keeps everything. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at that path, made when it is missing.
    pub fn open(path: &Path) -> anyhow::Result<Folder> {
        fs::create_dir_all(path).with_context(|| format!("data folder {}", path.display()))?;
        Ok(Folder(path.canonicalize()?))
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the keys that are missing.
    pub(super) fn prepare(&self, services: &[&Service]) -> anyhow::Result<()> {
        fs::create_dir_all(self.0.join("keys"))?;
        for name in services.iter().map(|it| it.name).chain([GATEWAY]) {
            let file = self.signing_key(name);
            if !file.exists() {
                let (private, _) = generate_key()?;
                write_secret(&file, &private)?;
            }
        }
        for service in services {
            Crypt::generate(&self.crypt(service.name))?;
            LogSigner::generate(&self.log_key(service.name), service.name)?;
        }
        Ok(())
    }

    /// File of the key with which that part of the suite signs assertions.
    pub(super) fn signing_key(&self, name: &str) -> PathBuf {
        self.0.join("keys").join(format!("{name}.pem"))
    }

    /// Its public half, base64.
    pub(super) fn public_key(&self, name: &str) -> anyhow::Result<String> {
        let file = self.signing_key(name);
        if !file.exists() {
            // A service that is not started here still has a name that others list.
            let (private, _) = generate_key()?;
            write_secret(&file, &private)?;
        }
        Ok(SigningIdentity::from_file(name, &file)?.public_key().to_base64())
    }

    /// Folder of a service's keys for personal columns.
    pub(super) fn crypt(&self, service: &str) -> PathBuf {
        self.0.join("keys").join(service).join("crypt")
    }

    /// File of the key that signs a service's audit log.
    pub(super) fn log_key(&self, service: &str) -> PathBuf {
        self.0.join("keys").join(service).join("log.key")
    }

    /// A folder of a service's own.
    pub(super) fn own(&self, service: &str, what: &str) -> PathBuf {
        self.0.join(service).join(what)
    }

    /// The sandbox's identity issuer.
    pub fn issuer(&self) -> anyhow::Result<Issuer> {
        Issuer::open(&self.0.join("keys").join("issuer"))
    }

    /// Folder of the sandbox's bank.
    pub(super) fn bank(&self) -> PathBuf {
        self.0.join("bank")
    }

    /// Leaves address and token for the other commands.
    pub(super) fn write_entry(&self, address: SocketAddr, token: &str) -> anyhow::Result<()> {
        write_secret(&self.0.join("token"), token)?;
        fs::write(self.0.join("address"), address.to_string())?;
        Ok(())
    }

    /// Address of the suite that runs on this folder.
    pub fn address(&self) -> anyhow::Result<String> {
        let hint = || format!("no suite has run on {}; start one with `canopy up`", self.0.display());
        Ok(fs::read_to_string(self.0.join("address")).with_context(hint)?.trim().to_owned())
    }
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let draft = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    Ok(())
}
