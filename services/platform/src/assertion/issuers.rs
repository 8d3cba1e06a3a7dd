//! The issuers whose assertions a service accepts, and the check of an assertion.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use canopy_kernel::{Actor, Failure, Role, reason};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use sha2::{Digest, Sha256};

use super::claims::Claims;
use super::{GATEWAY, LIFETIME_SECONDS, PublicKey, SKEW_SECONDS};

/// Verified assertions kept at most; beyond it the memory starts anew.
const CACHE_SIZE: usize = 8192;

/// Public keys by issuer, and what was verified lately. Cheap to clone.
#[derive(Clone)]
pub struct AcceptedIssuers(Arc<Inner>);

struct Inner {
    keys: BTreeMap<String, Vec<DecodingKey>>,
    verified: Mutex<HashMap<[u8; 32], Verified>>,
}

/// An assertion whose signature is right; audience and time are judged each time.
#[derive(Clone)]
struct Verified {
    actor: Arc<Actor>,
    business_time: Option<Timestamp>,
    audience: String,
    issued: i64,
    expires: i64,
}

impl AcceptedIssuers {
    /// Accepts these issuers by these keys; several keys of one issuer stand side by side while one is replaced.
    pub fn new(keys: impl IntoIterator<Item = (String, PublicKey)>) -> Self {
        let mut by_issuer: BTreeMap<String, Vec<DecodingKey>> = BTreeMap::new();
        for (issuer, key) in keys {
            by_issuer.entry(issuer).or_default().push(DecodingKey::from_ed_der(key.as_bytes()));
        }
        Self(Arc::new(Inner { keys: by_issuer, verified: Mutex::default() }))
    }

    /// The caller and the business time that the assertion states to `audience` at the instant `now`.
    pub fn verify(
        &self,
        token: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<(Actor, Option<Timestamp>), Failure> {
        if token.is_empty() {
            return Err(Failure::new(&reason::ASSERTION_MISSING));
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let verified = match self.remembered(&digest) {
            Some(verified) => verified,
            None => self.remember(digest, self.verify_signature(token)?, now.as_second()),
        };
        verified.judge(audience, now.as_second())?;
        Ok((Actor::clone(&verified.actor), verified.business_time))
    }

    fn remembered(&self, digest: &[u8; 32]) -> Option<Verified> {
        self.0.verified.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    fn remember(&self, digest: [u8; 32], verified: Verified, now: i64) -> Verified {
        let mut cache = self.0.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHE_SIZE {
            cache.retain(|_, known| known.expires > now);
        }
        if cache.len() >= CACHE_SIZE {
            cache.clear();
        }
        cache.insert(digest, verified.clone());
        verified
    }

    fn verify_signature(&self, token: &str) -> Result<Verified, Failure> {
        let claims: Claims = jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(invalid)?;
        let unknown =
            || Failure::new(&reason::ASSERTION_ISSUER).because(format_args!("issuer {:?}", claims.iss));
        let keys = self.0.keys.get(&claims.iss).ok_or_else(unknown)?;
        let validation = signature_only();
        // What was read unverified names the key only; the claims used are those of the verified token.
        let attempts = keys.iter().map(|key| jsonwebtoken::decode::<Claims>(token, key, &validation));
        let claims =
            attempts.reduce(|first, next| first.or(next)).ok_or_else(unknown)?.map_err(invalid)?.claims;
        let (audience, issued, expires) = (claims.aud.clone(), claims.iat, claims.exp);
        if expires - issued > LIFETIME_SECONDS {
            return Err(Failure::new(&reason::ASSERTION_INVALID).because("longer than a minute"));
        }
        let (actor, business_time) = claims.into_caller()?;
        if actor.issuer == GATEWAY && actor.has(Role::System) {
            return Err(
                Failure::new(&reason::ASSERTION_INVALID).because("the gateway cannot speak for a service")
            );
        }
        Ok(Verified { actor: Arc::new(actor), business_time, audience, issued, expires })
    }
}

impl std::fmt::Debug for AcceptedIssuers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys.keys()).finish()
    }
}

impl Verified {
    fn judge(&self, audience: &str, now: i64) -> Result<(), Failure> {
        if self.audience != audience {
            let internal = format_args!("meant for {:?}", self.audience).to_string();
            return Err(Failure::new(&reason::ASSERTION_INVALID).because(internal));
        }
        if now > self.expires + SKEW_SECONDS {
            return Err(Failure::new(&reason::ASSERTION_EXPIRED));
        }
        if now < self.issued - SKEW_SECONDS {
            return Err(
                Failure::new(&reason::ASSERTION_INVALID).because("issued in the future: clocks differ")
            );
        }
        Ok(())
    }
}

/// Times and audience are judged by the caller's clock, not by the library's.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn invalid(fault: jsonwebtoken::errors::Error) -> Failure {
    Failure::new(&reason::ASSERTION_INVALID).because(fault)
}
