//! Runs (免申即享): match a policy on a frozen snapshot, publish, confirm; its candidates and why they are left out.

mod decide;
pub mod model;
pub(crate) mod rpc;
pub mod rule_amount;
pub mod rule_decision;
pub mod rule_digest;
pub mod rule_exclusion;
pub mod rule_publicity;
pub(crate) mod store;
pub(crate) mod wire;

use canopy_kernel::id::{CandidateId, RunId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Transition, Tx};
use canopy_proto::subsidy::v1 as pb;
use jiff::civil::Date;

use crate::edge::{guard, person};
use crate::registry::Standings;
use crate::{batch, event, mirror, policy};
use model::{Candidate, Run, State};
use rule_exclusion::{Hit, Stage, at_match, by_standing};
use rule_publicity::Publicity;

/// Matches a policy on the business day.
#[derive(Debug)]
pub(crate) struct Match {
    pub external_ref: Option<String>,
    pub policy_code: String,
    pub standings: Standings,
}

/// A step of a run that is known by name.
#[derive(Debug)]
pub(crate) struct StepOf {
    pub id: RunId,
    pub etag: String,
}

/// Confirms a list, with the standing of its candidates on the last day of publicity.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub step: StepOf,
    pub standings: Standings,
}

/// Ends a run that will not go on.
#[derive(Debug)]
pub(crate) struct Void {
    pub step: StepOf,
    pub reason: String,
}

/// Matches: freezes the candidates, excludes, checks credit.
pub(crate) async fn match_run(tx: &mut Tx, command: &Match) -> Result<pb::Run, Failure> {
    let today = tx.today();
    let policy = policy::store::by_code(tx.conn(), &command.policy_code).await?;
    let policy = policy.ok_or_else(|| Failure::new(&reason::UNKNOWN_POLICY).on("policy_code"))?;
    policy.require_matchable(today)?;
    // Read first: what the snapshot holds includes at least this position.
    let position = mirror::store::position(tx.conn(), "registry").await?;
    let frozen = store::matching::matched(tx.conn(), &policy.terms, today).await?;
    let now = tx.recorded_at();
    let candidates: Vec<Candidate> = frozen
        .into_iter()
        .filter_map(|frozen| {
            let amount = rule_amount::amount(&policy.terms, &frozen)?;
            Some(Candidate { id: CandidateId::at(now), frozen, amount, confirmed_on: None })
        })
        .collect();
    let run = Run {
        id: RunId::at(now),
        external_ref: command.external_ref.clone(),
        policy: policy.id,
        policy_code: policy.terms.code.clone(),
        year: today.year(),
        state: State::CreditChecked,
        maker: person(tx),
        match_on: today,
        snapshot_digest: rule_digest::digest(&candidates).to_vec(),
        snapshot_position: position,
        version: 1,
    };
    store::insert(tx, &run).await?;
    store::insert_candidates(tx, run.id, &candidates).await?;
    let checked = candidates.iter().map(|it| (it.id, it.frozen.uscc.to_string())).collect::<Vec<_>>();
    let mut hits = check(&command.standings, Stage::Match, &checked, today)?;
    for it in &candidates {
        hits.extend(at_match(&policy.terms, &it.frozen, today).into_iter().map(|hit| (it.id, hit)));
    }
    record_check(tx, run.id, Stage::Match, &command.standings, &hits, (today, checked.len())).await?;
    tell(tx, &run, "", "").await
}

/// Posts the list on the business day.
pub(crate) async fn publish(tx: &mut Tx, command: &StepOf) -> Result<pb::Run, Failure> {
    let today = tx.today();
    let run = locked(tx, command).await?;
    let policy = policy::store::by_id(tx.conn(), run.policy).await?;
    let policy = policy.ok_or_else(|| Failure::new(&reason::INTERNAL).because("a run without its policy"))?;
    let calendar = canopy_persistence::mirror::calendar(tx.conn()).await?;
    let from = run.state.as_str();
    let publicity = Publicity::open(today, policy.terms.publicity_working_days, &calendar);
    let run = match &run.state {
        State::CreditChecked => run.publish(publicity?)?,
        // The wrong state is the reason, whatever the calendar says.
        _ => run.publish(Publicity { posted_on: today, last_day: today })?,
    };
    store::update(tx, &run).await?;
    tell(tx, &run, from, "").await
}

