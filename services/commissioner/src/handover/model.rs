//! Referrals and hand-overs of demands (转介, 交接): offered, answered in time or lapsed (`RULES.md` R15).
//!
//! ```text
//! OFFERED ──by the one who is asked, by the last day──▶ ACCEPTED | DECLINED        after the last day: LAPSED
//! ```

use canopy_kernel::id::{DemandId, HandoverId};
use canopy_kernel::{Failure, reason, words};
use jiff::civil::Date;

words! {
    /// What is asked of the other.
    HandoverKind {
        /// To work on it too.
        Referral = "REFERRAL",
        /// To take it over.
        HandOver = "HAND_OVER",
    }
}

words! {
    /// State as it is written; an offer lapses by the day alone.
    HandoverState {
        /// Not answered.
        Offered = "OFFERED",
        /// Accepted.
        Accepted = "ACCEPTED",
        /// Declined.
        Declined = "DECLINED",
    }
}

/// An offer of a demand to another commissioner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Id.
    pub id: HandoverId,
    /// The demand.
    pub demand: DemandId,
    /// What is asked.
    pub kind: HandoverKind,
    /// Number of the commissioner who looked after it; empty = none.
    pub from: String,
    /// Number of the commissioner who is asked.
    pub to: String,
    /// State.
    pub state: HandoverState,
    /// Day of the offer.
    pub offered_on: Date,
    /// Last day for the answer.
    pub answer_by: Date,
    /// Day of the answer.
    pub answered_on: Option<Date>,
    /// What was said with the offer.
    pub note: String,
    /// What was said with the answer.
    pub answer: String,
    /// Counts writes.
    pub version: i64,
}

impl Handover {
    /// Whether it still awaits an answer on a day.
    pub fn is_open_on(&self, day: Date) -> bool {
        self.state == HandoverState::Offered && day <= self.answer_by
    }

    /// Answers an open offer.
    pub fn answer(self, state: HandoverState, words: &str, on: Date) -> Result<Self, Failure> {
        if self.state != HandoverState::Offered || state == HandoverState::Offered {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str()));
        }
        if !self.is_open_on(on) {
            return Err(Failure::new(&reason::HANDOVER_LAPSED).with("answer_by", self.answer_by));
        }
        let (answered_on, answer) = (Some(on), words.to_owned());
        Ok(Self { state, answered_on, answer, version: self.version + 1, ..self })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::*;

    fn offer() -> Handover {
        Handover {
            id: HandoverId::new(uuid::Uuid::from_u128(1)),
            demand: DemandId::new(uuid::Uuid::from_u128(2)),
            kind: HandoverKind::HandOver,
            from: "CL0001".to_owned(),
            to: "CL0002".to_owned(),
            state: HandoverState::Offered,
            offered_on: date(2022, 3, 1),
            answer_by: date(2022, 3, 11),
            answered_on: None,
            note: String::new(),
            answer: String::new(),
            version: 1,
        }
    }

    #[test]
    fn an_offer_is_answered_once_by_its_last_day() {
        let last = date(2022, 3, 11);
        for state in [HandoverState::Accepted, HandoverState::Declined] {
            let answered = offer().answer(state, "", last).unwrap();
            assert_eq!((answered.answered_on, answered.version), (Some(last), 2));
            assert_eq!(answered.answer(state, "", last).unwrap_err().reason().name, "STATE_NOT_ALLOWED");
        }
    }

    #[test]
    fn an_offer_lapses_by_the_day_alone() {
        assert!(offer().is_open_on(date(2022, 3, 11)));
        assert!(!offer().is_open_on(date(2022, 3, 12)));
        let late = offer().answer(HandoverState::Accepted, "", date(2022, 3, 12)).unwrap_err();
        assert_eq!(late.reason().name, "HANDOVER_LAPSED");
    }
}
