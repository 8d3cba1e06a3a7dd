//! Training: who was enrolled in a session, and who came.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use std::collections::HashSet;

use canopy_kernel::id::AttendanceId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};

use model::{Attendance, Enrolment};

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
                taken.push((Attendance { id, enrolment }, &row.value.person_name));
                Ok(id.to_string())
            }
        };
        outcomes.push(RowOutcome { index: row.index, result });
    }
    store::insert(tx, &taken).await?;
    for (attendance, _) in &taken {
        audit(tx, attendance);
    }
    Ok(outcomes)
}

fn audit(tx: &mut Tx, attendance: &Attendance) {
    let to = if attendance.enrolment.attended { "ATTENDED" } else { "ENROLLED" };
    tx.audit(Transition {
        aggregate: attendance.id.to_string(),
        from: String::new(),
        to: to.to_owned(),
        reason: "IMPORT".to_owned(),
        rule_version: String::new(),
        effective_on: attendance.enrolment.session_on,
    });
}
