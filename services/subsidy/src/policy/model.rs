//! A policy version and its way from draft to closed: `DRAFT → REVIEWED → ACTIVE → CLOSED` (RULES.md, state machines).

use canopy_kernel::actor::require_distinct;
use canopy_kernel::id::PolicyId;
use canopy_kernel::{Failure, Fen, reason};
use jiff::civil::Date;

/// Where candidates come from: `QUALIFICATION:<kind>` on the wire; other sources are not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceSource {
    /// Kind of qualification, e.g. `HNTE`.
    pub qualification_kind: String,
}

/// How the amount of an entry is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountRule {
    /// One amount for a first recognition, another for a renewed one.
    ByRecognition {
        /// For a first recognition.
        first: Fen,
        /// For a renewed one.
        repeat: Fen,
    },
    /// The same for everyone.
    Fixed(Fen),
    /// By the qualification's tier.
    ByTier {
        /// For tier 1.
        tier1: Fen,
        /// For tier 2.
        tier2: Fen,
    },
}

impl AmountRule {
    /// Name in the database and in the data.
    pub const fn as_str(self) -> &'static str {
        match self {
            AmountRule::ByRecognition { .. } => "FIXED_BY_RECOGNITION",
            AmountRule::Fixed(_) => "FIXED",
            AmountRule::ByTier { .. } => "FIXED_BY_TIER",
        }
    }
}

/// What the payee must hold live on the match day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredQualification {
    /// Its kind.
    pub kind: String,
    /// Whether it must not have failed its yearly assessment.
    pub must_pass: bool,
}

/// The parameters of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Code, shared by the versions of one policy.
    pub code: String,
    /// Title in Chinese.
    pub title: String,
    /// Number of the document (文号).
    pub doc_no: String,
    /// First day in force.
    pub valid_from: Date,
    /// Last day in force.
    pub valid_to: Date,
    /// Where candidates come from.
    pub evidence: EvidenceSource,
    /// First day of the evidence window.
    pub award_from: Date,
    /// Last day of the evidence window.
    pub award_to: Date,
    /// How the amount is found.
    pub amount: AmountRule,
    /// Most that one payee gets in a year.
    pub cap: Option<Fen>,
    /// What must be live on the match day.
    pub requires: Option<RequiredQualification>,
    /// Prefix of codes of hosts that get nothing.
    pub excluded_host_prefix: Option<String>,
    /// Who, in words.
    pub beneficiary_rule: String,
    /// How much, in words.
    pub amount_rule: String,
    /// Budget line that pays.
    pub budget_line: String,
    /// Working days of publicity; the posting day is day 1.
    pub publicity_working_days: u32,
}

impl Terms {
    /// The first of the four conditions to enter a list: the document is in force (RULES.md R1).
    pub fn require_in_force(&self, day: Date) -> Result<(), Failure> {
        match self.valid_from <= day && day <= self.valid_to {
            true => Ok(()),
            false => Err(Failure::new(&reason::POLICY_NOT_IN_FORCE).with("day", day)),
        }
    }
}

/// State of a version, with who brought it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Written down (草拟).
    Draft,
    /// Reviewed by a second person (已审核).
    Reviewed {
        /// Who reviewed it.
        reviewer: String,
    },
    /// May be matched (执行中).
    Active {
        /// Who reviewed it.
        reviewer: String,
    },
    /// Ended for good (已终止).
    Closed {
        /// Who reviewed it.
        reviewer: String,
    },
}

impl State {
    /// Name in the database and in audit rows.
    pub const fn as_str(&self) -> &'static str {
        match self {
            State::Draft => "DRAFT",
            State::Reviewed { .. } => "REVIEWED",
            State::Active { .. } => "ACTIVE",
            State::Closed { .. } => "CLOSED",
        }
    }

    /// Who reviewed it; empty while it is a draft.
    pub fn reviewer(&self) -> &str {
        match self {
            State::Draft => "",
            State::Reviewed { reviewer } | State::Active { reviewer } | State::Closed { reviewer } => {
                reviewer
            }
        }
    }

    /// Reads back a stored state.
    pub fn from_stored(name: &str, reviewer: String) -> Result<Self, Failure> {
        match name {
            "DRAFT" => Ok(State::Draft),
            "REVIEWED" => Ok(State::Reviewed { reviewer }),
            "ACTIVE" => Ok(State::Active { reviewer }),
            "CLOSED" => Ok(State::Closed { reviewer }),
            other => Err(Failure::new(&reason::INTERNAL).because(format_args!("policy state {other}"))),
        }
    }
}

/// A version of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Id.
    pub id: PolicyId,
    /// 1, 2, 3 …
    pub revision: i32,
    /// State.
    pub state: State,
    /// Its parameters.
    pub terms: Terms,
    /// Who wrote it.
    pub maker: String,
    /// Guards writes.
    pub version: i64,
}

