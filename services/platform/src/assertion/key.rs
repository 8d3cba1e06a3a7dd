//! Keys of the suite's own services: a private key signs assertions, its public half is listed by who accepts them.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use canopy_kernel::{Actor, Failure, reason};
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, spki::der::pem::LineEnding};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::claims::Claims;

/// Makes a key pair: the private key as PKCS#8 PEM, the public one as base64 of its 32 bytes.
pub fn generate_key() -> anyhow::Result<(String, String)> {
    let key = SigningKey::from_bytes(&rand::random());
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|fault| anyhow!("encode a new key: {fault}"))?;
    Ok((pem.to_string(), PublicKey(key.verifying_key()).to_base64()))
}

/// A service's name with its private key: it signs what the service says about who is calling.
#[derive(Clone)]
pub struct SigningIdentity {
    name: String,
    key: EncodingKey,
    public: PublicKey,
}

impl std::fmt::Debug for SigningIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningIdentity").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SigningIdentity {
    /// The identity whose private key stands in that file: PKCS#8 PEM, or a seed of 32 bytes.
    pub fn from_file(name: &str, file: &Path) -> anyhow::Result<Self> {
        let bytes =
            std::fs::read(file).with_context(|| format!("read the key of {name} from {}", file.display()))?;
        Self::from_bytes(name, &bytes).with_context(|| format!("key of {name} in {}", file.display()))
    }

    /// The identity with that private key: PKCS#8 PEM, or a seed of 32 bytes.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let key = match (<[u8; 32]>::try_from(bytes), std::str::from_utf8(bytes)) {
            (Ok(seed), _) => SigningKey::from_bytes(&seed),
            (_, Ok(pem)) => {
                SigningKey::from_pkcs8_pem(pem).map_err(|fault| anyhow!("not an Ed25519 key: {fault}"))?
            }
            _ => bail!("neither PKCS#8 PEM nor 32 bytes"),
        };
        let der = key.to_pkcs8_der().map_err(|fault| anyhow!("encode the key: {fault}"))?;
        Ok(Self {
            name: name.to_owned(),
            key: EncodingKey::from_ed_der(der.as_bytes()),
            public: PublicKey(key.verifying_key()),
        })
    }

    /// Name of the service; the assertions' issuer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half of the key.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    /// Says to `audience` that `actor` is calling, from now on for a minute.
    pub fn issue(
        &self,
        actor: &Actor,
        audience: &str,
        business_time: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let claims = Claims::new(&self.name, actor, audience, business_time, now);
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.key).map_err(|fault| {
            Failure::new(&reason::INTERNAL).because(format_args!("sign an assertion: {fault}"))
        })
    }
}

/// The public key of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads base64 of the 32 bytes, or SubjectPublicKeyInfo PEM.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        if text.starts_with("-----BEGIN") {
            let key = VerifyingKey::from_public_key_pem(text);
            return key.map(Self).map_err(|fault| anyhow!("not an Ed25519 public key: {fault}"));
        }
        let bytes = STANDARD.decode(text).context("neither base64 nor PEM")?;
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).context("not 32 bytes")?;
        VerifyingKey::from_bytes(&bytes).map(Self).context("not an Ed25519 public key")
    }

    /// Base64 of the 32 bytes.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0.as_bytes())
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}
