//! Yearly assessments of recognised institutions and the rectifications that failed ones open. The recognition is the
//! registry's, so it records each assessment and revokes there. It is asked between two transactions and never within
//! one: the first lays down what is asked for, the second settles it. What a call leaves unsettled, the next one with
//! the same grade takes up, on its own day and under its own request.

pub mod model;
pub(crate) mod rpc;
pub mod rule_outcome;
pub(crate) mod store;

use canopy_kernel::id::{AssessmentId, QualificationId, RequestId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Transition, Tx, mirror};
use jiff::civil::Date;

use crate::edge::guard;
use crate::event;
use model::{Assessment, Closing, State};
use rule_outcome::{Grade, eve_of_year, outcome, require_first_of_year, require_full_year};

/// Kinds of qualifications that this service assesses.
const KINDS: [&str; 2] = ["TRANSFER_INSTITUTION", "CONVERSION_CENTRE"];

/// State of an assessment in the audit log before the registry has recorded it.
const LAID_DOWN: &str = "LAID_DOWN";

fn unknown() -> Failure {
    Failure::new(&reason::UNKNOWN_RECORD).on("qualification")
}

fn not_live() -> Failure {
    Failure::new(&reason::STATE_NOT_ALLOWED).with("expected", "GRANTED")
}

/// A yearly assessment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assess {
    /// The caller's request.
    pub request: RequestId,
    /// Only checks.
    pub validate_only: bool,
    /// What is assessed.
    pub qualification: QualificationId,
    /// Grade.
    pub grade: Grade,
    /// So many failed ones in a row revoke.
    pub fails_to_revoke: u32,
}

/// What the registry is asked to record.
#[derive(Clone, Debug)]
pub(crate) struct Laid {
    /// The assessment.
    pub assessment: Assessment,
    /// Whether the registry has told of it already: a call before recorded it and broke off.
    pub is_told: bool,
    /// Only checks: nothing was written.
    pub validate_only: bool,
}

/// Lays an assessment of the business day down, or takes up the one that is not settled.
pub(crate) async fn lay_down(tx: &mut Tx, command: &Assess) -> Result<Laid, Failure> {
    let (today, of) = (tx.today(), command.qualification);
    let found = mirror::qualification(tx.conn(), of).await?;
    let found = found.filter(|it| KINDS.contains(&it.kind.as_str())).ok_or_else(unknown)?;
    let validate_only = command.validate_only;
    if let Some(open) = store::lock_unsettled(tx, of).await? {
        match told(tx, &open).await? {
            // The registry has another hand's assessment of that year instead: this one never was.
            Some(grade) if grade != open.grade.as_str() => {
                if !validate_only {
                    remove(tx, &open).await?;
                }
            }
            told => {
                let assessment = open.take_up(command.grade)?;
                return Ok(Laid { assessment, is_told: told.is_some(), validate_only });
            }
        }
    }
    let Some(granted_on) = found.granted_on.filter(|_| found.is_live_on(today)) else {
        return Err(not_live());
    };
    require_full_year(granted_on, today)?;
    let eve = eve_of_year(today);
    let before = mirror::assessments(tx.conn(), of, eve).await?;
    let told = mirror::assessments(tx.conn(), of, today).await?;
    require_first_of_year(before.len(), told.len())?;
    require_first_of_year(store::count_by(tx, of, eve).await?, store::count_by(tx, of, today).await?)?;
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let assessment = Assessment {
        id: AssessmentId::at(tx.recorded_at()),
        qualification: of,
        holder: Uscc::from_stored(&found.holder_uscc)?,
        assessed_on: today,
        grade: command.grade,
        outcome: outcome(&before, command.grade, command.fails_to_revoke),
        request: command.request,
        closing: None,
        followed_on: None,
        passed_on: None,
        version: 1,
    };
    if !validate_only {
        store::insert(tx, &assessment).await?;
        state(tx, &assessment, ("", LAID_DOWN), today);
    }
    Ok(Laid { assessment, is_told: false, validate_only })
}

/// The grade that the registry tells of the year of an assessment: when that was laid down, there was none.
async fn told(tx: &mut Tx, assessment: &Assessment) -> Result<Option<String>, Failure> {
    let (of, day) = (assessment.qualification, assessment.assessed_on);
    let before = mirror::assessments(tx.conn(), of, eve_of_year(day)).await?;
    let mut by_day = mirror::assessments(tx.conn(), of, day).await?;
    Ok(by_day.pop().filter(|_| by_day.len() >= before.len()))
}

/// Removes what was laid down, since the registry refused it; what it tells all the same stays, to be settled.
pub(crate) async fn take_back(tx: &mut Tx, assessment: &Assessment) -> Result<(), Failure> {
    match told(tx, assessment).await? {
        Some(grade) if grade == assessment.grade.as_str() => Ok(()),
        _ => remove(tx, assessment).await,
    }
}

async fn remove(tx: &mut Tx, assessment: &Assessment) -> Result<(), Failure> {
    if store::remove(tx, assessment.id).await? {
        let today = tx.today();
        state(tx, assessment, (LAID_DOWN, "REFUSED"), today);
    }
    Ok(())
}

/// Settles what the registry has recorded, and tells it.
pub(crate) async fn settle(tx: &mut Tx, laid: &Laid) -> Result<Assessment, Failure> {
    let assessment = laid.assessment.clone();
    if !laid.validate_only {
        store::settle(tx, assessment.id).await?;
    }
    let day = assessment.assessed_on;
    state(tx, &assessment, (LAID_DOWN, assessment.state_on(day).as_str()), day);
    event::assessment_changed(tx, rpc::message(&assessment, day), assessment.version, day);
    Ok(assessment)
}

/// Closes a rectification.
#[derive(Clone, Debug)]
pub(crate) struct Close {
    /// The assessment that opened it.
    pub id: AssessmentId,
    /// How it is closed.
    pub closing: Closing,
    /// Version that the caller has read; empty = any.
    pub etag: String,
}

/// Closes a rectification of an institution that is still recognised.
pub(crate) async fn close(tx: &mut Tx, command: &Close) -> Result<Assessment, Failure> {
    let today = tx.today();
    let found = store::lock(tx, command.id).await?;
    let before = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_RECORD).on("name"))?;
    guard(&command.etag, before.version)?;
    let after = before.close(command.closing.clone(), today)?;
    let held = mirror::qualification(tx.conn(), after.qualification).await?;
    if !held.is_some_and(|it| it.is_live_on(today)) {
        return Err(not_live());
    }
    store::write_closing(tx, &after).await?;
    let day = command.closing.on;
    state(tx, &after, (State::Rectify.as_str(), State::Recognised.as_str()), day);
    event::assessment_changed(tx, rpc::message(&after, today), after.version, day);
    Ok(after)
}

/// States what became of an assessment.
fn state(tx: &mut Tx, assessment: &Assessment, (from, to): (&str, &str), day: Date) {
    let words = match &assessment.closing {
        Some(closing) => closing.evidence.clone(),
        None => format!("ASSESSED_{} {}", assessment.grade.as_str(), assessment.qualification),
    };
    tx.audit(Transition {
        aggregate: assessment.id.to_string(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: words,
        rule_version: String::new(),
        effective_on: day,
    });
}
