//! SQL of divisions.

use std::collections::HashMap;

use canopy_kernel::id::{DealId, ReceiptId};
use canopy_kernel::{Failure, Fen, Uscc};
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::deal::divide::Split;
use crate::deal::model::Deal;

/// Enters divisions with their parts.
pub(crate) async fn insert_splits(tx: &mut Tx, rows: &[(&Deal, &Split)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let deals: Vec<Uuid> = rows.iter().map(|(deal, _)| deal.id.as_uuid()).collect();
    let units: Vec<String> = rows.iter().map(|(deal, _)| deal.unit.to_string()).collect();
    let cases: Vec<String> = rows.iter().map(|(_, it)| it.case_no.clone()).collect();
    let receipts: Vec<Option<Uuid>> = rows.iter().map(|(_, it)| it.receipt.map(Uuid::from)).collect();
    let days: Vec<_> = rows.iter().map(|(_, it)| it.effective_on.to_sqlx()).collect();
    let fen = |pick: fn(&Split) -> Fen| -> Vec<i64> { rows.iter().map(|(_, it)| pick(it).get()).collect() };
    let agreements: Vec<i32> = rows.iter().map(|(_, it)| it.agreement_version_no).collect();
    let rules: Vec<String> = rows.iter().map(|(_, it)| it.rule_version.clone()).collect();
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.split
            (deal_id, case_no, receipt_id, unit_uscc, effective_on, base_fen, unit_fen, inventors_fen,
             agreement_version_no, rule_version, recorded_at)
        select r.deal_id, r.case_no, r.receipt_id, r.unit_uscc, r.effective_on, r.base_fen, r.unit_fen,
               r.inventors_fen, r.agreement_version_no, r.rule_version, $1
        from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::date[], $7::bigint[], $8::bigint[],
                    $9::bigint[], $10::integer[], $11::text[])
            as r (deal_id, case_no, receipt_id, unit_uscc, effective_on, base_fen, unit_fen, inventors_fen,
                  agreement_version_no, rule_version)
        "#,
        recorded_at.to_sqlx(),
        &deals,
        &cases,
        &receipts as _,
        &units,
        &days as _,
        &fen(|it| it.base),
        &fen(|it| it.unit),
        &fen(|it| it.inventors),
        &agreements,
        &rules,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    insert_parts(tx, rows).await
}

async fn insert_parts(tx: &mut Tx, rows: &[(&Deal, &Split)]) -> Result<(), Failure> {
    let mut deals = Vec::new();
    let mut cases = Vec::new();
    let mut ordinals = Vec::new();
    let mut inventors = Vec::new();
    let mut amounts = Vec::new();
    for (deal, split) in rows {
        for (ordinal, (inventor, amount)) in (1_i32..).zip(&split.parts) {
            deals.push(deal.id.as_uuid());
            cases.push(split.case_no.clone());
            ordinals.push(ordinal);
            inventors.push(inventor.clone());
            amounts.push(amount.get());
        }
    }
    sqlx::query!(
        r#"
        insert into commissioner.split_part (deal_id, case_no, ordinal, inventor, amount_fen)
        select r.deal_id, r.case_no, r.ordinal, r.inventor, r.amount_fen
        from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::bigint[])
            as r (deal_id, case_no, ordinal, inventor, amount_fen)
        "#,
        &deals,
        &cases,
        &ordinals,
        &inventors,
        &amounts,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Place of a division in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Case {
    case_no: String,
    deal: DealId,
}

impl Case {
    /// The place of a division.
    pub(crate) fn of(split: &Split) -> Self {
        Self { case_no: split.case_no.clone(), deal: split.deal }
    }
}

/// Divisions that count by a day, in the order of their numbers.
pub(crate) async fn splits(
    conn: &mut PgConnection,
    unit: Option<Uscc>,
    day: Date,
    after: Option<&Case>,
    limit: i64,
) -> Result<Vec<Split>, Failure> {
    let rows = sqlx::query!(
        r#"
        select s.deal_id, s.case_no, s.receipt_id, s.effective_on, s.base_fen, s.unit_fen, s.inventors_fen,
               s.agreement_version_no, s.rule_version, d.company_capital_fen, r.received_on as "received_on?"
        from commissioner.split as s
        join commissioner.deal as d on d.id = s.deal_id
        left join commissioner.receipt as r on r.id = s.receipt_id
        where ($1::text is null or s.unit_uscc = $1)
          and s.effective_on <= $2
          and ($3::text is null or (s.case_no, s.deal_id) > ($3, $4::uuid))
        order by s.case_no, s.deal_id
        limit $5
        "#,
        unit.as_ref().map(Uscc::as_str),
        day.to_sqlx(),
        after.map(|place| place.case_no.as_str()),
        after.map(|place| place.deal.as_uuid()),
        limit,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(db)?;
    let keys: Vec<(Uuid, String)> = rows.iter().map(|row| (row.deal_id, row.case_no.clone())).collect();
    let mut parts = parts(conn, &keys).await?;
    rows.into_iter()
        .map(|row| {
            let parts = parts.remove(&(row.deal_id, row.case_no.clone())).unwrap_or_default();
            Ok(Split {
                case_no: row.case_no,
                deal: DealId::new(row.deal_id),
                receipt: row.receipt_id.map(ReceiptId::new),
                received_on: row.received_on.map(|day| day.to_jiff()),
                effective_on: row.effective_on.to_jiff(),
                base: Fen::new(row.base_fen)?,
                unit: Fen::new(row.unit_fen)?,
                inventors: Fen::new(row.inventors_fen)?,
                agreement_version_no: row.agreement_version_no,
                rule_version: row.rule_version,
                parts,
                capital: row.company_capital_fen.map(Fen::new).transpose()?,
            })
        })
        .collect()
}

async fn parts(
    conn: &mut PgConnection,
    keys: &[(Uuid, String)],
) -> Result<HashMap<(Uuid, String), Vec<(String, Fen)>>, Failure> {
    let (deals, cases): (Vec<Uuid>, Vec<String>) = keys.iter().cloned().unzip();
    let rows = sqlx::query!(
        r#"
        select p.deal_id, p.case_no, p.inventor, p.amount_fen
        from unnest($1::uuid[], $2::text[]) as r (deal_id, case_no)
        join commissioner.split_part as p using (deal_id, case_no)
        order by p.deal_id, p.case_no, p.ordinal
        "#,
        &deals,
        &cases,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let mut all: HashMap<(Uuid, String), Vec<(String, Fen)>> = HashMap::new();
    for row in rows {
        all.entry((row.deal_id, row.case_no)).or_default().push((row.inventor, Fen::new(row.amount_fen)?));
    }
    Ok(all)
}
