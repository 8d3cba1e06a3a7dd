//! Runs and candidates on the wire.

use canopy_proto::subsidy::v1 as pb;

use super::model::{CandidateState, Progress, Run, State};
use super::rule_exclusion::{Hit, excludes};
use super::store::Totals;
use super::store::candidate::Listed;
use crate::edge::day_text;

/// A run.
pub(crate) fn run(run: &Run, totals: &Totals) -> pb::Run {
    let state = match run.state {
        State::CreditChecked => pb::RunState::CreditChecked,
        State::Publicised(_) => pb::RunState::Publicised,
        State::Confirmed { .. } => pb::RunState::Confirmed,
        State::Batched { progress: Progress::Waiting, .. } => pb::RunState::Batched,
        State::Batched { progress: Progress::Partly, .. } => pb::RunState::PartlyPaid,
        State::Batched { progress: Progress::Paid, .. } => pb::RunState::Paid,
        State::Voided { .. } => pb::RunState::Voided,
    };
    let publicity = run.state.publicity();
    pb::Run {
        name: run.id.to_string(),
        external_ref: run.external_ref.clone().unwrap_or_default(),
        policy_code: run.policy_code.clone(),
        policy: run.policy.to_string(),
        year: run.year.into(),
        state: state.into(),
        match_on: run.match_on.to_string(),
        snapshot_digest: run.snapshot_digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        snapshot_position: run.snapshot_position,
        posted_on: day_text(publicity.map(|it| it.posted_on)),
        publicity_last_day: day_text(publicity.map(|it| it.last_day)),
        confirmed_on: day_text(run.state.confirmed_on()),
        candidates: totals.candidates,
        excluded: totals.excluded,
        total_fen: totals.total_fen,
        batch: totals.batch.map(|id| id.to_string()).unwrap_or_default(),
        void_reason: run.state.void_reason().to_owned(),
        etag: run.version.to_string(),
    }
}

/// A candidate of a run, with its hits in the declared order.
pub(crate) fn candidate(run: &Run, listed: Listed, found: &[Hit]) -> pb::Candidate {
    let Listed { candidate, objected } = listed;
    let confirmed = candidate.confirmed_on.is_some();
    let state = match CandidateState::of(&run.state, excludes(found), objected, confirmed) {
        CandidateState::Matched => pb::CandidateState::Matched,
        CandidateState::Excluded => pb::CandidateState::Excluded,
        CandidateState::Publicised => pb::CandidateState::Publicised,
        CandidateState::Objected => pb::CandidateState::Objected,
        CandidateState::Confirmed => pb::CandidateState::Confirmed,
        CandidateState::Batched => pb::CandidateState::Batched,
    };
    let frozen = candidate.frozen;
    pb::Candidate {
        name: candidate.id.to_string(),
        run: run.id.to_string(),
        uscc: frozen.uscc.to_string(),
        title: frozen.title,
        evidence_no: frozen.evidence_no,
        granted_on: frozen.granted_on.to_string(),
        first_recognition: frozen.first_recognition,
        tier: frozen.tier,
        amount_fen: candidate.amount.get(),
        state: state.into(),
        hits: hits(found),
    }
}

/// Hits.
pub(crate) fn hits(found: &[Hit]) -> Vec<pb::ExclusionHit> {
    found
        .iter()
        .map(|hit| pb::ExclusionHit {
            reason_code: hit.reason.code().to_owned(),
            checked_on: hit.checked_on.to_string(),
            detail: hit.detail.clone(),
        })
        .collect()
}
