//! A match of a demand with an achievement (供需对接) and its way (`RULES.md` R14).
//!
//! ```text
//! PROPOSED ──owner──▶ ACCEPTED ──▶ NEGOTIATING ──▶ SIGNED        a signing takes a live one there at once
//! PROPOSED | ACCEPTED ──owner or firm──▶ DECLINED                PROPOSED | ACCEPTED | NEGOTIATING ──▶ ENDED
//! ```

use canopy_kernel::id::{AchievementId, DemandId, MatchId};
use canopy_kernel::{Failure, reason, words};
use jiff::civil::Date;

use super::rule_credit::Share;
use crate::demand::model::DemandState;

words! {
    /// State of a match.
    MatchState {
        /// Proposed.
        Proposed = "PROPOSED",
        /// Accepted by the owner.
        Accepted = "ACCEPTED",
        /// The parties negotiate.
        Negotiating = "NEGOTIATING",
        /// A project was signed.
        Signed = "SIGNED",
        /// Declined by the owner or the firm.
        Declined = "DECLINED",
        /// Ended without a signature.
        Ended = "ENDED",
    }
}

impl MatchState {
    /// Whether the match may go on to that state.
    pub fn may_become(self, next: MatchState) -> bool {
        use MatchState::{Accepted, Declined, Ended, Negotiating, Proposed, Signed};
        match next {
            Proposed => false,
            Accepted | Declined if self == Proposed => true,
            Declined => self == Accepted,
            Accepted => false,
            Negotiating => self == Accepted,
            Signed | Ended => matches!(self, Proposed | Accepted | Negotiating),
        }
    }

    /// What a match in this state makes of its demand; `None` when nothing.
    pub fn of_demand(self) -> Option<DemandState> {
        match self {
            MatchState::Accepted => Some(DemandState::Matched),
            MatchState::Negotiating => Some(DemandState::Negotiating),
            _ => None,
        }
    }
}

/// Who proposes matches. Commissioners and brokers are numbered apart, so a number alone names nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposer {
    /// The commissioner of that number.
    Commissioner(String),
    /// The technology broker (技术经纪人) of that number in the training lists (`RULES.md` R19).
    Broker(String),
}

impl Proposer {
    /// Reads him from the two numbers of a row, of which one is stated.
    pub fn stored(commissioner: Option<String>, broker: Option<String>) -> Result<Self, Failure> {
        match (commissioner, broker) {
            (Some(number), None) => Ok(Proposer::Commissioner(number)),
            (None, Some(number)) => Ok(Proposer::Broker(number)),
            _ => Err(Failure::new(&reason::INTERNAL).because("a stored row names no one proposer")),
        }
    }

    /// The number of the commissioner, where it is one.
    pub fn commissioner(&self) -> Option<&str> {
        match self {
            Proposer::Commissioner(number) => Some(number.as_str()),
            Proposer::Broker(_) => None,
        }
    }

    /// The number of the broker, where it is one.
    pub fn broker(&self) -> Option<&str> {
        match self {
            Proposer::Broker(number) => Some(number.as_str()),
            Proposer::Commissioner(_) => None,
        }
    }

    /// The field of a request that states him.
    pub fn field(&self) -> &'static str {
        match self {
            Proposer::Commissioner(_) => "commissioner_no",
            Proposer::Broker(_) => "broker_no",
        }
    }
}

/// A match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Id.
    pub id: MatchId,
    /// The demand.
    pub demand: DemandId,
    /// The achievement.
    pub achievement: AchievementId,
    /// State.
    pub state: MatchState,
    /// Who proposed it.
    pub proposed_by: Proposer,
    /// Day proposed.
    pub proposed_on: Date,
    /// Day from which the state holds.
    pub since: Date,
    /// Day of the last step, of the state or of the credit; no later step is dated before it.
    pub stepped_on: Date,
    /// Words of the proposal, or why it ended.
    pub note: String,
    /// Who is credited.
    pub credits: Vec<Share>,
    /// Counts writes.
    pub version: i64,
}

