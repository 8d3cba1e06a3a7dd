//! `training_attendance.csv`: who was enrolled in a training session, and who came, told on the day of the session.

use canopy_proto::commissioner::v1::{AttendanceRow, BatchImportAttendancesRequest, TrainingProgram};

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::plan::{Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "training_attendance.csv",
    columns: &[
        "session_id",
        "session_on",
        "topic",
        "program",
        "person_id",
        "person_name",
        "attended",
        "hours",
    ],
    key: &["session_id", "person_id"],
    kind: Kind::Rows(asked),
};

const PROGRAMS: &[(&str, TrainingProgram)] =
    &[("TECH_BROKER", TrainingProgram::TechBroker), ("OTHER", TrainingProgram::Other)];

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let session_on = record.day("session_on")?;
    let program = record.word("program", PROGRAMS)?;
    let attended = record.flag("attended")?;
    let hours = record.int("hours")?;
    let text = |column| record.text(column).to_owned();
    let attendance = record.key(FILE.key);
    let draft = context.draft(FILE.name, record, &[("attendance", &attendance)]);
    let external_ref = draft.external_ref();
    let act = Act {
        step: "attend",
        when: When::On(session_on, Rank::Fact),
        by: &context.bureau.maker,
        path: "/canopy.commissioner.v1.TrainingService/BatchImportAttendances",
    };
    Ok(Asked::Calls(draft.call(act, |request_id| {
        let row = AttendanceRow {
            request_id,
            external_ref,
            session_no: text("session_id"),
            session_on: session_on.to_string(),
            topic: text("topic"),
            program,
            person_ref: text("person_id"),
            person_name: text("person_name"),
            attended,
            hours,
        };
        BatchImportAttendancesRequest { rows: vec![row] }
    })))
}
