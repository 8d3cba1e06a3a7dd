//! The claims of an assertion, to and from an [`Actor`].

use std::collections::BTreeSet;

use canopy_kernel::{Actor, Failure, Role, Uscc, reason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LIFETIME_SECONDS;

/// What an assertion says. Seconds since the epoch in `iat` and `exp`.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    agency: String,
    system: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    assurance: String,
    /// Represented organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rep: Option<String>,
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// Business time, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bt: Option<Timestamp>,
}

impl Claims {
    pub(super) fn new(
        issuer: &str,
        actor: &Actor,
        audience: &str,
        business_time: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        Self {
            iss: issuer.to_owned(),
            aud: audience.to_owned(),
            iat: now.as_second(),
            exp: now.as_second() + LIFETIME_SECONDS,
            agency: actor.agency.clone(),
            system: actor.system.clone(),
            person: actor.person.clone(),
            assurance: actor.assurance.clone(),
            rep: actor.represented.map(|uscc| uscc.to_string()),
            roles: actor.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            purpose: actor.purpose.clone(),
            bt: business_time,
        }
    }

    /// The caller and the business time. The assertion's issuer becomes the actor's.
    pub(super) fn into_caller(self) -> Result<(Actor, Option<Timestamp>), Failure> {
        let represented = self.rep.as_deref().map(signed_uscc).transpose()?;
        let roles = self.roles.iter().map(|name| role(name)).collect::<Result<BTreeSet<_>, _>>()?;
        let actor = Actor {
            issuer: self.iss,
            agency: self.agency,
            system: self.system,
            person: self.person,
            assurance: self.assurance,
            represented,
            roles,
            purpose: self.purpose,
        };
        Ok((actor, self.bt))
    }
}

fn role(name: &str) -> Result<Role, Failure> {
    Role::from_name(name)
        .ok_or_else(|| Failure::new(&reason::ASSERTION_INVALID).because(format_args!("unknown role {name}")))
}

fn signed_uscc(text: &str) -> Result<Uscc, Failure> {
    text.parse::<Uscc>()
        .map_err(|_| Failure::new(&reason::ASSERTION_INVALID).because("represented code is malformed"))
}