impl Policy {
    /// A new version, written down.
    pub fn draft(id: PolicyId, revision: i32, terms: Terms, maker: String) -> Self {
        Self { id, revision, state: State::Draft, terms, maker, version: 1 }
    }

    /// `DRAFT → REVIEWED` by someone else than the maker.
    pub fn review(self, reviewer: &str) -> Result<Self, Failure> {
        match &self.state {
            State::Draft => {
                let pair = require_distinct(&self.maker, reviewer)?;
                let reviewer = pair.approver().to_owned();
                Ok(self.next(State::Reviewed { reviewer }))
            }
            _ => Err(self.refused()),
        }
    }

    /// `REVIEWED → ACTIVE`.
    pub fn activate(self) -> Result<Self, Failure> {
        match self.state.clone() {
            State::Reviewed { reviewer } => Ok(self.next(State::Active { reviewer })),
            _ => Err(self.refused()),
        }
    }

    /// `ACTIVE → CLOSED`.
    pub fn close(self) -> Result<Self, Failure> {
        match self.state.clone() {
            State::Active { reviewer } => Ok(self.next(State::Closed { reviewer })),
            _ => Err(self.refused()),
        }
    }

    /// May be matched on that day: active, and its document in force.
    pub fn require_matchable(&self, day: Date) -> Result<(), Failure> {
        match self.state {
            State::Active { .. } => self.terms.require_in_force(day),
            _ => Err(Failure::new(&reason::POLICY_NOT_IN_FORCE)
                .with("day", day)
                .with("state", self.state.as_str())),
        }
    }

    fn next(self, state: State) -> Self {
        Self { state, version: self.version + 1, ..self }
    }

    fn refused(&self) -> Failure {
        Failure::new(&reason::STATE_NOT_ALLOWED).with("state", self.state.as_str())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::policy::rule_terms::tests::terms;

    fn draft() -> Policy {
        let id = PolicyId::new(uuid::Uuid::from_u128(1));
        Policy::draft(id, 1, terms(), "张晓岚".to_owned())
    }

    fn reason_of<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
        outcome.unwrap_err().reason().name
    }

    #[test]
    fn a_policy_goes_from_draft_to_closed_and_counts_its_versions() {
        let closed = draft().review("刘卫东").unwrap().activate().unwrap().close().unwrap();
        assert_eq!((closed.state.as_str(), closed.state.reviewer(), closed.version), ("CLOSED", "刘卫东", 4));
    }

    #[test]
    fn the_maker_of_a_policy_cannot_review_it() {
        assert_eq!(reason_of(draft().review("张晓岚")), "MAKER_IS_APPROVER");
        assert_eq!(reason_of(draft().review("")), "MAKER_IS_APPROVER");
    }

    #[test]
    fn every_other_step_is_refused_in_every_state() {
        let reviewed = draft().review("刘卫东").unwrap();
        let active = reviewed.clone().activate().unwrap();
        let closed = active.clone().close().unwrap();
        for policy in [reviewed.clone(), active.clone(), closed.clone()] {
            assert_eq!(reason_of(policy.review("王敏")), "STATE_NOT_ALLOWED");
        }
        for policy in [draft(), active.clone(), closed.clone()] {
            assert_eq!(reason_of(policy.activate()), "STATE_NOT_ALLOWED");
        }
        for policy in [draft(), reviewed, closed] {
            assert_eq!(reason_of(policy.close()), "STATE_NOT_ALLOWED");
        }
    }

    #[test]
    fn only_an_active_policy_in_force_is_matched() {
        let active = draft().review("刘卫东").unwrap().activate().unwrap();
        assert_eq!(active.require_matchable(date(2021, 1, 1)), Ok(()));
        assert_eq!(active.require_matchable(date(2023, 12, 31)), Ok(()));
        assert_eq!(reason_of(active.require_matchable(date(2020, 12, 31))), "POLICY_NOT_IN_FORCE");
        assert_eq!(reason_of(active.require_matchable(date(2024, 1, 1))), "POLICY_NOT_IN_FORCE");
        assert_eq!(reason_of(draft().require_matchable(date(2022, 1, 1))), "POLICY_NOT_IN_FORCE");
    }

    #[test]
    fn a_stored_state_reads_back_as_it_was() {
        for name in ["DRAFT", "REVIEWED", "ACTIVE", "CLOSED"] {
            assert_eq!(State::from_stored(name, "刘卫东".to_owned()).unwrap().as_str(), name);
        }
        assert_eq!(reason_of(State::from_stored("OPEN", String::new())), "INTERNAL");
    }
}
