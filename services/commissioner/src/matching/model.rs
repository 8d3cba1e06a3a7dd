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
    /// Number of the commissioner who proposed it.
    pub proposed_by: String,
    /// Day proposed.
    pub proposed_on: Date,
    /// Day from which the state holds.
    pub since: Date,
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
        Ok(Self { state: next, since: on.max(self.since), note, version: self.version + 1, ..self })
    }

    /// Whether that commissioner is credited for it.
    pub fn credits_to(&self, commissioner: &str) -> bool {
        self.credits.iter().any(|share| share.commissioner == commissioner)
    }
}

#[cfg(test)]
mod tests {
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
}
