//! What is written of an enrolment after it: that the person came, and the result.

use std::collections::HashMap;

use canopy_kernel::Failure;
use canopy_kernel::id::AttendanceId;
use canopy_persistence::{Tx, db, ensure_all, ensure_one};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Row;
use crate::training::model::{Attendance, Decision};

/// Takes an enrolment for a write.
pub(crate) async fn lock(tx: &mut Tx, id: AttendanceId) -> Result<Option<Attendance>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.session_no, a.session_on, a.topic, a.program, a.person_ref, a.attended, a.hours,
               r.outcome as "outcome?", r.decided_on as "decided_on?"
        from commissioner.training_attendance as a
        left join commissioner.training_result as r on r.attendance_id = a.id
        where a.id = $1
        for update of a
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// Writes that the person came.
pub(crate) async fn write_attended(tx: &mut Tx, id: AttendanceId) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let result = sqlx::query!(
        r#"
        update commissioner.training_attendance
        set attended = true, attendance_recorded_at = $2
        where id = $1 and not attended
        "#,
        id.as_uuid(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// The enrolments of those keys (session, person).
pub(crate) async fn by_keys(
    conn: &mut PgConnection,
    keys: &[(String, String)],
) -> Result<HashMap<(String, String), Attendance>, Failure> {
    let (sessions, persons): (Vec<String>, Vec<String>) = keys.iter().cloned().unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.session_no, a.session_on, a.topic, a.program, a.person_ref, a.attended, a.hours,
               r.outcome as "outcome?", r.decided_on as "decided_on?"
        from unnest($1::text[], $2::text[]) as k (session_no, person_ref)
        join commissioner.training_attendance as a using (session_no, person_ref)
        left join commissioner.training_result as r on r.attendance_id = a.id
        "#,
        &sessions,
        &persons,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let key = (row.session_no.clone(), row.person_ref.clone());
            Ok((key, row.read()?))
        })
        .collect()
}

/// Enters results. One that another transaction entered meanwhile undoes the piece, which is tried again and then finds
/// it.
pub(crate) async fn insert_results(tx: &mut Tx, rows: &[(Attendance, Decision)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(row, _)| row.id.as_uuid()).collect();
    let outcomes: Vec<String> = rows.iter().map(|(_, it)| it.outcome.as_str().to_owned()).collect();
    let days: Vec<_> = rows.iter().map(|(_, it)| it.decided_on.to_sqlx()).collect();
    let recorded_at = tx.recorded_at();
    let result = sqlx::query!(
        r#"
        insert into commissioner.training_result (attendance_id, outcome, decided_on, recorded_at)
        select r.attendance_id, r.outcome, r.decided_on, $1
        from unnest($2::uuid[], $3::text[], $4::date[]) as r (attendance_id, outcome, decided_on)
        on conflict (attendance_id) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &outcomes,
        &days as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, rows.len())
}