impl Match {
    /// The match in its next state from a day on; words replace the note when there are any.
    pub fn become_on(self, next: MatchState, words: &str, on: Date) -> Result<Self, Failure> {
        if !self.state.may_become(next) {
            return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str()));
        }
        let note = if words.is_empty() { self.note } else { words.to_owned() };
        let day = on.max(self.stepped_on);
        Ok(Self { state: next, since: day, stepped_on: day, note, version: self.version + 1, ..self })
    }

    /// The match with other credit from a day on; its state holds since when it did.
    pub fn credit_on(self, credits: Vec<Share>, on: Date) -> Self {
        Self { credits, stepped_on: on.max(self.stepped_on), version: self.version + 1, ..self }
    }

    /// Who brokers it: the broker who proposed it, and the commissioners who are credited.
    pub fn brokered_by(&self) -> Vec<Proposer> {
        let broker = Some(&self.proposed_by).filter(|it| it.broker().is_some()).cloned();
        let credited = self.credits.iter().map(|share| Proposer::Commissioner(share.commissioner.clone()));
        broker.into_iter().chain(credited).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use jiff::civil::date;

    use super::MatchState::{Accepted, Declined, Ended, Negotiating, Proposed, Signed};
    use super::*;

    const ALL: [MatchState; 6] = [Proposed, Accepted, Negotiating, Signed, Declined, Ended];

    #[test]
    fn a_match_goes_where_the_graph_says() {
        let allowed = [
            (Proposed, vec![Accepted, Signed, Declined, Ended]),
            (Accepted, vec![Negotiating, Signed, Declined, Ended]),
            (Negotiating, vec![Signed, Ended]),
            (Signed, vec![]),
            (Declined, vec![]),
            (Ended, vec![]),
        ];
        for (from, expected) in allowed {
            let reached: Vec<MatchState> = ALL.into_iter().filter(|next| from.may_become(*next)).collect();
            assert_eq!(reached, expected, "{from:?}");
        }
    }

    fn proposed(proposed_by: Proposer, credits: Vec<Share>, day: Date) -> Match {
        Match {
            id: MatchId::new(uuid::Uuid::from_u128(1)),
            demand: DemandId::new(uuid::Uuid::from_u128(2)),
            achievement: AchievementId::new(uuid::Uuid::from_u128(3)),
            state: Proposed,
            proposed_by,
            proposed_on: day,
            since: day,
            stepped_on: day,
            note: String::new(),
            credits,
            version: 1,
        }
    }

    #[test]
    fn no_state_holds_from_before_the_step_before_it() {
        let share = |bp: i32| Share { commissioner: "A".to_owned(), bp };
        let made = proposed(Proposer::Commissioner("A".to_owned()), vec![share(10_000)], date(2022, 3, 1));
        let days = |found: &Match| (found.since, found.stepped_on);
        let split = made.credit_on(vec![share(5_000), share(5_000)], date(2022, 3, 10));
        assert_eq!(days(&split), (date(2022, 3, 1), date(2022, 3, 10)));
        // Of an earlier day: by then the credit was another one, so it holds from the split on.
        let earlier = split.clone().become_on(Signed, "", date(2022, 3, 5)).unwrap();
        assert_eq!(days(&earlier), (date(2022, 3, 10), date(2022, 3, 10)));
        let later = split.clone().become_on(Signed, "", date(2022, 3, 11)).unwrap();
        assert_eq!(days(&later), (date(2022, 3, 11), date(2022, 3, 11)));
        let again = split.credit_on(vec![share(10_000)], date(2022, 3, 5));
        assert_eq!((days(&again), again.version), ((date(2022, 3, 1), date(2022, 3, 10)), 3));
    }

    #[test]
    fn a_match_is_brokered_by_who_is_credited_and_by_the_broker_who_proposed_it() {
        let commissioner = |number: &str| Proposer::Commissioner(number.to_owned());
        let broker = |number: &str| Proposer::Broker(number.to_owned());
        let share = |number: &str| Share { commissioner: number.to_owned(), bp: 5_000 };
        let table = [
            (commissioner("A"), vec![], vec![]),
            (commissioner("A"), vec![share("A"), share("B")], vec![commissioner("A"), commissioner("B")]),
            // Who proposed it and gave all credit away brokers it no more.
            (commissioner("A"), vec![share("B"), share("C")], vec![commissioner("B"), commissioner("C")]),
            (broker("A"), vec![], vec![broker("A")]),
            (
                broker("A"),
                vec![share("A"), share("B")],
                vec![broker("A"), commissioner("A"), commissioner("B")],
            ),
        ];
        for (proposed_by, credits, expected) in table {
            let found = proposed(proposed_by, credits, date(2022, 3, 1));
            assert_eq!(found.brokered_by(), expected, "{found:?}");
        }
    }

    #[test]
    fn a_stored_proposer_is_one_of_the_two() {
        let number = || Some("A".to_owned());
        assert_eq!(Proposer::stored(number(), None), Ok(Proposer::Commissioner("A".to_owned())));
        assert_eq!(Proposer::stored(None, number()), Ok(Proposer::Broker("A".to_owned())));
        assert!(Proposer::stored(None, None).is_err());
        assert!(Proposer::stored(number(), number()).is_err());
    }
}
