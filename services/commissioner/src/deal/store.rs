//! SQL of deals and their receipts.

use std::collections::{HashMap, HashSet};

use canopy_kernel::id::{DealId, EmpowermentId, LedgerAccountId, ReceiptId};
use canopy_kernel::{Failure, Fen, Uscc, reason};
use canopy_persistence::{Tx, db};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::{Buyer, BuyerKind, Deal, Equity, Mode, PriceMethod, Publicity, Receipt, Terms};
use crate::convert_first;

mod count;
mod split;
mod write;

pub(crate) use count::{Counted, Sums, count};
pub(crate) use split::{Case, insert_splits, splits};
pub(crate) use write::{insert, insert_receipts, touch, update};

/// The ids of those numbers, at one unit or at any.
pub(crate) async fn by_numbers(
    conn: &mut PgConnection,
    numbers: &[String],
    unit: Option<Uscc>,
) -> Result<Vec<DealId>, Failure> {
    let ids = sqlx::query_scalar!(
        r#"
        select id
        from commissioner.deal
        where deal_no = any($1) and ($2::text is null or unit_uscc = $2)
        order by deal_no, unit_uscc
        "#,
        numbers,
        unit.as_ref().map(Uscc::as_str),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(ids.into_iter().map(DealId::new).collect())
}

/// Locks deals and reads them.
pub(crate) async fn lock(tx: &mut Tx, ids: &[DealId]) -> Result<Vec<Deal>, Failure> {
    let uuids: Vec<Uuid> = ids.iter().map(DealId::as_uuid).collect();
    // In the order of ids, so that two pieces do not wait for each other.
    sqlx::query!("select id from commissioner.deal where id = any($1) order by id for update", &uuids)
        .fetch_all(tx.conn())
        .await
        .map_err(db)?;
    load(tx.conn(), ids).await
}

/// Reads deals by number, with their receipts and licences.
pub(crate) async fn load(conn: &mut PgConnection, ids: &[DealId]) -> Result<Vec<Deal>, Failure> {
    let ids: Vec<Uuid> = ids.iter().map(DealId::as_uuid).collect();
    let mut receipts = receipts(conn, &ids).await?;
    let rows = sqlx::query!(
        r#"
        select d.id, d.empowerment_id, e.empowerment_no, d.unit_uscc, d.deal_no, d.mode, d.price_method, d.price_fen,
               d.published_price_fen, d.publicity_posted_on, d.priced_on, d.signed_on, d.buyer_uscc, d.buyer_kind,
               d.related_buyer, d.related_disclosed, d.company_capital_fen, d.technology_value_fen, d.closed_on,
               d.income_account, d.version
        from commissioner.deal as d
        join commissioner.empowerment as e on e.id = d.empowerment_id
        where d.id = any($1)
        order by d.deal_no, d.id
        "#,
        &ids,
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(db)?;
    let mut licences = match rows.iter().any(|row| row.mode == Mode::ConvertFirst.as_str()) {
        true => convert_first::store::of_deals(conn, &ids).await?,
        false => HashMap::new(),
    };
    let day = |day: Option<jiff_sqlx::Date>| day.map(|day| day.to_jiff());
    rows.into_iter()
        .map(|row| {
            let publicity = match (row.published_price_fen, row.publicity_posted_on) {
                (Some(price), Some(posted_on)) => {
                    Some(Publicity { price: Fen::new(price)?, posted_on: posted_on.to_jiff() })
                }
                _ => None,
            };
            let buyer = Buyer {
                uscc: Uscc::from_stored(&row.buyer_uscc)?,
                kind: BuyerKind::stored(&row.buyer_kind)?,
                related: row.related_buyer,
            };
            let terms = Terms {
                number: row.deal_no,
                mode: mode(&row.mode, row.company_capital_fen.zip(row.technology_value_fen))?,
                price_method: PriceMethod::stored(&row.price_method)?,
                price: Fen::new(row.price_fen)?,
                publicity,
                buyer,
                disclosed: row.related_disclosed,
                signed_on: day(row.signed_on),
            };
            Ok(Deal {
                id: DealId::new(row.id),
                empowerment: EmpowermentId::new(row.empowerment_id),
                empowerment_no: row.empowerment_no,
                unit: Uscc::from_stored(&row.unit_uscc)?,
                terms,
                priced_on: day(row.priced_on),
                closed_on: day(row.closed_on),
                receipts: receipts.remove(&row.id).unwrap_or_default(),
                convert_first: licences.remove(&row.id),
                income_account: LedgerAccountId::new(row.income_account),
                version: row.version,
            })
        })
        .collect()
}

fn mode(word: &str, equity: Option<(i64, i64)>) -> Result<Mode, Failure> {
    match (word, equity) {
        ("TRANSFER", None) => Ok(Mode::Transfer),
        ("LICENCE", None) => Ok(Mode::Licence),
        ("CONVERT_FIRST", None) => Ok(Mode::ConvertFirst),
        ("EQUITY", Some((capital, technology))) => {
            Ok(Mode::Equity(Equity { capital: Fen::new(capital)?, technology: Fen::new(technology)? }))
        }
        _ => Err(Failure::new(&reason::INTERNAL).because(format_args!("stored mode {word:?}"))),
    }
}

async fn receipts(conn: &mut PgConnection, deals: &[Uuid]) -> Result<HashMap<Uuid, Vec<Receipt>>, Failure> {
    let rows = sqlx::query!(
        r#"
        select r.id, r.deal_id, r.receipt_no, r.received_on, r.receipts_fen, r.direct_costs_fen,
               s.effective_on as "divided_on?"
        from commissioner.receipt as r
        left join commissioner.split as s on s.receipt_id = r.id
        where r.deal_id = any($1)
        order by r.deal_id, r.received_on, r.receipt_no
        "#,
        deals,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    let mut all: HashMap<Uuid, Vec<Receipt>> = HashMap::new();
    for row in rows {
        all.entry(row.deal_id).or_default().push(Receipt {
            id: ReceiptId::new(row.id),
            number: row.receipt_no,
            received_on: row.received_on.to_jiff(),
            receipts: Fen::new(row.receipts_fen)?,
            direct_costs: Fen::new(row.direct_costs_fen)?,
            divided_on: row.divided_on.map(|day| day.to_jiff()),
        });
    }
    Ok(all)
}

/// Which of those numbers of receipts are taken, by unit.
pub(crate) async fn known_receipts(
    conn: &mut PgConnection,
    numbers: &[String],
) -> Result<HashSet<(Uscc, String)>, Failure> {
    let rows = sqlx::query!(
        "select unit_uscc, receipt_no from commissioner.receipt where receipt_no = any($1)",
        numbers,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(|row| Ok((Uscc::from_stored(&row.unit_uscc)?, row.receipt_no))).collect()
}

/// Place of a row in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    number: String,
    id: DealId,
}

impl Place {
    /// The place of a deal.
    pub(crate) fn of(deal: &Deal) -> Self {
        Self { number: deal.terms.number.clone(), id: deal.id }
    }
}

/// Ids in the order of numbers, at one unit or at all, of one mode or of any.
pub(crate) async fn page(
    pool: &PgPool,
    unit: Option<Uscc>,
    mode: Option<&str>,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<DealId>, Failure> {
    let ids = sqlx::query_scalar!(
        r#"
        select id
        from commissioner.deal
        where ($1::text is null or unit_uscc = $1)
          and ($2::text is null or mode = $2)
          and ($3::text is null or (deal_no, id) > ($3, $4::uuid))
        order by deal_no, id
        limit $5
        "#,
        unit.as_ref().map(Uscc::as_str),
        mode,
        after.map(|place| place.number.as_str()),
        after.map(|place| place.id.as_uuid()),
        limit,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    Ok(ids.into_iter().map(DealId::new).collect())
}
