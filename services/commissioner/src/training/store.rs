//! SQL of training.

use std::collections::HashSet;

use canopy_kernel::id::AttendanceId;
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Sealed, Tx, db};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::{Attendance, Decision, Enrolment, Outcome, Program};

mod result;

pub(crate) use result::{by_keys, insert_results, lock, write_attended};

/// An enrolment with its result, as its tables have them.
struct Row {
    id: Uuid,
    session_no: String,
    session_on: jiff_sqlx::Date,
    topic: String,
    program: String,
    person_ref: String,
    attended: bool,
    hours: i32,
    outcome: Option<String>,
    decided_on: Option<jiff_sqlx::Date>,
}

impl Row {
    fn read(self) -> Result<Attendance, Failure> {
        let decision = match self.outcome.zip(self.decided_on) {
            Some((outcome, on)) => {
                Some(Decision { outcome: Outcome::stored(&outcome)?, decided_on: on.to_jiff() })
            }
            None => None,
        };
        let enrolment = Enrolment {
            session_no: self.session_no,
            session_on: self.session_on.to_jiff(),
            topic: self.topic,
            program: Program::stored(&self.program)?,
            person_ref: self.person_ref,
            attended: self.attended,
            hours: self.hours,
        };
        Ok(Attendance { id: AttendanceId::new(self.id), enrolment, decision })
    }
}

/// Which of those enrolments (session, person) stand in the register.
pub(crate) async fn known(
    conn: &mut PgConnection,
    keys: &[(String, String)],
) -> Result<HashSet<(String, String)>, Failure> {
    let (sessions, persons): (Vec<String>, Vec<String>) = keys.iter().cloned().unzip();
    let rows = sqlx::query!(
        r#"
        select a.session_no, a.person_ref
        from unnest($1::text[], $2::text[]) as r (session_no, person_ref)
        join commissioner.training_attendance as a using (session_no, person_ref)
        "#,
        &sessions,
        &persons,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (row.session_no, row.person_ref)).collect())
}

/// The enrolments of the person of that number.
pub(crate) async fn of_person(conn: &mut PgConnection, person_ref: &str) -> Result<Vec<Attendance>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.session_no, a.session_on, a.topic, a.program, a.person_ref, a.attended, a.hours,
               r.outcome as "outcome?", r.decided_on as "decided_on?"
        from commissioner.training_attendance as a
        left join commissioner.training_result as r on r.attendance_id = a.id
        where a.person_ref = $1
        "#,
        person_ref,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// Enters enrolments with the names of their persons. One that another transaction entered meanwhile undoes the piece,
