//! A caller's bearer token (访问令牌): a JWT signed with Ed25519 by an issuer that the configuration
//! names. Says who is calling, or why not.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use canopy_kernel::uscc::UsccRules;
use canopy_kernel::{Actor, Failure, Role, reason};
use canopy_platform::assertion::PublicKey;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::config::TokenSettings;

/// Two keys are enough for a rotation: the present one and its successor.
const KEYS_PER_ISSUER: usize = 2;

/// How far an issuer's clock may be ahead of ours, in seconds.
const CLOCK_SKEW: i64 = 60;

/// The issuers whose tokens are accepted.
pub(crate) struct Issuers {
    audience: String,
    keys: BTreeMap<String, BTreeMap<String, DecodingKey>>,
}

/// What a valid token says.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) actor: Actor,
    pub(crate) expires: Timestamp,
    pub(crate) may_set_time: bool,
}

/// The claims, as they stand in the token.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    agency: String,
    system: String,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    assurance: String,
    #[serde(default)]
    rep: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    may_set_time: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

impl Issuers {
    pub(crate) fn new(settings: &TokenSettings) -> anyhow::Result<Self> {
        let mut issuers = BTreeMap::new();
        for (issuer, texts) in &settings.issuers {
            if texts.is_empty() || texts.len() > KEYS_PER_ISSUER {
                bail!("tokens.issuers.\"{issuer}\": {} keys; one or two are allowed", texts.len());
            }
            let mut keys = BTreeMap::new();
            for (kid, text) in texts {
                let key =
                    public_key(text).with_context(|| format!("tokens.issuers.\"{issuer}\".\"{kid}\""))?;
                keys.insert(kid.clone(), key);
            }
            issuers.insert(issuer.clone(), keys);
        }
        Ok(Self { audience: settings.audience.clone(), keys: issuers })
    }

    /// Checks signature, then expiry, then audience: only a genuine token is told what it lacks.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, Failure> {
        let claims = self.authentic(token)?;
        let expires = Timestamp::from_second(claims.exp).map_err(invalid)?;
        if expires <= now {
            return Err(Failure::new(&reason::TOKEN_EXPIRED));
        }
        if !claims.aud.names(&self.audience) {
            return Err(Failure::new(&reason::TOKEN_AUDIENCE));
        }
        if claims.iat > now.as_second() + CLOCK_SKEW {
            return Err(invalid("issued in the future"));
        }
        let may_set_time = claims.may_set_time;
        Ok(Identity { actor: actor(claims)?, expires, may_set_time })
    }

    fn authentic(&self, token: &str) -> Result<Claims, Failure> {
        let header = jsonwebtoken::decode_header(token).map_err(invalid)?;
        if header.alg != Algorithm::EdDSA {
            return Err(invalid("not signed with EdDSA"));
        }
        let kid = header.kid.ok_or_else(|| invalid("no key id"))?;
        let issuer = claimed_issuer(token)?;
        let key = self.keys.get(&issuer).and_then(|keys| keys.get(&kid));
        let key = key.ok_or_else(|| invalid("unknown issuer or key"))?;
        // Only the signature here: the rest has reasons of its own.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Ok(jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(invalid)?.claims)
    }
}

/// The issuer that the token claims, to find the key that proves it.
fn claimed_issuer(token: &str) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    Ok(jsonwebtoken::dangerous::insecure_decode::<Claimed>(token).map_err(invalid)?.claims.iss)
}

fn actor(claims: Claims) -> Result<Actor, Failure> {
    let represented = match claims.rep {
        Some(code) => {
            Some(UsccRules::default().parse(&code).map_err(|_| invalid("the represented code is no USCC"))?)
        }
        None => None,
    };
    if claims.agency.is_empty() || claims.system.is_empty() {
        return Err(invalid("agency or system is empty"));
    }
    Ok(Actor {
        issuer: claims.iss,
        agency: claims.agency,
        system: claims.system,
        person: claims.sub,
        assurance: claims.assurance,
        represented,
        roles: claims.roles.iter().map(|name| role(name)).collect::<Result<BTreeSet<_>, _>>()?,
        purpose: claims.purpose,
    })
}

/// SYSTEM is for the suite's own services; nobody brings it along from outside.
fn role(name: &str) -> Result<Role, Failure> {
    match Role::from_name(name) {
        None => Err(invalid("unknown role")),
        Some(Role::System) => Err(invalid("the role SYSTEM from outside")),
        Some(role) => Ok(role),
    }
}

fn public_key(text: &str) -> anyhow::Result<DecodingKey> {
    let key = match PublicKey::parse(text) {
        Ok(key) => key,
        Err(_) => PublicKey::parse(&std::fs::read_to_string(text).context("neither a key nor a file")?)?,
    };
    // A JWK spells the same 32 bytes in base64 for URLs, without padding.
    let component = key.to_base64().replace('+', "-").replace('/', "_");
    Ok(DecodingKey::from_ed_components(component.trim_end_matches('='))?)
}

fn invalid(why: impl std::fmt::Display) -> Failure {
    Failure::new(&reason::TOKEN_INVALID).because(why)
}
