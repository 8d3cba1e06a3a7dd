//! Who is calling: tokens verified once, then known by their hash until they expire, each with the
//! assertions issued for it.

use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

use canopy_kernel::{Actor, Failure, reason};
use canopy_platform::SigningIdentity;
use canopy_platform::metadata::BUSINESS_TIME;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::quota::{Bucket, Quotas};
use crate::recent::Recent;
use crate::token::{Identity, Issuers};

/// How long an issued assertion is used again. It lives 60 s; the rest is for the call's own way.
const REUSE: SignedDuration = SignedDuration::from_secs(40);

/// Assertions remembered per token: one per service and business time.
const ASSERTIONS: usize = 256;

type TokenHash = [u8; 32];

/// Everyone who called lately.
pub(crate) struct Callers {
    issuers: Issuers,
    quotas: Quotas,
    known: RwLock<Recent<TokenHash, Arc<Caller>>>,
    tryout: bool,
}

/// The holder of one token.
pub(crate) struct Caller {
    identity: Identity,
    bucket: Arc<Bucket>,
    assertions: RwLock<Recent<Purpose, Issued>>,
}

/// What an assertion is for: a service (by its place in the list of routes), at a business time.
type Purpose = (usize, Option<Timestamp>);

struct Issued {
    header: HeaderValue,
    until: Timestamp,
}

impl Callers {
    pub(crate) fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            issuers: Issuers::new(&config.tokens)?,
            quotas: Quotas::new(&config.quota),
            known: RwLock::new(Recent::new(config.tokens.remembered)),
            tryout: config.server.tryout,
        })
    }

    /// The caller whose token the headers carry.
    pub(crate) fn recognise(&self, headers: &HeaderMap, now: Timestamp) -> Result<Arc<Caller>, Failure> {
        let token = bearer(headers)?;
        let hash: TokenHash = Sha256::digest(token).into();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some(caller) = known {
            return match caller.identity.expires > now {
                true => Ok(caller),
                false => Err(Failure::new(&reason::TOKEN_EXPIRED)),
            };
        }
        let token = std::str::from_utf8(token).map_err(|_| Failure::new(&reason::TOKEN_INVALID))?;
        let identity = self.issuers.verify(token, now)?;
        let bucket = self.quotas.bucket(&identity.actor);
        let assertions = RwLock::new(Recent::new(ASSERTIONS));
        let caller = Arc::new(Caller { identity, bucket, assertions });
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(hash, caller.clone());
        Ok(caller)
    }

    /// The business time that the call asks for, if this suite and this caller may set it.
    pub(crate) fn business_time(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<Option<Timestamp>, Failure> {
        let Some(asked) = headers.get(BUSINESS_TIME) else { return Ok(None) };
        if !self.tryout || !caller.identity.may_set_time {
            return Err(Failure::new(&reason::BUSINESS_TIME_REFUSED));
        }
        let time = asked.to_str().ok().and_then(|text| text.parse().ok());
        time.map(Some).ok_or_else(|| Failure::new(&reason::FIELD_INVALID).on(BUSINESS_TIME))
    }
}

impl Caller {
    pub(crate) fn actor(&self) -> &Actor {
        &self.identity.actor
    }

    /// Pays for the call, or says when there will be units again.
    pub(crate) fn pay(&self, units: NonZeroU32) -> Result<(), Failure> {
        self.bucket.take(units)
    }
}

/// Issues assertions to the services.
pub(crate) struct Assertions {
    signer: SigningIdentity,
    audiences: Vec<String>,
}

impl Assertions {
    /// `audiences` in the order of the routes.
    pub(crate) fn new(signer: SigningIdentity, audiences: Vec<String>) -> Self {
        Self { signer, audiences }
    }

    /// The assertion for the caller at that route and business time, signed anew when the last one
    /// is about to expire.
    pub(crate) fn issue(
        &self,
        caller: &Caller,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<HeaderValue, Failure> {
        let issued = caller.assertions.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(issued) = issued.get(&purpose).filter(|issued| issued.until > now) {
            return Ok(issued.header.clone());
        }
        drop(issued);
        let (route, business_time) = purpose;
        let text = self.signer.issue(caller.actor(), &self.audiences[route], business_time, now)?;
        let header =
            HeaderValue::from_str(&text).map_err(|fault| Failure::new(&reason::INTERNAL).because(fault))?;
        let until = now.checked_add(REUSE).unwrap_or(now);
        let issued = Issued { header: header.clone(), until };
        caller.assertions.write().unwrap_or_else(PoisonError::into_inner).insert(purpose, issued);
        Ok(header)
    }
}

fn bearer(headers: &HeaderMap) -> Result<&[u8], Failure> {
    let value = headers.get(AUTHORIZATION).ok_or_else(|| Failure::new(&reason::TOKEN_MISSING))?.as_bytes();
    match value.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty() => Ok(token),
        _ => Err(Failure::new(&reason::TOKEN_MISSING)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jsonwebtoken::{Algorithm, EncodingKey, Header};

    use super::*;

    const EXPIRES: i64 = 1_700_000_000;

    fn callers_and_headers() -> (Callers, HeaderMap) {
        let (private, public) = canopy_platform::generate_key().unwrap();
        let mut config = Config::default();
        let keys = BTreeMap::from([("k".to_owned(), public)]);
        config.tokens.issuers.insert("issuer".to_owned(), keys);
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some("k".to_owned());
        let claims = serde_json::json!({
            "iss": "issuer", "aud": "canopy", "iat": EXPIRES - 600, "exp": EXPIRES,
            "agency": "bureau", "system": "portal", "roles": ["OPERATOR"],
        });
        let key = EncodingKey::from_ed_pem(private.as_bytes()).unwrap();
        let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        (Callers::new(&config).unwrap(), headers)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_remembered_token_expires_like_any_other() {
        let (callers, headers) = callers_and_headers();
        let first = callers.recognise(&headers, at(EXPIRES - 1)).ok().unwrap();
        let second = callers.recognise(&headers, at(EXPIRES - 1)).ok().unwrap();
        assert!(Arc::ptr_eq(&first, &second), "verified twice");
        let refused = callers.recognise(&headers, at(EXPIRES)).err().unwrap();
        assert_eq!(refused.reason(), &reason::TOKEN_EXPIRED);
    }

    #[test]
    fn an_assertion_is_used_again_until_it_is_about_to_expire() {
        let (callers, headers) = callers_and_headers();
        let signer = SigningIdentity::from_bytes("gateway", &[7; 32]).unwrap();
        let assertions = Assertions::new(signer, vec!["registry".to_owned(), "subsidy".to_owned()]);
        let now = EXPIRES - 500;
        let caller = callers.recognise(&headers, at(now)).ok().unwrap();
        let issue = |route, time, now| assertions.issue(&caller, (route, time), at(now)).unwrap();
        let first = issue(0, None, now);
        assert_eq!(issue(0, None, now + 39), first);
        assert_ne!(issue(0, None, now + 40), first);
        assert_ne!(issue(1, None, now), first);
        assert_ne!(issue(0, Some(at(0)), now), first);
    }
}
