//! What writes of subjects read under lock, and what they write.

use std::collections::{HashMap, HashSet};

use canopy_kernel::id::SubjectId;
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::{NAME, Row, read_change};
use crate::subject::model::{NewOrganisation, StatusChange, Subject};

/// The ids of those codes that the register knows, locked against other writers about the same subjects.
pub(crate) async fn lock_known(tx: &mut Tx, codes: &[String]) -> Result<HashMap<Uscc, SubjectId>, Failure> {
    let rows = sqlx::query!(
        r#"
        select id, uscc as "uscc!"
        from registry.subject
        where uscc = any($1)
        order by id
        for no key update
        "#,
        codes,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter().map(|row| Ok((Uscc::from_stored(&row.uscc)?, SubjectId::new(row.id)))).collect()
}

/// Enters organisations; those whose code is known already are left out. Returns the ids that entered.
pub(crate) async fn insert(
    tx: &mut Tx,
    rows: &[(SubjectId, &NewOrganisation)],
) -> Result<HashSet<SubjectId>, Failure> {
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| id.as_uuid()).collect();
    let kinds: Vec<&str> = rows.iter().map(|(_, row)| row.kind.as_str()).collect();
    let codes: Vec<&str> = rows.iter().map(|(_, row)| row.uscc.as_str()).collect();
    let titles: Vec<&str> = rows.iter().map(|(_, row)| row.profile.title.as_str()).collect();
    let blinds: Vec<Vec<u8>> =
        rows.iter().map(|(_, row)| tx.crypt().blind_index(NAME, &row.profile.title).to_vec()).collect();
    let areas: Vec<&str> = rows.iter().map(|(_, row)| row.profile.area_code.as_str()).collect();
    let established: Vec<Option<jiff_sqlx::Date>> =
        rows.iter().map(|(_, row)| row.profile.established_on.map(ToSqlx::to_sqlx)).collect();
    let capitals: Vec<i64> = rows.iter().map(|(_, row)| row.profile.registered_capital.get()).collect();
    let staff: Vec<i32> = rows.iter().map(|(_, row)| row.profile.staff).collect();
    let loans: Vec<bool> = rows.iter().map(|(_, row)| row.profile.first_loan_record).collect();
    let located: Vec<bool> = rows.iter().map(|(_, row)| row.profile.located_in_city).collect();
    let pilots: Vec<bool> = rows.iter().map(|(_, row)| row.profile.is_pilot_unit).collect();
    let entered = sqlx::query_scalar!(
        r#"
        insert into registry.subject
            (id, kind, uscc, title, title_blind, area_code, established_on, registered_capital_fen, staff,
             first_loan_record, located_in_city, is_pilot_unit, version, recorded_at)
        select r.id, r.kind, r.uscc, r.title, r.title_blind, r.area_code, r.established_on, r.capital, r.staff,
               r.first_loan_record, r.located_in_city, r.is_pilot_unit, 1, $1
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::date[],
                    $9::bigint[], $10::integer[], $11::boolean[], $12::boolean[], $13::boolean[])
            as r (id, kind, uscc, title, title_blind, area_code, established_on, capital, staff,
                  first_loan_record, located_in_city, is_pilot_unit)
        on conflict (uscc) do nothing
        returning id
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &kinds as _,
        &codes as _,
        &titles as _,
        &blinds,
        &areas as _,
        &established as _,
        &capitals,
        &staff,
        &loans,
        &located,
        &pilots,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    Ok(entered.into_iter().map(SubjectId::new).collect())
}

/// A change of status to be written.
pub(crate) struct NewChange<'r> {
    /// The subject.
    pub subject: SubjectId,
    /// Version of the subject that the change makes.
    pub version: i64,
    /// The change.
    pub change: StatusChange,
    /// Why.
    pub reason: &'r str,
}

