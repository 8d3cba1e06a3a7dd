//! Tokens: one per acting person and role, minted by the sandbox's issuer and kept while they are good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use canopy_kernel::{Clock, Uscc};
use canopy_sandbox::issuer::{Grant, Issuer};
use jiff::{SignedDuration, Timestamp};
use tonic::metadata::{Ascii, MetadataValue};

use super::plan::Person;

/// Agency and calling system that a replay's tokens name.
const AGENCY: &str = "replay";

/// How long a token is good: longer than any call.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// A token is replaced when less than this is left of it.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);

/// Where acting persons get their tokens.
#[derive(Debug)]
pub struct Desk {
    issuer: Issuer,
    clock: Clock,
    minted: Mutex<HashMap<Person, (Timestamp, MetadataValue<Ascii>)>>,
}

impl Desk {
    /// The desk of an issuer.
    pub fn new(issuer: Issuer, clock: Clock) -> Self {
        Self { issuer, clock, minted: Mutex::default() }
    }

    /// The person's `authorization`, with leave to set business time.
    pub fn authorization(&self, person: &Person) -> anyhow::Result<MetadataValue<Ascii>> {
        let now = self.clock.now();
        let mut minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, value)) = minted.get(person)
            && now < *until
        {
            return Ok(value.clone());
        }
        let grant = Grant {
            person: Some(person.name.clone()),
            agency: AGENCY.to_owned(),
            system: AGENCY.to_owned(),
            assurance: "sandbox".to_owned(),
            roles: [person.role].into(),
            represented: person.represented.as_deref().map(Uscc::from_stored).transpose()?,
            purpose: None,
            may_set_time: true,
            lifetime: LIFETIME,
        };
        let value: MetadataValue<Ascii> = format!("Bearer {}", self.issuer.mint(&grant, now)?).parse()?;
        minted.insert(person.clone(), (now + LIFETIME - MARGIN, value.clone()));
        Ok(value)
    }
}
