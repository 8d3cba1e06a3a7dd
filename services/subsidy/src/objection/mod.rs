//! Objections (异议) to published entries: heard while publicity runs, closed as upheld or dismissed.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use canopy_kernel::id::{CandidateId, ObjectionId, RunId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Transition, Tx};

use crate::run::rule_exclusion::{Exclusion, Hit};
use crate::{policy, run};
use model::{Objection, Outcome, State};

/// Files an objection. What is personal is sealed before it is written; the values are not printed.
pub(crate) struct File {
    pub objection_no: String,
    pub policy_code: String,
    pub uscc: Uscc,
    pub objector: String,
    pub contact: String,
    pub words: String,
}

/// Closes an accepted objection.
#[derive(Debug)]
pub(crate) struct Close {
    pub objection_no: String,
    pub outcome: Outcome,
    pub reason: String,
}

/// An objection with the runs that it concerns.
pub(crate) struct Filed {
    pub objection: Objection,
    pub runs: Vec<RunId>,
    /// Who objects; empty where it is not to be shown.
    pub objector: String,
}

/// Files an objection to a firm on every list of the policy whose publicity hears it.
pub(crate) async fn file(tx: &mut Tx, command: &File) -> Result<Filed, Failure> {
    let today = tx.today();
    let policy = policy::store::by_code(tx.conn(), &command.policy_code).await?;
    policy.ok_or_else(|| Failure::new(&reason::UNKNOWN_POLICY).on("policy_code"))?;
    let uscc = command.uscc.as_str();
    let heard = store::in_publicity(tx.conn(), &command.policy_code, uscc, today).await?;
    if heard.is_empty() {
        let last_day = store::latest_last_day(tx.conn(), &command.policy_code, today).await?;
        let closed = Failure::new(&reason::PUBLICITY_CLOSED);
        return Err(last_day.into_iter().fold(closed, |failure, day| failure.with("last_day", day)));
    }
    let entries: Vec<(RunId, CandidateId)> =
        heard.into_iter().filter_map(|(run, candidate)| Some((run, candidate?))).collect();
    if entries.is_empty() {
        return Err(Failure::new(&reason::UNKNOWN_CANDIDATE).on("uscc"));
    }
    let objection = Objection {
        id: ObjectionId::at(tx.recorded_at()),
        objection_no: command.objection_no.clone(),
        policy_code: command.policy_code.clone(),
        uscc: uscc.to_owned(),
        filed_on: today,
        state: Objection::filed_by(&command.objector),
        version: 1,
    };
    store::insert(tx, &objection, command).await?;
    store::insert_runs(tx, objection.id, &entries).await?;
    let why = if objection.state.is_accepted() { "" } else { reason::ANONYMOUS.name };
    audit(tx, &objection, "", why);
    let runs = entries.into_iter().map(|(run, _)| run).collect();
    Ok(Filed { objection, runs, objector: String::new() })
}

/// Closes an objection: upheld removes the entry from every list that it concerns, dismissed leaves it.
pub(crate) async fn close(tx: &mut Tx, command: &Close) -> Result<Filed, Failure> {
    let today = tx.today();
    let before = store::lock(tx, &command.objection_no).await?;
    let from = before.state;
    let objection = before.close(command.outcome, today)?;
    store::update(tx, &objection, &command.reason).await?;
    let entries = store::entries(tx.conn(), objection.id).await?;
    if command.outcome == Outcome::Upheld {
        let hits: Vec<(CandidateId, Hit)> =
            entries.iter().map(|(_, candidate)| (*candidate, upheld(&objection))).collect();
        run::record_hits(tx, &hits).await?;
    }
    audit(tx, &objection, from.as_str(), &command.reason);
    let runs = entries.into_iter().map(|(run, _)| run).collect();
    Ok(Filed { objection, runs, objector: String::new() })
}

fn upheld(objection: &Objection) -> Hit {
    let checked_on = match objection.state {
        State::Closed { on, .. } => on,
        _ => objection.filed_on,
    };
    Hit {
        reason: Exclusion::ObjectionUpheld,
        checked_on,
        detail: objection.objection_no.clone(),
        rule_version: String::new(),
    }
}

fn audit(tx: &mut Tx, objection: &Objection, from: &str, reason: &str) {
    tx.audit(Transition {
        aggregate: objection.id.to_string(),
        from: from.to_owned(),
        to: objection.state.as_str().to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: tx.today(),
    });
}
