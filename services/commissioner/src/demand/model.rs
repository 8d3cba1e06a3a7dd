//! A technology demand (技术需求) and its way from need to registered contract (`RULES.md` R10).
//!
//! ```text
//! COLLECTED ──▶ VERIFIED ──▶ PUBLISHED ──▶ MATCHED ──▶ NEGOTIATING ──▶ SIGNED ⇄ REGISTERED ──▶ CLOSED
//!                   └────────────┴────a signing────┴───────────────────▶ │        SIGNED ──────▶ CLOSED
//! any but CLOSED ──▶ WITHDRAWN            MATCHED | NEGOTIATING ──its matches ended──▶ PUBLISHED | MATCHED
//! ```

use canopy_kernel::id::DemandId;
use canopy_kernel::{Failure, Fen, Uscc, period, reason, words};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

words! {
    /// State of a demand.
    DemandState {
        /// Written down.
        Collected = "COLLECTED",
        /// Verified; counts from that day (挖掘).
        Verified = "VERIFIED",
        /// Published with the firm's consent.
        Published = "PUBLISHED",
        /// A match was accepted.
        Matched = "MATCHED",
        /// The parties negotiate.
        Negotiating = "NEGOTIATING",
        /// A project was signed.
        Signed = "SIGNED",
        /// Its contract is registered.
        Registered = "REGISTERED",
        /// Closed.
        Closed = "CLOSED",
        /// Withdrawn.
        Withdrawn = "WITHDRAWN",
    }
}

/// What happens to a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The district or the bureau verifies it.
    Verify,
    /// It is published.
    Publish,
    /// The owner of an achievement accepts a match.
    Match,
    /// The parties of a match begin to negotiate.
    Negotiate,
    /// A match ended; what the others make of the demand, if there are any.
    Unmatch(Option<DemandState>),
    /// A project that answers it is signed.
    Sign,
    /// The contract of that project is registered.
    Register,
    /// That registration fell away.
    Unregister,
    /// It is closed.
    Close,
    /// It is withdrawn.
    Withdraw,
}

impl DemandState {
    /// The state after an act; the same when the act leaves it, `None` when the act is not allowed.
    pub fn after(self, act: Act) -> Option<DemandState> {
        use DemandState::{
            Closed, Collected, Matched, Negotiating, Published, Registered, Signed, Verified, Withdrawn,
        };
        match (act, self) {
            (Act::Verify, Collected) => Some(Verified),
            (Act::Publish, Verified) => Some(Published),
            (Act::Match, Published) => Some(Matched),
            (Act::Match, Matched | Negotiating | Signed | Registered) => Some(self),
            (Act::Negotiate, Matched) => Some(Negotiating),
            (Act::Negotiate, Negotiating | Signed | Registered) => Some(self),
            (Act::Unmatch(others), Matched | Negotiating) => Some(others.unwrap_or(Published)),
            (Act::Sign, Verified | Published | Matched | Negotiating) => Some(Signed),
            (Act::Sign, Signed | Registered | Closed | Withdrawn) => Some(self),
            (Act::Register, Signed) => Some(Registered),
            (Act::Unregister, Registered) => Some(Signed),
            (Act::Unmatch(_) | Act::Register | Act::Unregister, _) => Some(self),
            (Act::Close, Signed | Registered) => Some(Closed),
            (Act::Withdraw, Closed | Withdrawn) => None,
            (Act::Withdraw, _) => Some(Withdrawn),
            (Act::Verify | Act::Publish | Act::Match | Act::Negotiate | Act::Sign | Act::Close, _) => None,
        }
    }

    /// Whether it still awaits a signature, so that idleness makes it stale.
    pub fn is_open(self) -> bool {
        self < DemandState::Signed
    }
}

/// A demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Id.
    pub id: DemandId,
    /// Business number.
    pub number: String,
    /// The firm.
    pub enterprise: Uscc,
    /// Number of the commissioner who looks after it; empty = none.
    pub commissioner: String,
    /// Field of technology.
    pub field: String,
    /// The need.
    pub words: String,
    /// Budget; zero = not stated.
    pub budget: Fen,
    /// Until when the firm needs it.
    pub needed_by: Option<Date>,
    /// Day on which the firm agreed to publication.
    pub agreed_on: Option<Date>,
    /// Day collected.
    pub collected_on: Date,
    /// State.
    pub state: DemandState,
    /// Day from which it holds.
    pub since: Date,
    /// Counts writes.
    pub version: i64,
}

impl Demand {
    /// The demand after an act on a day; the same version when the act leaves it. A step never comes before the one
    /// before it.
    pub fn after(self, act: Act, on: Date) -> Result<Self, Failure> {
        let not_allowed = || Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str());
        let state = self.state.after(act).ok_or_else(not_allowed)?;
        match state == self.state {
            true => Ok(self),
            false => Ok(Self { state, since: on.max(self.since), version: self.version + 1, ..self }),
        }
    }

    /// Publishes it, when the firm agreed by that day (§4.3).
    pub fn publish(self, agreed_on: Date, on: Date) -> Result<Self, Failure> {
        if agreed_on > on {
            return Err(Failure::new(&reason::CONSENT_MISSING).on("agreed_on"));
        }
        let published = self.after(Act::Publish, on)?;
        Ok(Self { agreed_on: Some(agreed_on), ..published })
    }
}

/// Whether a demand in that state since that day is stale (`RULES.md` R11): open, and nothing happened for the months.
pub fn is_stale(state: DemandState, since: Date, day: Date, months: u16) -> bool {
    state.is_open() && period::add_months(since, u32::from(months)) < day
}

/// What two records of a demand in the same words have in common, whatever the white space.
pub fn words_digest(words: &str) -> Vec<u8> {
    let mut digest = Sha256::new();
    for word in words.split_whitespace() {
        digest.update(word.as_bytes());
    }
    digest.finalize().to_vec()
}

#[cfg(test)]
mod tests;