/// Confirms the list after the publicity. Firms listed on its last day are excluded, entries with an open accepted
/// objection stay out.
pub(crate) async fn confirm(tx: &mut Tx, command: &Confirm) -> Result<pb::Run, Failure> {
    let today = tx.today();
    let run = locked(tx, &command.step).await?;
    let from = run.state.as_str();
    let run = run.confirm(today)?;
    let candidates = store::codes(tx.conn(), run.id).await?;
    let last_day = run.state.publicity().map_or(today, |publicity| publicity.last_day);
    let hits = check(&command.standings, Stage::PublicityEnd, &candidates, last_day)?;
    let size = candidates.len();
    record_check(tx, run.id, Stage::PublicityEnd, &command.standings, &hits, (last_day, size)).await?;
    store::confirm_candidates(tx, run.id, today).await?;
    store::update(tx, &run).await?;
    tell(tx, &run, from, "").await
}

/// Ends a run that will not go on, with its batch; its candidates are free.
pub(crate) async fn void(tx: &mut Tx, command: &Void) -> Result<pb::Run, Failure> {
    let run = locked(tx, &command.step).await?;
    let from = run.state.as_str();
    let run = run.void(command.reason.clone())?;
    batch::void_of(tx, run.id, &command.reason).await?;
    store::update(tx, &run).await?;
    tell(tx, &run, from, &command.reason).await
}

async fn locked(tx: &mut Tx, command: &StepOf) -> Result<Run, Failure> {
    let run = store::lock(tx, command.id).await?;
    guard(&command.etag, run.version)?;
    Ok(run)
}

/// Hits of all those candidates by the registry's answer.
pub(crate) fn check(
    standings: &Standings,
    stage: Stage,
    candidates: &[(CandidateId, String)],
    on: Date,
) -> Result<Vec<(CandidateId, Hit)>, Failure> {
    let mut hits = Vec::new();
    for (id, code) in candidates {
        hits.extend(by_standing(stage, standings.of(code)?, on).into_iter().map(|hit| (*id, hit)));
    }
    Ok(hits)
}

/// Keeps what was checked, how many were asked for and what was found.
pub(crate) async fn record_check(
    tx: &mut Tx,
    run: RunId,
    stage: Stage,
    standings: &Standings,
    hits: &[(CandidateId, Hit)],
    (on, asked): (Date, usize),
) -> Result<(), Failure> {
    store::insert_check(tx, run, stage, (on, asked), &standings.rule_version).await?;
    record_hits(tx, hits).await
}

/// Keeps hits; one that is known already changes nothing.
pub(crate) async fn record_hits(tx: &mut Tx, hits: &[(CandidateId, Hit)]) -> Result<(), Failure> {
    for (candidate, hit) in hits {
        tx.audit(Transition {
            aggregate: candidate.to_string(),
            from: String::new(),
            to: if hit.reason.only_waits() { "WAITING" } else { "EXCLUDED" }.to_owned(),
            reason: hit.reason.code().to_owned(),
            rule_version: hit.rule_version.clone(),
            effective_on: hit.checked_on,
        });
    }
    store::insert_hits(tx, hits).await
}

/// Audits the step and tells it; the answer is the run on the wire.
pub(crate) async fn tell(tx: &mut Tx, run: &Run, from: &str, reason: &str) -> Result<pb::Run, Failure> {
    tx.audit(Transition {
        aggregate: run.id.to_string(),
        from: from.to_owned(),
        to: run.state.as_str().to_owned(),
        reason: reason.to_owned(),
        rule_version: run.policy.to_string(),
        effective_on: tx.today(),
    });
    let totals = store::totals(tx.conn(), run.id).await?;
    let message = wire::run(run, &totals);
    event::run_changed(tx, message.clone(), run.version);
    Ok(message)
}
