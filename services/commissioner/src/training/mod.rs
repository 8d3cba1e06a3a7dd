//! Training: who was enrolled in a session, who came, and who passed.

pub mod model;
pub(crate) mod rpc;
pub mod rule_broker;
pub(crate) mod store;

use std::collections::{HashMap, HashSet};

use canopy_kernel::id::AttendanceId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};
use jiff::civil::Date;

use model::{Attendance, Decision, Enrolment, State};

/// A row of a list: the enrolment, and the person's name that goes no further than its cipher.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The enrolment.
    pub enrolment: Enrolment,
    /// Name of the person.
    pub person_name: String,
}

/// Records the enrolments of one piece, in their order; a person stands in a session once.
pub(crate) async fn enter(tx: &mut Tx, rows: &[FreshRow<Entry>]) -> Result<Vec<RowOutcome>, Failure> {
    let key = |entry: &Entry| (entry.enrolment.session_no.clone(), entry.enrolment.person_ref.clone());
    let keys: Vec<_> = rows.iter().map(|row| key(&row.value)).collect();
    let mut known: HashSet<(String, String)> = store::known(tx.conn(), &keys).await?;
    let now = tx.recorded_at();
    let mut taken: Vec<(Attendance, &str)> = Vec::new();
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        let result = match known.insert(key(&row.value)) {
            false => Err(Failure::new(&reason::DUPLICATE_ATTENDANCE).on("person_ref")),
            true => {
                let id = AttendanceId::at(now);
                let enrolment = row.value.enrolment.clone();
                taken.push((Attendance { id, enrolment, decision: None }, &row.value.person_name));
                Ok(id.to_string())
            }
        };
        outcomes.push(RowOutcome { index: row.index, result });
    }
    store::insert(tx, &taken).await?;
    for (attendance, _) in &taken {
        let to = attendance.state_on(attendance.enrolment.session_on);
        audit(tx, attendance, "", to, "IMPORT");
    }
    Ok(outcomes)
}

/// Marks on the business day that an enrolled person came.
pub(crate) async fn attend(tx: &mut Tx, id: AttendanceId) -> Result<Attendance, Failure> {
    let today = tx.today();
    let before = store::lock(tx, id).await?.ok_or_else(|| unknown().on("name"))?;
    let after = before.attend(today)?;
    store::write_attended(tx, id).await?;
    audit(tx, &after, State::Enrolled.as_str(), State::Attended, "");
    Ok(after)
}

/// A result as a list states it.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    /// Number of the session.
    pub session_no: String,
    /// The organiser's own number of the person.
    pub person_ref: String,
    /// The result.
    pub decision: Decision,
}

/// Records the results of one piece, in their order; a person has one result in a session.
pub(crate) async fn decide(tx: &mut Tx, rows: &[FreshRow<Stated>]) -> Result<Vec<RowOutcome>, Failure> {
    let today = tx.today();
    let key = |row: &Stated| (row.session_no.clone(), row.person_ref.clone());
    let keys: Vec<_> = rows.iter().map(|row| key(&row.value)).collect();
    let mut known: HashMap<(String, String), Attendance> = store::by_keys(tx.conn(), &keys).await?;
    let mut taken = Vec::new();
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        let found = known.get(&key(&row.value)).cloned();
        let found = found.ok_or_else(|| unknown().on("person_ref"));
        let result = found.and_then(|before| before.decide(row.value.decision, today)).map(|after| {
            let name = after.id.to_string();
            known.insert(key(&row.value), after.clone());
            taken.push((after, row.value.decision));
            name
        });
        outcomes.push(RowOutcome { index: row.index, result });
    }
    store::insert_results(tx, &taken).await?;
    for (attendance, decision) in &taken {
        let to = attendance.state_on(decision.decided_on);
        audit(tx, attendance, State::Attended.as_str(), to, "IMPORT");
    }
    Ok(outcomes)
}

/// Refuses a person who is no technology broker on that day (R19).
pub(crate) async fn require_broker(tx: &mut Tx, number: &str, day: Date) -> Result<(), Failure> {
    let enrolments = store::of_person(tx.conn(), number).await?;
    rule_broker::require_passed(number, &enrolments, day)
}

fn unknown() -> Failure {
    Failure::new(&reason::UNKNOWN_ATTENDANCE)
}

fn audit(tx: &mut Tx, attendance: &Attendance, from: &str, to: State, why: &str) {
    let decided_on = attendance.decision.map(|it| it.decided_on);
    tx.audit(Transition {
        aggregate: attendance.id.to_string(),
        from: from.to_owned(),
        to: to.as_str().to_owned(),
        reason: why.to_owned(),
        rule_version: String::new(),
        effective_on: decided_on.unwrap_or(attendance.enrolment.session_on),
    });
}
