//! SQL of the mirror. A row stands on the feed position that told it; an older event does not overwrite it, so one
//! that was parked and is applied later does no harm.

use canopy_kernel::{DayKind, Failure, WorkCalendar, reason};
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use super::model::{Assessed, Correction, Qualification, Subject};

fn columns_of<T, C>(rows: &[&T], pick: impl Fn(&T) -> C) -> Vec<C> {
    rows.iter().map(|row| pick(row)).collect()
}

fn optional_days<T>(rows: &[&T], pick: impl Fn(&T) -> Option<Date>) -> Vec<Option<jiff_sqlx::Date>> {
    rows.iter().map(|row| pick(row).map(|day| day.to_sqlx())).collect()
}

/// Writes organisations.
pub(crate) async fn put_subjects<'f>(
    tx: &mut Tx,
    subjects: impl Iterator<Item = &'f &'f Subject>,
) -> Result<(), Failure> {
    let rows: Vec<&Subject> = subjects.copied().collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into subsidy.subject as s (uscc, kind, title, position)
        select r.uscc, r.kind, r.title, r.position
        from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as r (uscc, kind, title, position)
        on conflict (uscc) do update
        set kind = excluded.kind, title = excluded.title, position = excluded.position
        where s.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.uscc.clone()),
        &columns_of(&rows, |it| it.kind.to_owned()),
        &columns_of(&rows, |it| it.title.clone()),
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes dated statuses.
pub(crate) async fn put_statuses<'f>(
    tx: &mut Tx,
    statuses: impl Iterator<Item = &'f &'f Subject>,
) -> Result<(), Failure> {
    let rows: Vec<&Subject> = statuses.copied().collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into subsidy.subject_status as s (uscc, effective_on, status, position)
        select r.uscc, r.effective_on, r.status, r.position
        from unnest($1::text[], $2::date[], $3::text[], $4::bigint[]) as r (uscc, effective_on, status, position)
        on conflict (uscc, effective_on) do update
        set status = excluded.status, position = excluded.position
        where s.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.uscc.clone()),
        &columns_of(&rows, |it| it.status_since.to_sqlx()),
        &columns_of(&rows, |it| it.status.as_str().to_owned()),
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes recognitions.
pub(crate) async fn put_qualifications<'f>(
    tx: &mut Tx,
    qualifications: impl Iterator<Item = &'f &'f Qualification>,
) -> Result<(), Failure> {
    let rows: Vec<&Qualification> = qualifications.copied().collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into subsidy.qualification as q
            (id, holder_uscc, kind, tier, number, granted_on, expires_on, first_recognition, revoked_on,
             superseded_on, position)
        select r.id, r.holder_uscc, r.kind, r.tier, r.number, r.granted_on, r.expires_on, r.first_recognition,
               r.revoked_on, r.superseded_on, r.position
        from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::date[], $7::date[],
                    $8::boolean[], $9::date[], $10::date[], $11::bigint[])
            as r (id, holder_uscc, kind, tier, number, granted_on, expires_on, first_recognition, revoked_on,
                  superseded_on, position)
        on conflict (id) do update
        set holder_uscc = excluded.holder_uscc,
            kind = excluded.kind,
            tier = excluded.tier,
            number = excluded.number,
            granted_on = excluded.granted_on,
            expires_on = excluded.expires_on,
            first_recognition = excluded.first_recognition,
            revoked_on = excluded.revoked_on,
            superseded_on = excluded.superseded_on,
            position = excluded.position
        where q.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.id.as_uuid()),
        &columns_of(&rows, |it| it.holder_uscc.clone()),
        &columns_of(&rows, |it| it.kind.clone()),
        &columns_of(&rows, |it| it.tier),
        &columns_of(&rows, |it| it.number.clone()),
        &optional_days(&rows, |it| it.granted_on) as _,
        &optional_days(&rows, |it| it.expires_on) as _,
        &columns_of(&rows, |it| it.first_recognition),
        &optional_days(&rows, |it| it.revoked_on) as _,
        &optional_days(&rows, |it| it.superseded_on) as _,
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes assessments.
pub(crate) async fn put_assessments<'f>(
    tx: &mut Tx,
    assessments: impl Iterator<Item = &'f &'f Assessed>,
) -> Result<(), Failure> {
    let rows: Vec<&Assessed> = assessments.copied().collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into subsidy.qualification_assessment as a (qualification_id, assessed_on, result, position)
        select r.qualification_id, r.assessed_on, r.result, r.position
        from unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[])
            as r (qualification_id, assessed_on, result, position)
        on conflict (qualification_id, assessed_on) do update
        set result = excluded.result, position = excluded.position
        where a.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.qualification.as_uuid()),
        &columns_of(&rows, |it| it.assessed_on.to_sqlx()),
        &columns_of(&rows, |it| it.result.as_str().to_owned()),
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes that accounts were corrected.
pub(crate) async fn put_corrections<'f>(
    tx: &mut Tx,
    corrections: impl Iterator<Item = &'f &'f Correction>,
) -> Result<(), Failure> {
    let rows: Vec<&Correction> = corrections.copied().collect();
    sqlx::query!(
        r#"
        insert into subsidy.account_correction (uscc, effective_on, position)
        select r.uscc, r.effective_on, r.position
        from unnest($1::text[], $2::date[], $3::bigint[]) as r (uscc, effective_on, position)
        on conflict (uscc, effective_on) do nothing
        "#,
        &columns_of(&rows, |it| it.uscc.clone()),
        &columns_of(&rows, |it| it.effective_on.to_sqlx()),
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Days from which corrected accounts of those payees hold, in order.
pub(crate) async fn corrections_of(
    conn: &mut PgConnection,
    codes: &[String],
) -> Result<Vec<(String, Date)>, Failure> {
    let rows = sqlx::query!(
        r#"
        select uscc, effective_on
        from subsidy.account_correction
        where uscc = any($1)
        order by uscc, effective_on
        "#,
        codes,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (row.uscc, row.effective_on.to_jiff())).collect())
}

/// Puts a calendar in the place of the one before.
pub(crate) async fn replace_calendar(
    tx: &mut Tx,
    set: &str,
    days: &[(Date, DayKind)],
) -> Result<(), Failure> {
    sqlx::query!("delete from subsidy.calendar_day").execute(tx.conn()).await.map_err(db)?;
    let day: Vec<jiff_sqlx::Date> = days.iter().map(|(day, _)| day.to_sqlx()).collect();
    let kind: Vec<String> = days.iter().map(|(_, kind)| kind.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        insert into subsidy.calendar_day (day, kind, set_name)
        select r.day, r.kind, $1
        from unnest($2::date[], $3::text[]) as r (day, kind)
        "#,
        set,
        &day,
        &kind,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Empties the mirror. The calendar stays: it is replaced as a whole when it is told again, and until then a day can
/// still be counted.
pub(crate) async fn forget(tx: &mut Tx) -> Result<(), Failure> {
    sqlx::query!("delete from subsidy.qualification_assessment").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from subsidy.qualification").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from subsidy.account_correction").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from subsidy.subject_status").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from subsidy.subject").execute(tx.conn()).await.map_err(db)?;
    Ok(())
}

/// The working-day calendar in force.
pub(crate) async fn calendar(conn: &mut PgConnection) -> Result<WorkCalendar, Failure> {
    let rows =
        sqlx::query!("select day, kind from subsidy.calendar_day").fetch_all(conn).await.map_err(db)?;
    let days = rows.into_iter().map(|row| {
        let kind = DayKind::from_name(&row.kind);
        let unknown = || Failure::new(&reason::INTERNAL).because(format!("calendar kind {}", row.kind));
        Ok((row.day.to_jiff(), kind.ok_or_else(unknown)?))
    });
    Ok(WorkCalendar::new(days.collect::<Result<Vec<_>, Failure>>()?))
}

/// The feed position of a producer that is applied here.
pub(crate) async fn position(conn: &mut PgConnection, producer: &str) -> Result<i64, Failure> {
    let position = sqlx::query_scalar!("select position from platform.cursor where producer = $1", producer)
        .fetch_optional(conn)
        .await
        .map_err(db)?;
    Ok(position.unwrap_or(0))
}
