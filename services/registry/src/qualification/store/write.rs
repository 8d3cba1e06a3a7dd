//! What is written of qualifications.

use canopy_kernel::{Failure, reason};
use canopy_persistence::{Tx, db, ensure_one};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::write_level;
use crate::qualification::Assess;
use crate::qualification::model::Qualification;

/// Enters qualifications and the assessments that their rows state. A number that another transaction entered
/// meanwhile undoes the piece, which is tried again and then finds it.
pub(crate) async fn insert(tx: &mut Tx, rows: &[&Qualification]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let subjects: Vec<Uuid> = rows.iter().map(|row| row.subject.as_uuid()).collect();
    let holders: Vec<&str> = rows.iter().map(|row| row.grant.holder.as_str()).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row.grant.kind.as_str()).collect();
    let levels: Vec<&str> = rows.iter().map(|row| write_level(row.grant.level)).collect();
    let tiers: Vec<i32> = rows.iter().map(|row| row.grant.tier).collect();
    let numbers: Vec<&str> = rows.iter().map(|row| row.grant.number.as_str()).collect();
    let granted: Vec<_> = rows.iter().map(|row| row.grant.granted_on.map(ToSqlx::to_sqlx)).collect();
    let expires: Vec<_> = rows.iter().map(|row| row.grant.expires_on.map(ToSqlx::to_sqlx)).collect();
    let firsts: Vec<bool> = rows.iter().map(|row| row.grant.first_recognition).collect();
    let batches: Vec<i32> = rows.iter().map(|row| row.grant.batch_no).collect();
    let revoked: Vec<_> = rows.iter().map(|row| row.grant.revoked_on.map(ToSqlx::to_sqlx)).collect();
    let superseded: Vec<_> = rows.iter().map(|row| row.superseded_on.map(ToSqlx::to_sqlx)).collect();
    let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
    let written = sqlx::query!(
        r#"
        insert into registry.qualification
            (id, subject_id, holder_uscc, kind, level, tier, number, granted_on, expires_on, first_recognition,
             batch_no, revoked_on, superseded_on, version, recorded_at)
        select r.id, r.subject_id, r.holder_uscc, r.kind, r.level, r.tier, r.number, r.granted_on, r.expires_on,
               r.first_recognition, r.batch_no, r.revoked_on, r.superseded_on, r.version, $1
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[],
                    $9::date[], $10::date[], $11::boolean[], $12::integer[], $13::date[], $14::date[],
                    $15::bigint[])
            as r (id, subject_id, holder_uscc, kind, level, tier, number, granted_on, expires_on,
                  first_recognition, batch_no, revoked_on, superseded_on, version)
        on conflict (subject_id, kind, number) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &subjects,
        &holders as _,
        &kinds as _,
        &levels as _,
        &tiers,
        &numbers as _,
        &granted as _,
        &expires as _,
        &firsts,
        &batches,
        &revoked as _,
        &superseded as _,
        &versions,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?
    .rows_affected();
    if written != rows.len() as u64 {
        return Err(Failure::new(&reason::TRANSACTION_CONFLICT).because("a number was entered meanwhile"));
    }
    insert_stated_assessments(tx, rows).await
}

/// Enters the assessments that registers state without a day.
async fn insert_stated_assessments(tx: &mut Tx, rows: &[&Qualification]) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let stated: Vec<(Uuid, &str)> = rows
        .iter()
        .filter_map(|row| row.grant.assessment.map(|result| (row.id.as_uuid(), result.as_str())))
        .collect();
    if stated.is_empty() {
        return Ok(());
    }
    let (ids, results): (Vec<Uuid>, Vec<&str>) = stated.into_iter().unzip();
    // One assessment comes with each new row, so it may carry that row's id.
    sqlx::query!(
        r#"
        insert into registry.assessment (id, qualification_id, assessed_on, result, recorded_at)
        select r.id, r.id, null, r.result, $1
        from unnest($2::uuid[], $3::text[]) as r (id, result)
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &results as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes the days from which a higher level ended qualifications.
pub(crate) async fn supersede(tx: &mut Tx, rows: &[&Qualification]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let days: Vec<_> = rows.iter().map(|row| row.superseded_on.map(ToSqlx::to_sqlx)).collect();
    let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
    sqlx::query!(
        r#"
        update registry.qualification q
        set superseded_on = r.superseded_on, version = r.version
        from unnest($1::uuid[], $2::date[], $3::bigint[]) as r (id, superseded_on, version)
        where q.id = r.id
        "#,
        &ids,
        &days as _,
        &versions,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes a revocation.
pub(crate) async fn write_revocation(tx: &mut Tx, revoked: &Qualification) -> Result<(), Failure> {
    let result = sqlx::query!(
        "update registry.qualification set revoked_on = $2, version = $3 where id = $1 and version + 1 = $3",
        revoked.id.as_uuid(),
        revoked.grant.revoked_on.map(ToSqlx::to_sqlx) as _,
        revoked.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Writes an assessment.
pub(crate) async fn write_assessment(
    tx: &mut Tx,
    assessed: &Qualification,
    command: &Assess,
) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let result = sqlx::query!(
        r#"
        with assessed as (
            update registry.qualification set version = $2 where id = $1 and version + 1 = $2 returning id
        )
        insert into registry.assessment (id, qualification_id, assessed_on, result, recorded_at)
        select $3, id, $4, $5, $6
        from assessed
        "#,
        assessed.id.as_uuid(),
        assessed.version,
        canopy_kernel::id::QualificationId::at(recorded_at).as_uuid(),
        command.assessed_on.to_sqlx(),
        command.result.as_str(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}