/// Writes changes of status.
pub(crate) async fn insert_changes(tx: &mut Tx, changes: &[NewChange<'_>]) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let subjects: Vec<Uuid> = changes.iter().map(|row| row.subject.as_uuid()).collect();
    let versions: Vec<i64> = changes.iter().map(|row| row.version).collect();
    let statuses: Vec<&str> = changes.iter().map(|row| row.change.status.as_str()).collect();
    let days: Vec<jiff_sqlx::Date> = changes.iter().map(|row| row.change.effective_on.to_sqlx()).collect();
    let reasons: Vec<&str> = changes.iter().map(|row| row.reason).collect();
    sqlx::query!(
        r#"
        insert into registry.subject_status (subject_id, version, status, effective_on, reason, recorded_at)
        select r.subject_id, r.version, r.status, r.effective_on, r.reason, $1
        from unnest($2::uuid[], $3::bigint[], $4::text[], $5::date[], $6::text[])
            as r (subject_id, version, status, effective_on, reason)
        "#,
        recorded_at.to_sqlx(),
        &subjects,
        &versions,
        &statuses as _,
        &days,
        &reasons as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// The latest change of status of a subject, by day.
pub(crate) async fn latest_change(tx: &mut Tx, subject: SubjectId) -> Result<Option<StatusChange>, Failure> {
    let row = sqlx::query!(
        r#"
        select status, effective_on
        from registry.subject_status
        where subject_id = $1
        order by effective_on desc, version desc
        limit 1
        "#,
        subject.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map_or(Ok(None), |row| read_change(Some(row.status), Some(row.effective_on)))
}

/// Moves a subject to its next version.
pub(crate) async fn advance(tx: &mut Tx, subject: SubjectId, version: i64) -> Result<(), Failure> {
    let result = sqlx::query!(
        "update registry.subject set version = version + 1 where id = $1 and version = $2",
        subject.as_uuid(),
        version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Moves a subject that is locked, or that nothing else guards, to its next version, and says which that is.
pub(crate) async fn advance_known(tx: &mut Tx, subject: SubjectId) -> Result<i64, Failure> {
    let version = sqlx::query_scalar!(
        "update registry.subject set version = version + 1 where id = $1 returning version",
        subject.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    version.ok_or_else(|| Failure::new(&reason::UNKNOWN_SUBJECT))
}

/// The number of firms that are active on a day.
pub(crate) async fn count_active_firms(tx: &mut Tx, day: Date) -> Result<u64, Failure> {
    let count = sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
        from registry.subject s
        left join lateral (
            select status
            from registry.subject_status
            where subject_id = s.id and effective_on <= $1
            order by effective_on desc, version desc
            limit 1
        ) c on true
        where s.kind = 'ENTERPRISE' and coalesce(c.status, 'ACTIVE') = 'ACTIVE'
        "#,
        day.to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(db)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Firms that are active at their latest change and on the day, and missing from the list; moved to their next
/// version.
pub(crate) async fn advance_missing_firms(
    tx: &mut Tx,
    listed: &[&str],
    day: Date,
) -> Result<Vec<Subject>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        update registry.subject s
        set version = s.version + 1
        where s.kind = 'ENTERPRISE'
          and not exists (select from unnest($1::text[]) as l (uscc) where l.uscc = s.uscc)
          and not exists (
              select from registry.subject_status c where c.subject_id = s.id and c.effective_on > $2
          )
          and coalesce((
              select c.status
              from registry.subject_status c
              where c.subject_id = s.id
              order by c.effective_on desc, c.version desc
              limit 1
          ), 'ACTIVE') = 'ACTIVE'
        returning s.id, s.kind, s.uscc, s.title, s.area_code, s.established_on, s.registered_capital_fen, s.staff,
                  s.first_loan_record, s.located_in_city, s.is_pilot_unit, s.version,
                  null::text as status, null::date as effective_on
        "#,
        listed as _,
        day.to_sqlx(),
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
