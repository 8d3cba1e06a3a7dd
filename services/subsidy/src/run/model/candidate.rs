//! Entries of a run's list: what the snapshot froze, and the state that follows from run, hits and objections.

use canopy_kernel::id::CandidateId;
use canopy_kernel::{Fen, Uscc};
use jiff::civil::Date;

use super::State;
use crate::mirror::model::{Assessment, Status};

/// An entry as the snapshot froze it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Holder.
    pub uscc: Uscc,
    /// Registered name.
    pub title: String,
    /// Number of the qualification that is the evidence.
    pub evidence_no: String,
    /// Day of that recognition.
    pub granted_on: Date,
    /// Whether it is a first recognition.
    pub first_recognition: bool,
    /// Tier; 0 = none.
    pub tier: i32,
    /// Whether what the policy requires was live on the match day.
    pub live: bool,
    /// Its latest assessment by the match day.
    pub assessment: Option<Assessment>,
    /// Status on the match day.
    pub status: Status,
    /// Day from which that status holds.
    pub status_since: Option<Date>,
}

/// A candidate: a frozen entry with the amount that the policy's terms give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Id.
    pub id: CandidateId,
    /// What was frozen.
    pub frozen: Frozen,
    /// Amount.
    pub amount: Fen,
    /// Day of confirmation.
    pub confirmed_on: Option<Date>,
}

/// State of a candidate; it follows from its run, its hits and its objections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateState {
    /// Matched and not excluded (已匹配).
    Matched,
    /// Left out (已剔除).
    Excluded,
    /// Published (公示中).
    Publicised,
    /// An accepted objection is open, or was at the confirmation (异议中).
    Objected,
    /// Confirmed (已确认).
    Confirmed,
    /// In a batch (已制单).
    Batched,
}

impl CandidateState {
    /// The state of a candidate of a run.
    pub fn of(run: &State, excluded: bool, objected: bool, confirmed: bool) -> Self {
        match run {
            _ if excluded => CandidateState::Excluded,
            State::CreditChecked | State::Voided { .. } => CandidateState::Matched,
            State::Publicised(_) if objected => CandidateState::Objected,
            State::Publicised(_) => CandidateState::Publicised,
            _ if !confirmed => CandidateState::Objected,
            State::Confirmed { .. } => CandidateState::Confirmed,
            State::Batched { .. } => CandidateState::Batched,
        }
    }
}
