//! The sandbox's identity issuer: makes its key on the first start and mints the tokens by which people and
//! systems of a try-out are known to the gateway (RULES.md R7, R8).

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use canopy_kernel::{Role, Uscc};
use canopy_platform::{SigningIdentity, generate_key};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Claim `iss` of the tokens.
pub const NAME: &str = "sandbox";
/// Claim `aud` of the tokens.
pub const AUDIENCE: &str = "canopy";

/// File of the private key inside the issuer's folder, PKCS#8 PEM.
const KEY_FILE: &str = "issuer.pem";
/// Characters of a key id: enough to tell keys apart, short in every token.
const KEY_ID_LENGTH: usize = 16;

/// The issuer with its key.
pub struct Issuer {
    key: EncodingKey,
    key_id: String,
    public_key: String,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Who a token makes its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The person; `None` when a system calls on its own.
    pub person: Option<String>,
    /// The agency.
    pub agency: String,
    /// Its calling system.
    pub system: String,
    /// How surely the person was identified.
    pub assurance: String,
    /// Roles held. SYSTEM is for the suite's own services and is refused.
    pub roles: BTreeSet<Role>,
    /// The organisation represented.
    pub represented: Option<Uscc>,
    /// Declared purpose of look-ups.
    pub purpose: Option<String>,
    /// Whether the bearer may set business time.
    pub may_set_time: bool,
    /// How long the token is good.
    pub lifetime: SignedDuration,
}

/// The claims as they stand in the token; `iat` and `exp` in seconds since the epoch.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    agency: &'a str,
    system: &'a str,
    assurance: &'a str,
    roles: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rep: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    may_set_time: bool,
}

impl Issuer {
    /// The issuer whose key stands in the folder; on the first start folder and key are made, for their owner
    /// alone.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join(KEY_FILE);
        if !file.exists() {
            make_key(folder, &file)
                .with_context(|| format!("cannot make the issuer's key {}", file.display()))?;
        }
        Self::from_file(&file).with_context(|| format!("cannot use the issuer's key {}", file.display()))
    }

    fn from_file(file: &Path) -> anyhow::Result<Self> {
        let mode = fs::metadata(file)?.permissions().mode();
        ensure!(mode & 0o077 == 0, "others than its owner may read it (mode {:o}): chmod 600", mode & 0o777);
        let pem = fs::read(file)?;
        let public_key = SigningIdentity::from_bytes(NAME, &pem)?.public_key().to_base64();
        let key_id = hex::encode(Sha256::digest(&public_key))[..KEY_ID_LENGTH].to_owned();
        Ok(Self { key: EncodingKey::from_ed_pem(&pem)?, key_id, public_key })
    }

    /// Claim `kid` of the tokens, taken from the public key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public key for the gateway's `tokens.issuers."sandbox"."<kid>"`: base64 of its 32 bytes.
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// A token for the grant, good from now on.
    pub fn mint(&self, grant: &Grant, now: Timestamp) -> anyhow::Result<String> {
        ensure!(!grant.roles.contains(&Role::System), "the role SYSTEM is for the suite's own services");
        ensure!(!grant.agency.is_empty() && !grant.system.is_empty(), "a token names agency and system");
        let claims = Claims {
            iss: NAME,
            aud: AUDIENCE,
            iat: now.as_second(),
            exp: now.checked_add(grant.lifetime).context("the token's life is too long")?.as_second(),
            sub: grant.person.as_deref(),
            agency: &grant.agency,
            system: &grant.system,
            assurance: &grant.assurance,
            roles: grant.roles.iter().map(|role| role.as_str()).collect(),
            rep: grant.represented.as_ref().map(Uscc::as_str),
            purpose: grant.purpose.as_deref(),
            may_set_time: grant.may_set_time,
        };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.key).context("sign the token")
    }
}

/// The file appears whole or not at all: two processes that start together end with the same key.
fn make_key(folder: &Path, file: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = folder.join(format!("{KEY_FILE}.{}.tmp", std::process::id()));
    let (pem, _) = generate_key()?;
    // A draft that a killed process with the same id has left holds nothing that counts.
    let mut opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    opened.write_all(pem.as_bytes())?;
    opened.sync_all()?;
    let linked = match fs::hard_link(&draft, file) {
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    };
    fs::remove_file(&draft)?;
    Ok(linked?)
}
