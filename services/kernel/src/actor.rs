//! Who is calling, and the values that prove a decision was allowed: the store asks for them, so a
//! forgotten check does not compile.

use std::collections::BTreeSet;

use crate::failure::Failure;
use crate::reason;
use crate::uscc::Uscc;

mod role;

pub use role::Role;

/// The caller, as the gateway's assertion or a service's own says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who issued the identity.
    pub issuer: String,
    /// The calling agency.
    pub agency: String,
    /// Its calling system.
    pub system: String,
    /// The person on whose behalf; `None` when a system acts on its own.
    pub person: Option<String>,
    /// How surely the person was identified.
    pub assurance: String,
    /// The organisation the caller acts for.
    pub represented: Option<Uscc>,
    /// Roles held.
    pub roles: BTreeSet<Role>,
    /// Declared purpose of a look-up.
    pub purpose: Option<String>,
}

impl Actor {
    /// Whether the caller holds the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Stable text of agency, system and person: the caller's part of an idempotency key. Slashes
    /// inside a part are escaped, so two callers never share a key.
    pub fn caller_key(&self) -> String {
        let escape = |part: &str| part.replace('%', "%25").replace('/', "%2F");
        let person = self.person.as_deref().unwrap_or_default();
        format!("{}/{}/{}", escape(&self.agency), escape(&self.system), escape(person))
    }
}

/// Proof that the caller holds a role that may take decision `D`. Only [`authorize`] makes one.
#[derive(Clone, Debug)]
pub struct Authorized<D> {
    actor: Actor,
    decision: D,
}

impl<D> Authorized<D> {
    /// Who decides.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What is decided.
    pub fn decision(&self) -> &D {
        &self.decision
    }

    /// What is decided, by value.
    pub fn into_decision(self) -> D {
        self.decision
    }
}

/// Allows the decision when the caller holds one of the roles.
pub fn authorize<D>(actor: &Actor, roles: &[Role], decision: D) -> Result<Authorized<D>, Failure> {
    if roles.iter().any(|role| actor.has(*role)) {
        return Ok(Authorized { actor: actor.clone(), decision });
    }
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    Err(Failure::new(&reason::ROLE_NOT_ALLOWED).with("roles", names.join(", ")))
}

/// Proof of four eyes (双人复核): two different named persons. Only [`require_distinct`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FourEyes {
    maker: String,
    approver: String,
}

impl FourEyes {
    /// Who made it.
    pub fn maker(&self) -> &str {
        &self.maker
    }

    /// Who approved it.
    pub fn approver(&self) -> &str {
        &self.approver
    }
}

/// Takes two different named persons; who is not named counts as the same.
pub fn require_distinct(maker: &str, approver: &str) -> Result<FourEyes, Failure> {
    let refused = Failure::new(&reason::MAKER_IS_APPROVER);
    if maker.trim().is_empty() || approver.trim().is_empty() {
        return Err(refused.because("a person is not named"));
    }
    match maker.trim() == approver.trim() {
        true => Err(refused),
        false => Ok(FourEyes { maker: maker.to_owned(), approver: approver.to_owned() }),
    }
}

/// Keeps an ENTERPRISE and an INSTITUTE to the organisation it represents; other roles are bounded elsewhere.
pub fn may_act_for(actor: &Actor, uscc: Uscc) -> Result<(), Failure> {
    let bound = actor.has(Role::Enterprise) || actor.has(Role::Institute);
    match bound && actor.represented != Some(uscc) {
        true => Err(Failure::new(&reason::NOT_REPRESENTED)),
        false => Ok(()),
    }
}
