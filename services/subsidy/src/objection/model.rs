//! An objection and its way: filed, accepted or not, closed (RULES.md R7).

use canopy_kernel::id::ObjectionId;
use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

/// What came of an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The entry is removed (成立).
    Upheld,
    /// The entry stays (不成立).
    Dismissed,
}

impl Outcome {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Upheld => "UPHELD",
            Outcome::Dismissed => "DISMISSED",
        }
    }

    /// Reads back a stored outcome.
    pub fn from_stored(name: &str) -> Option<Self> {
        [Outcome::Upheld, Outcome::Dismissed].into_iter().find(|it| it.as_str() == name)
    }
}

/// State of an objection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Anonymous: kept, not accepted, changes nothing.
    NotAccepted,
    /// Accepted and not examined; the entry stays out meanwhile.
    Open,
    /// Closed.
    Closed {
        /// What came of it.
        outcome: Outcome,
        /// Day it was closed.
        on: Date,
    },
}

impl State {
    /// Name in audit rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::NotAccepted => "NOT_ACCEPTED",
            State::Open => "OPEN",
            State::Closed { outcome, .. } => outcome.as_str(),
        }
    }

    /// Whether it was accepted.
    pub const fn is_accepted(self) -> bool {
        !matches!(self, State::NotAccepted)
    }

    /// Reads back a stored state.
    pub fn from_stored(accepted: bool, outcome: Option<&str>, closed_on: Option<Date>) -> Self {
        match (accepted, outcome.and_then(Outcome::from_stored), closed_on) {
            (false, ..) => State::NotAccepted,
            (true, Some(outcome), Some(on)) => State::Closed { outcome, on },
            (true, ..) => State::Open,
        }
    }
}

/// An objection; who objects and what is said stand encrypted in the database alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Id.
    pub id: ObjectionId,
    /// Business number.
    pub objection_no: String,
    /// Policy whose lists are objected to.
    pub policy_code: String,
    /// Firm objected to.
    pub uscc: String,
    /// Day of filing.
    pub filed_on: Date,
    /// State.
    pub state: State,
    /// Guards writes.
    pub version: i64,
}

impl Objection {
    /// The state of a new one: an anonymous objection is kept and not accepted.
    pub fn filed_by(objector: &str) -> State {
        match objector.trim().is_empty() {
            true => State::NotAccepted,
            false => State::Open,
        }
    }

    /// Open → closed.
    pub fn close(self, outcome: Outcome, on: Date) -> Result<Self, Failure> {
        match self.state {
            State::Open if on >= self.filed_on => {
                Ok(Self { state: State::Closed { outcome, on }, version: self.version + 1, ..self })
            }
            _ => Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const FILED: Date = date(2022, 9, 9);

    fn objection(objector: &str) -> Objection {
        Objection {
            id: ObjectionId::new(uuid::Uuid::from_u128(1)),
            objection_no: "YY-001".to_owned(),
            policy_code: "HNTE".to_owned(),
            uscc: "91420111MA4KXA0264".to_owned(),
            filed_on: FILED,
            state: Objection::filed_by(objector),
            version: 1,
        }
    }

    #[test]
    fn an_anonymous_objection_is_not_accepted() {
        for (objector, accepted) in [("高力", true), ("", false), ("  ", false)] {
            assert_eq!(objection(objector).state.is_accepted(), accepted, "{objector:?}");
        }
    }

    #[test]
    fn an_open_objection_is_closed_once() {
        for outcome in [Outcome::Upheld, Outcome::Dismissed] {
            let closed = objection("高力").close(outcome, FILED).unwrap();
            assert_eq!((closed.state, closed.version), (State::Closed { outcome, on: FILED }, 2));
            assert_eq!(closed.close(outcome, FILED).unwrap_err().reason().name, "STATE_NOT_ALLOWED");
        }
        assert!(objection("").close(Outcome::Upheld, FILED).is_err());
        assert!(objection("高力").close(Outcome::Upheld, date(2022, 9, 8)).is_err());
    }

    #[test]
    fn a_stored_state_reads_back_as_it_was() {
        let closed = objection("高力").close(Outcome::Upheld, FILED).unwrap().state;
        for state in [State::NotAccepted, State::Open, closed] {
            let (outcome, on) = match state {
                State::Closed { outcome, on } => (Some(outcome.as_str()), Some(on)),
                _ => (None, None),
            };
            assert_eq!(State::from_stored(state.is_accepted(), outcome, on), state);
        }
    }
}
