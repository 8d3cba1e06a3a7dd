//! What is written of empowerments.

use canopy_kernel::{Failure, reason};
use canopy_persistence::{Tx, db, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::empowerment::model::{Agreement, Dates, Empowerment};

fn days(rows: &[Empowerment], pick: impl Fn(&Dates) -> Option<Date>) -> Vec<Option<jiff_sqlx::Date>> {
    rows.iter().map(|row| pick(&row.dates).map(ToSqlx::to_sqlx)).collect()
}

fn years(row: &Empowerment) -> Option<i32> {
    row.grant.basis.term_years().and_then(|years| i32::try_from(years).ok())
}

/// Enters empowerments with their agreements. A number that another transaction entered meanwhile undoes the piece,
/// which is tried again and then finds it.
pub(crate) async fn insert(tx: &mut Tx, rows: &[Empowerment]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let text = |pick: fn(&Empowerment) -> String| -> Vec<String> { rows.iter().map(pick).collect() };
    let uuid = |pick: fn(&Empowerment) -> Uuid| -> Vec<Uuid> { rows.iter().map(pick).collect() };
    let terms: Vec<Option<i32>> = rows.iter().map(years).collect();
    let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
    let recorded_at = tx.recorded_at();
    let written = sqlx::query!(
        r#"
        insert into commissioner.empowerment
            (id, unit_uscc, empowerment_no, title, basis, term_years, start_on, applied_on, co_owner, rights_cleared_on,
             publicity_posted_on, filed_on, terminated_on, payer_account, costs_account, unit_account, version,
             recorded_at)
        select r.id, r.unit_uscc, r.empowerment_no, r.title, r.basis, r.term_years, r.start_on, r.applied_on,
               r.co_owner, r.rights_cleared_on, r.publicity_posted_on, r.filed_on, r.terminated_on, r.payer_account,
               r.costs_account, r.unit_account, r.version, $1
        from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::date[], $9::date[],
                    $10::text[], $11::date[], $12::date[], $13::date[], $14::date[], $15::uuid[], $16::uuid[],
                    $17::uuid[], $18::bigint[])
            as r (id, unit_uscc, empowerment_no, title, basis, term_years, start_on, applied_on, co_owner,
                  rights_cleared_on, publicity_posted_on, filed_on, terminated_on, payer_account, costs_account,
                  unit_account, version)
        on conflict (unit_uscc, empowerment_no) do nothing
        "#,
        recorded_at.to_sqlx(),
        &uuid(|it| it.id.as_uuid()),
        &text(|it| it.grant.unit.to_string()),
        &text(|it| it.grant.number.clone()),
        &text(|it| it.grant.title.clone()),
        &text(|it| it.grant.basis.as_str().to_owned()),
        &terms as _,
        &days(rows, |it| it.start_on) as _,
        &days(rows, |it| it.applied_on) as _,
        &text(|it| it.co_owner.as_str().to_owned()),
        &days(rows, |it| it.rights_cleared_on) as _,
        &days(rows, |it| it.publicity_posted_on) as _,
        &days(rows, |it| it.filed_on) as _,
        &days(rows, |it| it.terminated_on) as _,
        &uuid(|it| it.accounts.payer.as_uuid()),
        &uuid(|it| it.accounts.costs.as_uuid()),
        &uuid(|it| it.accounts.unit.as_uuid()),
        &versions,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?
    .rows_affected();
    if written != rows.len() as u64 {
        return Err(Failure::new(&reason::TRANSACTION_CONFLICT).because("a number was entered meanwhile"));
    }
    let agreements: Vec<(Uuid, &Agreement)> = rows
        .iter()
        .flat_map(|row| row.agreements.iter().map(|agreement| (row.id.as_uuid(), agreement)))
        .collect();
    insert_agreements(tx, &agreements).await
}

async fn insert_agreements(tx: &mut Tx, rows: &[(Uuid, &Agreement)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let numbers: Vec<i32> = rows.iter().map(|(_, it)| it.version_no).collect();
    let effective: Vec<_> = rows.iter().map(|(_, it)| it.effective_on.to_sqlx()).collect();
    sqlx::query!(
        r#"
        insert into commissioner.empowerment_agreement (empowerment_id, version_no, effective_on, recorded_at)
        select r.id, r.version_no, r.effective_on, $1
        from unnest($2::uuid[], $3::integer[], $4::date[]) as r (id, version_no, effective_on)
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &numbers,
        &effective as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    insert_shares(tx, rows).await
}

async fn insert_shares(tx: &mut Tx, rows: &[(Uuid, &Agreement)]) -> Result<(), Failure> {
    let mut ids = Vec::new();
    let mut numbers = Vec::new();
    let mut ordinals = Vec::new();
    let mut inventors = Vec::new();
    let mut shares = Vec::new();
    let mut accounts = Vec::new();
    for (id, agreement) in rows {
        for (ordinal, (share, account)) in (1_i32..).zip(&agreement.shares) {
            ids.push(*id);
            numbers.push(agreement.version_no);
            ordinals.push(ordinal);
            inventors.push(share.inventor.clone());
            shares.push(i32::try_from(share.share.get()).unwrap_or(i32::MAX));
            accounts.push(account.as_uuid());
        }
    }
    sqlx::query!(
        r#"
        insert into commissioner.inventor_share (empowerment_id, version_no, ordinal, inventor, share_bp, account)
        select r.id, r.version_no, r.ordinal, r.inventor, r.share_bp, r.account
        from unnest($1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::integer[], $6::uuid[])
            as r (id, version_no, ordinal, inventor, share_bp, account)
        "#,
        &ids,
        &numbers,
        &ordinals,
        &inventors,
        &shares,
        &accounts,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Writes a step, and the version of the agreement that came with it.
pub(crate) async fn update(tx: &mut Tx, before: &Empowerment, after: &Empowerment) -> Result<(), Failure> {
    let day = |day: Option<Date>| day.map(ToSqlx::to_sqlx);
    let result = sqlx::query!(
        r#"
        update commissioner.empowerment
        set start_on = $3, co_owner = $4, rights_cleared_on = $5, publicity_posted_on = $6, filed_on = $7,
            terminated_on = $8, version = $9
        where id = $1 and version = $2
        "#,
        after.id.as_uuid(),
        before.version,
        day(after.dates.start_on) as _,
        after.co_owner.as_str(),
        day(after.dates.rights_cleared_on) as _,
        day(after.dates.publicity_posted_on) as _,
        day(after.dates.filed_on) as _,
        day(after.dates.terminated_on) as _,
        after.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)?;
    let added = after.agreements.iter().skip(before.agreements.len());
    let added: Vec<(Uuid, &Agreement)> = added.map(|agreement| (after.id.as_uuid(), agreement)).collect();
    insert_agreements(tx, &added).await
}
