//! SQL of what is mirrored of organisations. A row stands on the feed position that told it.

use canopy_kernel::Failure;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;

use super::model::{Assessed, Dated, Listing, Qualification, Subject};
use crate::db;
use crate::tx::Tx;

pub(super) fn columns_of<T, C>(rows: &[&T], pick: impl Fn(&T) -> C) -> Vec<C> {
    rows.iter().map(|row| pick(row)).collect()
}

pub(super) fn optional_days<T>(
    rows: &[&T],
    pick: impl Fn(&T) -> Option<Date>,
) -> Vec<Option<jiff_sqlx::Date>> {
    rows.iter().map(|row| pick(row).map(|day| day.to_sqlx())).collect()
}

/// Writes organisations.
pub(super) async fn put_subjects<'f>(
    tx: &mut Tx,
    subjects: impl Iterator<Item = &'f Subject>,
) -> Result<(), Failure> {
    let rows: Vec<&Subject> = subjects.collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into platform.mirror_subject as s
            (uscc, kind, title, area_code, located_in_city, is_pilot_unit, position)
        select r.uscc, r.kind, r.title, r.area_code, r.located_in_city, r.is_pilot_unit, r.position
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::boolean[], $7::bigint[])
            as r (uscc, kind, title, area_code, located_in_city, is_pilot_unit, position)
        on conflict (uscc) do update
        set kind = excluded.kind,
            title = excluded.title,
            area_code = excluded.area_code,
            located_in_city = excluded.located_in_city,
            is_pilot_unit = excluded.is_pilot_unit,
            position = excluded.position
        where s.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.uscc.clone()),
        &columns_of(&rows, |it| it.kind.clone()),
        &columns_of(&rows, |it| it.title.clone()),
        &columns_of(&rows, |it| it.area_code.clone()),
        &columns_of(&rows, |it| it.located_in_city),
        &columns_of(&rows, |it| it.is_pilot_unit),
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes dated statuses.
pub(super) async fn put_statuses<'f>(
    tx: &mut Tx,
    statuses: impl Iterator<Item = &'f Dated>,
) -> Result<(), Failure> {
    let rows: Vec<&Dated> = statuses.collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into platform.mirror_subject_status as s (uscc, effective_on, status, position)
        select r.uscc, r.effective_on, r.status, r.position
        from unnest($1::text[], $2::date[], $3::text[], $4::bigint[]) as r (uscc, effective_on, status, position)
        on conflict (uscc, effective_on) do update
        set status = excluded.status, position = excluded.position
        where s.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.uscc.clone()),
        &columns_of(&rows, |it| it.effective_on.to_sqlx()),
        &columns_of(&rows, |it| it.status.as_str().to_owned()),
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes recognitions.
pub(super) async fn put_qualifications<'f>(
    tx: &mut Tx,
    qualifications: impl Iterator<Item = &'f Qualification>,
) -> Result<(), Failure> {
    let rows: Vec<&Qualification> = qualifications.collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into platform.mirror_qualification as q
            (id, holder_uscc, kind, level, tier, number, granted_on, expires_on, first_recognition, batch_no,
             revoked_on, superseded_on, position)
        select r.id, r.holder_uscc, r.kind, r.level, r.tier, r.number, r.granted_on, r.expires_on,
               r.first_recognition, r.batch_no, r.revoked_on, r.superseded_on, r.position
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::date[],
                    $8::date[], $9::boolean[], $10::integer[], $11::date[], $12::date[], $13::bigint[])
            as r (id, holder_uscc, kind, level, tier, number, granted_on, expires_on, first_recognition, batch_no,
                  revoked_on, superseded_on, position)
        on conflict (id) do update
        set holder_uscc = excluded.holder_uscc,
            kind = excluded.kind,
            level = excluded.level,
            tier = excluded.tier,
            number = excluded.number,
            granted_on = excluded.granted_on,
            expires_on = excluded.expires_on,
            first_recognition = excluded.first_recognition,
            batch_no = excluded.batch_no,
            revoked_on = excluded.revoked_on,
            superseded_on = excluded.superseded_on,
            position = excluded.position
        where q.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.id.as_uuid()),
        &columns_of(&rows, |it| it.holder_uscc.clone()),
        &columns_of(&rows, |it| it.kind.clone()),
        &columns_of(&rows, |it| it.level.clone()),
        &columns_of(&rows, |it| it.tier),
        &columns_of(&rows, |it| it.number.clone()),
        &optional_days(&rows, |it| it.granted_on) as _,
        &optional_days(&rows, |it| it.expires_on) as _,
        &columns_of(&rows, |it| it.first_recognition),
        &columns_of(&rows, |it| it.batch_no),
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
pub(super) async fn put_assessments<'f>(
    tx: &mut Tx,
    assessments: impl Iterator<Item = &'f Assessed>,
) -> Result<(), Failure> {
    let rows: Vec<&Assessed> = assessments.collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into platform.mirror_assessment as a (qualification_id, assessed_on, result, position)
        select r.qualification_id, r.assessed_on, r.result, r.position
        from unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[])
            as r (qualification_id, assessed_on, result, position)
        on conflict (qualification_id, assessed_on) do update
        set result = excluded.result, position = excluded.position
        where a.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.qualification.as_uuid()),
        &columns_of(&rows, |it| it.assessed_on.to_sqlx()),
        &columns_of(&rows, |it| it.result.to_owned()),
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes credit listings.
pub(super) async fn put_listings<'f>(
    tx: &mut Tx,
    listings: impl Iterator<Item = &'f Listing>,
) -> Result<(), Failure> {
    let rows: Vec<&Listing> = listings.collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into platform.mirror_listing as l
            (id, listing_no, uscc, measures, decided_on, repaired_on, position)
        select r.id, r.listing_no, r.uscc, string_to_array(r.measures, ';'), r.decided_on, r.repaired_on,
               r.position
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::bigint[])
            as r (id, listing_no, uscc, measures, decided_on, repaired_on, position)
        on conflict (id) do update
        set repaired_on = excluded.repaired_on, position = excluded.position
        where l.position < excluded.position
        "#,
        &columns_of(&rows, |it| it.id.as_uuid()),
        &columns_of(&rows, |it| it.listing_no.clone()),
        &columns_of(&rows, |it| it.uscc.clone()),
        &columns_of(&rows, |it| it.measures.join(";")),
        &columns_of(&rows, |it| it.decided_on.to_sqlx()),
        &optional_days(&rows, |it| it.repaired_on) as _,
        &columns_of(&rows, |it| it.position),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Empties what is mirrored of organisations. Reference data stay: they are replaced as a whole when they are told
/// again, and until then a day can still be counted and a rule applied.
pub(super) async fn forget(tx: &mut Tx) -> Result<(), Failure> {
    sqlx::query!("delete from platform.mirror_assessment").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from platform.mirror_qualification").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from platform.mirror_listing").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from platform.mirror_subject_status").execute(tx.conn()).await.map_err(db)?;
    sqlx::query!("delete from platform.mirror_subject").execute(tx.conn()).await.map_err(db)?;
    Ok(())
}
