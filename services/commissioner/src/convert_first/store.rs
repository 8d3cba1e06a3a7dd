//! SQL of the licences of convert-first deals and of the revenue stated for them. Who writes holds the deal's row.

use std::collections::HashMap;

use canopy_kernel::id::DealId;
use canopy_kernel::{BasisPoints, Failure, Fen, reason};
use canopy_persistence::{Tx, db, ensure_all, ensure_one};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{ConvertFirst, Revenue};
use super::rule_terms::{Payment, PaymentTerms};
use crate::deal::model::Deal;

mod count;

pub(crate) use count::{Tally, count};

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Enters the licences of deals that have one.
pub(crate) async fn insert(tx: &mut Tx, deals: &[&Deal]) -> Result<(), Failure> {
    let licence = |deal: &&Deal| Some((deal.id.as_uuid(), deal.convert_first.clone()?));
    let rows: Vec<(Uuid, ConvertFirst)> = deals.iter().filter_map(licence).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
    let payments: Vec<String> = rows.iter().map(|(_, it)| it.terms.payment.as_str().to_owned()).collect();
    let number = |pick: fn(Payment) -> Option<u32>| -> Vec<Option<i32>> {
        rows.iter().map(|(_, it)| pick(it.terms.payment).map(int)).collect()
    };
    let free_months: Vec<i32> = rows.iter().map(|(_, it)| int(it.terms.free_months)).collect();
    let payment_days: Vec<i32> = rows.iter().map(|(_, it)| int(it.terms.payment_days)).collect();
    let licensed: Vec<_> = rows.iter().map(|(_, it)| it.licensed_on.to_sqlx()).collect();
    let free_until: Vec<_> = rows.iter().map(|(_, it)| it.free_until().to_sqlx()).collect();
    let using: Vec<Option<jiff_sqlx::Date>> =
        rows.iter().map(|(_, it)| it.using_on.map(ToSqlx::to_sqlx)).collect();
    let recorded_at = tx.recorded_at();
    let result = sqlx::query!(
        r#"
        insert into commissioner.convert_first
            (deal_id, payment, free_months, instalments, instalment_months, revenue_share_bp, payment_days,
             licensed_on, free_until, using_on, recorded_at)
        select r.deal_id, r.payment, r.free_months, r.instalments, r.instalment_months, r.revenue_share_bp,
               r.payment_days, r.licensed_on, r.free_until, r.using_on, $1
        from unnest($2::uuid[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[],
                    $8::integer[], $9::date[], $10::date[], $11::date[])
            as r (deal_id, payment, free_months, instalments, instalment_months, revenue_share_bp, payment_days,
                  licensed_on, free_until, using_on)
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &payments,
        &free_months,
        &number(|it| if let Payment::Instalments { count, .. } = it { Some(count) } else { None }) as _,
        &number(|it| if let Payment::Instalments { months, .. } = it { Some(months) } else { None }) as _,
        &number(|it| if let Payment::RevenueShare { share } = it { Some(share.get()) } else { None }) as _,
        &payment_days,
        &licensed as _,
        &free_until as _,
        &using as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_all(result, rows.len())
}

/// Writes a step.
pub(crate) async fn update(tx: &mut Tx, deal: DealId, after: &ConvertFirst) -> Result<(), Failure> {
    let day = |day: Option<Date>| day.map(ToSqlx::to_sqlx);
    let result = sqlx::query!(
        r#"
        update commissioner.convert_first
        set using_on = $2, triggered_on = $3, settled_on = $4, ended_on = $5, defaulted_on = $6
        where deal_id = $1
        "#,
        deal.as_uuid(),
        day(after.using_on) as _,
        day(after.triggered_on) as _,
        day(after.settled_on) as _,
        day(after.ended_on) as _,
        day(after.defaulted_on) as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Enters revenue as it was stated.
pub(crate) async fn insert_revenue(tx: &mut Tx, deal: DealId, stated: &Revenue) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.convert_first_revenue (deal_id, statement_no, stated_on, revenue_fen, recorded_at)
        values ($1, $2, $3, $4, $5)
        "#,
        deal.as_uuid(),
        stated.statement_no,
        stated.stated_on.to_sqlx(),
        stated.amount.get(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// The licences of deals, by deal.
pub(crate) async fn of_deals(
    conn: &mut PgConnection,
    deals: &[Uuid],
) -> Result<HashMap<Uuid, ConvertFirst>, Failure> {
    let mut revenues = revenues(conn, deals).await?;
    let rows = sqlx::query!(
        r#"
        select deal_id, payment, free_months, instalments, instalment_months, revenue_share_bp, payment_days,
               licensed_on, using_on, triggered_on, settled_on, ended_on, defaulted_on
        from commissioner.convert_first
        where deal_id = any($1)
        "#,
        deals,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let day = |day: Option<jiff_sqlx::Date>| day.map(|day| day.to_jiff());
    rows.into_iter()
        .map(|row| {
            let parts = row.instalments.zip(row.instalment_months);
            let terms = PaymentTerms {
                payment: payment(&row.payment, parts, row.revenue_share_bp)?,
                free_months: natural(row.free_months)?,
                payment_days: natural(row.payment_days)?,
            };
            let licence = ConvertFirst {
                terms,
                licensed_on: row.licensed_on.to_jiff(),
                using_on: day(row.using_on),
                triggered_on: day(row.triggered_on),
                settled_on: day(row.settled_on),
                ended_on: day(row.ended_on),
                defaulted_on: day(row.defaulted_on),
                revenues: revenues.remove(&row.deal_id).unwrap_or_default(),
            };
            Ok((row.deal_id, licence))
        })
        .collect()
}

fn natural(number: i32) -> Result<u32, Failure> {
    u32::try_from(number)
        .map_err(|_| Failure::new(&reason::INTERNAL).because(format_args!("stored number {number}")))
}

fn payment(word: &str, parts: Option<(i32, i32)>, share: Option<i32>) -> Result<Payment, Failure> {
    match (word, parts, share) {
        ("DEFERRED", None, None) => Ok(Payment::Deferred),
        ("INSTALMENTS", Some((count, months)), None) => {
            Ok(Payment::Instalments { count: natural(count)?, months: natural(months)? })
        }
        ("REVENUE_SHARE", None, Some(share)) => {
            Ok(Payment::RevenueShare { share: BasisPoints::new(share.into())? })
        }
        ("CONDITIONAL", None, None) => Ok(Payment::Conditional),
        _ => Err(Failure::new(&reason::INTERNAL).because(format_args!("stored payment {word:?}"))),
    }
}

async fn revenues(conn: &mut PgConnection, deals: &[Uuid]) -> Result<HashMap<Uuid, Vec<Revenue>>, Failure> {
    let rows = sqlx::query!(
        r#"
        select deal_id, statement_no, stated_on, revenue_fen
        from commissioner.convert_first_revenue
        where deal_id = any($1)
        order by deal_id, stated_on, statement_no
        "#,
        deals,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let mut all: HashMap<Uuid, Vec<Revenue>> = HashMap::new();
    for row in rows {
        all.entry(row.deal_id).or_default().push(Revenue {
            statement_no: row.statement_no,
            stated_on: row.stated_on.to_jiff(),
            amount: Fen::new(row.revenue_fen)?,
        });
    }
    Ok(all)
}