/// which is tried again and then finds it.
pub(crate) async fn insert(tx: &mut Tx, rows: &[(Attendance, &str)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let names: Vec<Sealed> = rows.iter().map(|(_, name)| tx.crypt().seal(name)).collect();
    let of = |pick: fn(&Enrolment) -> String| -> Vec<String> {
        rows.iter().map(|(row, _)| pick(&row.enrolment)).collect()
    };
    let ids: Vec<Uuid> = rows.iter().map(|(row, _)| row.id.as_uuid()).collect();
    let days: Vec<_> = rows.iter().map(|(row, _)| row.enrolment.session_on.to_sqlx()).collect();
    let attended: Vec<bool> = rows.iter().map(|(row, _)| row.enrolment.attended).collect();
    let hours: Vec<i32> = rows.iter().map(|(row, _)| row.enrolment.hours).collect();
    let ciphers: Vec<Vec<u8>> = names.iter().map(|it| it.cipher.clone()).collect();
    let key_ids: Vec<String> = names.iter().map(|it| it.key_id.clone()).collect();
    let recorded_at = tx.recorded_at();
    let written = sqlx::query!(
        r#"
        insert into commissioner.training_attendance
            (id, session_no, session_on, topic, program, person_ref, person_name_cipher, person_name_key_id,
             attended, hours, recorded_at)
        select r.id, r.session_no, r.session_on, r.topic, r.program, r.person_ref, r.cipher, r.key_id, r.attended,
               r.hours, $1
        from unnest($2::uuid[], $3::text[], $4::date[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::text[],
                    $10::boolean[], $11::integer[])
            as r (id, session_no, session_on, topic, program, person_ref, cipher, key_id, attended, hours)
        on conflict (session_no, person_ref) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &of(|it| it.session_no.clone()),
        &days as _,
        &of(|it| it.topic.clone()),
        &of(|it| it.program.as_str().to_owned()),
        &of(|it| it.person_ref.clone()),
        &ciphers,
        &key_ids,
        &attended,
        &hours,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?
    .rows_affected();
    match written == rows.len() as u64 {
        true => Ok(()),
        false => Err(Failure::new(&reason::TRANSACTION_CONFLICT).because("a person was entered meanwhile")),
    }
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// This session only; empty = all.
    pub session_no: &'q str,
    /// This person only; empty = all.
    pub person_ref: &'q str,
    /// Sessions up to this day.
    pub day: Date,
    /// Place after which the page begins.
    pub after: Option<&'q Place>,
    /// Rows to read.
    pub limit: i64,
}

/// Place of a row in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    session_on: Date,
    session_no: String,
    id: AttendanceId,
}

impl Place {
    /// The place of an enrolment.
    pub(crate) fn of(attendance: &Attendance) -> Self {
        let Enrolment { session_on, session_no, .. } = &attendance.enrolment;
        Self { session_on: *session_on, session_no: session_no.clone(), id: attendance.id }
    }
}

/// Lists enrolments in the order of sessions.
pub(crate) async fn list(pool: &PgPool, asked: &Listing<'_>) -> Result<Vec<Attendance>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.session_no, a.session_on, a.topic, a.program, a.person_ref, a.attended, a.hours,
               r.outcome as "outcome?", r.decided_on as "decided_on?"
        from commissioner.training_attendance as a
        left join commissioner.training_result as r on r.attendance_id = a.id
        where ($1 = '' or a.session_no = $1)
          and ($2 = '' or a.person_ref = $2)
          and a.session_on <= $3
          and ($4::date is null or (a.session_on, a.session_no, a.id) > ($4, $5::text, $6::uuid))
        order by a.session_on, a.session_no, a.id
        limit $7
        "#,
        asked.session_no,
        asked.person_ref,
        asked.day.to_sqlx(),
        asked.after.map(|place| place.session_on.to_sqlx()) as _,
        asked.after.map(|place| place.session_no.as_str()),
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// What a count asks for.
pub(crate) struct Counted {
    /// Program; `None` = all.
    pub program: Option<Program>,
    /// Sessions and results from this day on.
    pub from: Option<Date>,
    /// Sessions and results up to this day.
    pub to: Date,
    /// Recorded before this instant.
    pub known_before: Option<Timestamp>,
}

/// Sums of a count.
pub(crate) struct Sums {
    /// Attendances.
    pub person_times: i64,
    /// Distinct persons among them.
    pub persons: i64,
    /// Distinct sessions among them.
    pub sessions: i64,
    /// Enrolments where the person did not come.
    pub absences: i64,
    /// Persons who passed.
    pub passed: i64,
    /// Persons who failed and did not pass.
    pub failed: i64,
}

/// Counts attendances by the day of the session and results by their own; persons each once.
pub(crate) async fn count(pool: &PgPool, asked: &Counted) -> Result<Sums, Failure> {
    sqlx::query_as!(
        Sums,
        r#"
        with entered as (
            select session_no, person_ref,
                   attended and ($4::timestamptz is null or coalesce(attendance_recorded_at, recorded_at) < $4) as came
            from commissioner.training_attendance
            where ($1::text is null or program = $1)
              and ($2::date is null or session_on >= $2)
              and session_on <= $3
              and ($4::timestamptz is null or recorded_at < $4)
        ),
        person as (
            select bool_or(r.outcome = 'PASSED') as passed
            from commissioner.training_result as r
            join commissioner.training_attendance as a on a.id = r.attendance_id
            where ($1::text is null or a.program = $1)
              and ($2::date is null or r.decided_on >= $2)
              and r.decided_on <= $3
              and ($4::timestamptz is null or r.recorded_at < $4)
            group by a.person_ref
        ),
        came as (
            select count(*) filter (where came) as person_times,
                   count(distinct person_ref) filter (where came) as persons,
                   count(distinct session_no) filter (where came) as sessions,
                   count(*) filter (where not came) as absences
            from entered
        ),
        decided as (
            select count(*) filter (where passed) as passed, count(*) filter (where not passed) as failed
            from person
        )
        select c.person_times as "person_times!", c.persons as "persons!", c.sessions as "sessions!",
               c.absences as "absences!", d.passed as "passed!", d.failed as "failed!"
        from came as c
        cross join decided as d
        "#,
        asked.program.map(Program::as_str),
        asked.from.map(ToSqlx::to_sqlx) as _,
        asked.to.to_sqlx(),
        asked.known_before.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(pool)
    .await
    .map_err(db)
}
