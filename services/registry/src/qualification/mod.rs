//! Qualifications: what is granted, revoked, superseded and assessed.

pub mod model;
pub(crate) mod rpc;
pub mod rule_level;
pub mod rule_number;
pub(crate) mod store;

use std::collections::BTreeMap;

use canopy_kernel::id::QualificationId;
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};
use jiff::civil::Date;

use crate::edge::guard;
use crate::event;
use crate::subject;
use model::{AssessmentResult, Grant, Qualification};
use rule_level::Held;

/// Records the grants of one piece, in their order.
pub(crate) async fn grant(tx: &mut Tx, rows: &[FreshRow<Grant>]) -> Result<Vec<RowOutcome>, Failure> {
    let codes: Vec<String> = rows.iter().map(|row| row.value.holder.to_string()).collect();
    let holders = subject::store::lock_known(tx, &codes).await?;
    let mut kinds: Vec<String> = rows.iter().map(|row| row.value.kind.clone()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let recorded = store::held(tx, holders.values().copied(), &kinds).await?;
    let mut held: BTreeMap<(Uscc, String), Held> = by_holder_and_kind(recorded);
    let recorded_at = tx.recorded_at();
    let outcomes = rows
        .iter()
        .map(|row| {
            let grant = row.value.clone();
            let id = QualificationId::at(recorded_at);
            let unknown = || Failure::new(&reason::UNKNOWN_HOLDER).on("holder_uscc");
            let result = holders.get(&grant.holder).copied().ok_or_else(unknown).and_then(|subject| {
                let held = held.entry((grant.holder, grant.kind.clone())).or_default();
                held.admit(id, subject, grant).map(|()| id.to_string())
            });
            RowOutcome { index: row.index, result }
        })
        .collect();
    let taken: Vec<&Qualification> = held.values().flat_map(Held::taken).collect();
    let ended: Vec<&Qualification> = held.values().flat_map(Held::ended).collect();
    store::insert(tx, &taken).await?;
    store::supersede(tx, &ended).await?;
    for qualification in taken {
        tell_granted(tx, qualification);
    }
    for qualification in ended {
        let day = qualification.superseded_on.unwrap_or_else(|| tx.today());
        tell_ended(tx, qualification, "HIGHER_LEVEL", day);
    }
    Ok(outcomes)
}

/// Records one grant.
pub(crate) async fn grant_one(tx: &mut Tx, value: &Grant) -> Result<Qualification, Failure> {
    let outcome = grant(tx, &[FreshRow { index: 0, value: value.clone() }]).await?.pop();
    let none = || Failure::new(&reason::INTERNAL).because("a grant without an outcome");
    let name = outcome.ok_or_else(none)?.result?;
    load(tx, name.parse()?).await
}

fn by_holder_and_kind(recorded: Vec<Qualification>) -> BTreeMap<(Uscc, String), Held> {
    let mut rows: BTreeMap<(Uscc, String), Vec<Qualification>> = BTreeMap::new();
    for qualification in recorded {
        let key = (qualification.grant.holder, qualification.grant.kind.clone());
        rows.entry(key).or_default().push(qualification);
    }
    rows.into_iter().map(|(key, rows)| (key, Held::new(rows))).collect()
}

/// An order to revoke.
#[derive(Debug)]
pub(crate) struct Revoke {
    /// What is revoked.
    pub id: QualificationId,
    /// First day on which it is.
    pub revoked_on: Date,
    /// Why, in words.
    pub reason: String,
    /// Version that the caller has read; empty = any.
    pub etag: String,
}

/// Revokes a qualification from a day on.
pub(crate) async fn revoke(tx: &mut Tx, command: &Revoke) -> Result<Qualification, Failure> {
    let before = load(tx, command.id).await?;
    guard(&command.etag, before.version)?;
    let after = before.revoke(command.revoked_on)?;
    store::write_revocation(tx, &after).await?;
    tell_ended(tx, &after, &command.reason, command.revoked_on);
    Ok(after)
}

/// An assessment as it is recorded.
#[derive(Debug)]
pub(crate) struct Assess {
    /// What is assessed.
    pub id: QualificationId,
    /// Day of the assessment.
    pub assessed_on: Date,
    /// Its result.
    pub result: AssessmentResult,
}

/// Records a yearly assessment.
pub(crate) async fn assess(tx: &mut Tx, command: &Assess) -> Result<Qualification, Failure> {
    let before = load(tx, command.id).await?;
    let after = before.assess(command.assessed_on, command.result)?;
    store::write_assessment(tx, &after, command).await?;
    tx.audit(Transition {
        aggregate: after.id.to_string(),
        from: "GRANTED".to_owned(),
        to: "GRANTED".to_owned(),
        reason: format!("ASSESSED_{}", command.result.as_str()),
        rule_version: String::new(),
        effective_on: command.assessed_on,
    });
    event::qualification_assessed(tx, &after, command.assessed_on);
    Ok(after)
}

async fn load(tx: &mut Tx, id: QualificationId) -> Result<Qualification, Failure> {
    let found = store::find(tx.conn(), id, Date::MAX).await?;
    found.ok_or_else(|| Failure::new(&reason::UNKNOWN_RECORD).on("name"))
}

fn tell_granted(tx: &mut Tx, qualification: &Qualification) {
    let effective_on = qualification.grant.granted_on.unwrap_or_else(|| tx.today());
    let state = if qualification.grant.granted_on.is_some() { "GRANTED" } else { "APPLIED" };
    tx.audit(Transition {
        aggregate: qualification.id.to_string(),
        from: String::new(),
        to: state.to_owned(),
        reason: "IMPORT".to_owned(),
        rule_version: String::new(),
        effective_on,
    });
    event::qualification_granted(tx, qualification, effective_on);
}

fn tell_ended(tx: &mut Tx, qualification: &Qualification, reason: &str, day: Date) {
    tx.audit(Transition {
        aggregate: qualification.id.to_string(),
        from: "GRANTED".to_owned(),
        to: qualification.state_on(day).to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: day,
    });
    event::qualification_ended(tx, qualification, day);
}
