//! What is written of deals and receipts.

use canopy_kernel::{Failure, Fen, reason};
use canopy_persistence::{Tx, db, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use crate::deal::model::{Deal, Publicity, Receipt};

fn meanwhile(written: u64, rows: usize, what: &'static str) -> Result<(), Failure> {
    match written == rows as u64 {
        true => Ok(()),
        false => Err(Failure::new(&reason::TRANSACTION_CONFLICT).because(what)),
    }
}

/// Enters deals. A number that another transaction entered meanwhile undoes the piece, which is tried again and then
/// finds it.
pub(crate) async fn insert(tx: &mut Tx, rows: &[&Deal]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let text = |pick: fn(&Deal) -> String| -> Vec<String> { rows.iter().map(|row| pick(row)).collect() };
    let uuid = |pick: fn(&Deal) -> Uuid| -> Vec<Uuid> { rows.iter().map(|row| pick(row)).collect() };
    let flag = |pick: fn(&Deal) -> bool| -> Vec<bool> { rows.iter().map(|row| pick(row)).collect() };
    let fen = |pick: fn(&Deal) -> Option<Fen>| -> Vec<Option<i64>> {
        rows.iter().map(|row| pick(row).map(Fen::get)).collect()
    };
    let day = |pick: fn(&Deal) -> Option<Date>| -> Vec<Option<jiff_sqlx::Date>> {
        rows.iter().map(|row| pick(row).map(ToSqlx::to_sqlx)).collect()
    };
    let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
    let recorded_at = tx.recorded_at();
    let written = sqlx::query!(
        r#"
        insert into commissioner.deal
            (id, empowerment_id, unit_uscc, deal_no, mode, price_method, price_fen, published_price_fen,
             publicity_posted_on, priced_on, signed_on, buyer_uscc, buyer_kind, related_buyer, related_disclosed,
             company_capital_fen, technology_value_fen, income_account, version, recorded_at)
        select r.id, r.empowerment_id, r.unit_uscc, r.deal_no, r.mode, r.price_method, r.price_fen,
               r.published_price_fen, r.publicity_posted_on, r.priced_on, r.signed_on, r.buyer_uscc, r.buyer_kind,
               r.related_buyer, r.related_disclosed, r.company_capital_fen, r.technology_value_fen, r.income_account,
               r.version, $1
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                    $9::bigint[], $10::date[], $11::date[], $12::date[], $13::text[], $14::text[], $15::boolean[],
                    $16::boolean[], $17::bigint[], $18::bigint[], $19::uuid[], $20::bigint[])
            as r (id, empowerment_id, unit_uscc, deal_no, mode, price_method, price_fen, published_price_fen,
                  publicity_posted_on, priced_on, signed_on, buyer_uscc, buyer_kind, related_buyer, related_disclosed,
                  company_capital_fen, technology_value_fen, income_account, version)
        on conflict (unit_uscc, deal_no) do nothing
        "#,
        recorded_at.to_sqlx(),
        &uuid(|it| it.id.as_uuid()),
        &uuid(|it| it.empowerment.as_uuid()),
        &text(|it| it.unit.to_string()),
        &text(|it| it.terms.number.clone()),
        &text(|it| it.terms.mode.as_str().to_owned()),
        &text(|it| it.terms.price_method.as_str().to_owned()),
        &fen(|it| Some(it.terms.price)) as _,
        &fen(|it| it.terms.publicity.map(|it| it.price)) as _,
        &day(|it| it.terms.publicity.map(|it| it.posted_on)) as _,
        &day(|it| it.priced_on) as _,
        &day(|it| it.terms.signed_on) as _,
        &text(|it| it.terms.buyer.uscc.to_string()),
        &text(|it| it.terms.buyer.kind.as_str().to_owned()),
        &flag(|it| it.terms.buyer.related),
        &flag(|it| it.terms.disclosed),
        &fen(|it| it.terms.mode.equity().map(|it| it.capital)) as _,
        &fen(|it| it.terms.mode.equity().map(|it| it.technology)) as _,
        &uuid(|it| it.income_account.as_uuid()),
        &versions,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?
    .rows_affected();
    meanwhile(written, rows.len(), "a number was entered meanwhile")
}

/// Enters receipts. A number that another transaction entered meanwhile undoes the work, which is tried again and then
/// finds it.
pub(crate) async fn insert_receipts(tx: &mut Tx, rows: &[(&Deal, &Receipt)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(_, row)| row.id.as_uuid()).collect();
    let deals: Vec<Uuid> = rows.iter().map(|(deal, _)| deal.id.as_uuid()).collect();
    let units: Vec<String> = rows.iter().map(|(deal, _)| deal.unit.to_string()).collect();
    let numbers: Vec<String> = rows.iter().map(|(_, row)| row.number.clone()).collect();
    let days: Vec<_> = rows.iter().map(|(_, row)| row.received_on.to_sqlx()).collect();
    let receipts: Vec<i64> = rows.iter().map(|(_, row)| row.receipts.get()).collect();
    let costs: Vec<i64> = rows.iter().map(|(_, row)| row.direct_costs.get()).collect();
    let recorded_at = tx.recorded_at();
    let written = sqlx::query!(
        r#"
        insert into commissioner.receipt
            (id, deal_id, unit_uscc, receipt_no, received_on, receipts_fen, direct_costs_fen, recorded_at)
        select r.id, r.deal_id, r.unit_uscc, r.receipt_no, r.received_on, r.receipts_fen, r.direct_costs_fen, $1
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::bigint[], $8::bigint[])
            as r (id, deal_id, unit_uscc, receipt_no, received_on, receipts_fen, direct_costs_fen)
        on conflict (unit_uscc, receipt_no) do nothing
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &deals,
        &units,
        &numbers,
        &days as _,
        &receipts,
        &costs,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?
    .rows_affected();
    meanwhile(written, rows.len(), "a receipt was entered meanwhile")
}

/// Writes a step.
pub(crate) async fn update(tx: &mut Tx, after: &Deal) -> Result<(), Failure> {
    let publicity: Option<Publicity> = after.terms.publicity;
    let result = sqlx::query!(
        r#"
        update commissioner.deal
        set price_fen = $3, published_price_fen = $4, publicity_posted_on = $5, signed_on = $6, related_disclosed = $7,
            closed_on = $8, version = $2
        where id = $1 and version + 1 = $2
        "#,
        after.id.as_uuid(),
        after.version,
        after.terms.price.get(),
        publicity.map(|it| it.price.get()),
        publicity.map(|it| it.posted_on.to_sqlx()) as _,
        after.terms.signed_on.map(ToSqlx::to_sqlx) as _,
        after.terms.disclosed,
        after.closed_on.map(ToSqlx::to_sqlx) as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Writes the versions of deals that got receipts, under their row locks.
pub(crate) async fn touch(tx: &mut Tx, rows: &[&Deal]) -> Result<(), Failure> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
    sqlx::query!(
        r#"
        update commissioner.deal as d
        set version = r.version
        from unnest($1::uuid[], $2::bigint[]) as r (id, version)
        where d.id = r.id
        "#,
        &ids,
        &versions,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
